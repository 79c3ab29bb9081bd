//! Forms in which a desired and a live object can be compared.
//!
//! Rules of `reference` behaviour: nulls and creation times say nothing, Secret `stringData` is `data`,
//! and empty RBAC lists are absent ones.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use windlass_model::{Object, names};

/// Which settings of `resource.compareoptions` apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompareOptions {
    pub ignore_aggregated_roles: bool,
    pub ignore_status: IgnoreStatus,
}

/// `ignoreResourceStatusField`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IgnoreStatus {
    #[default]
    All,
    Crd,
    None,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self { ignore_aggregated_roles: false, ignore_status: IgnoreStatus::All }
    }
}

/// Metadata that the server writes, and marks of tools that say nothing about the desired state.
const SERVER_METADATA: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "selfLink",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
];

/// Brings an object into the form that is compared.
pub fn normalize(object: &mut Object, options: &CompareOptions) {
    for field in SERVER_METADATA {
        object.metadata_mut().remove(field);
    }
    strip_annotations(object.metadata_mut());
    let kind = object.group_kind();
    let is_crd = kind.is("apiextensions.k8s.io", "CustomResourceDefinition");
    match options.ignore_status {
        IgnoreStatus::All => drop(object.as_map_mut().remove("status")),
        IgnoreStatus::Crd if is_crd => drop(object.as_map_mut().remove("status")),
        IgnoreStatus::Crd | IgnoreStatus::None => {}
    }
    if kind.is("", "Secret") {
        merge_string_data(object);
    }
    if &*kind.group == "rbac.authorization.k8s.io" {
        normalize_role(object, options);
    }
}

fn strip_annotations(metadata: &mut Map<String, Value>) {
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.remove(names::LAST_APPLIED);
        annotations.remove("deployment.kubernetes.io/revision");
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
}

/// What the API server does with `stringData` when it stores a Secret.
pub(crate) fn merge_string_data(object: &mut Object) {
    let map = object.as_map_mut();
    if let Some(Value::Object(texts)) = map.remove("stringData") {
        let data = map.entry("data").or_insert_with(|| Value::Object(Map::new()));
        if !data.is_object() {
            *data = Value::Object(Map::new());
        }
        if let Value::Object(data) = data {
            data.extend(
                texts.into_iter().filter_map(|(name, text)| Some((name, STANDARD.encode(text.as_str()?).into()))),
            );
        }
    }
    if let Some(Value::Object(data)) = map.get_mut("data") {
        for value in data.values_mut().filter(|value| value.is_null()) {
            *value = Value::String(String::new());
        }
    }
}

fn normalize_role(object: &mut Object, options: &CompareOptions) {
    let aggregated = object.get("aggregationRule").is_some_and(|rule| !rule.is_null());
    let map = object.as_map_mut();
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    for field in ["rules", "subjects"] {
        if map.get(field).is_some_and(empty) || (field == "rules" && aggregated && options.ignore_aggregated_roles) {
            map.remove(field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(object: Value, expected: Value) {
        let mut object = Object::new(object).unwrap();
        normalize(&mut object, &CompareOptions::default());
        assert_eq!(object.into_value(), expected);
    }

    #[test]
    fn secrets_hold_their_texts_as_data() {
        check(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": "v"}, "data": {"o": null}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "dg==", "o": ""}}),
        );
    }

    #[test]
    fn server_metadata_status_and_empty_rules_go() {
        check(
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": null, "status": {"a": 1},
                "metadata": {"name": "a", "uid": "u", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
            }),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a"}}),
        );
    }
}
