//! The schemas of custom resources: what the CRD says, with the fields that every object has.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schemas::{self, Chosen};
use crate::catalog::Resource;

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const MORE: &str = "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";

/// The schemas that those of custom resources refer to.
pub fn referred() -> Chosen {
    schemas::with_references(BTreeSet::from([OBJECT_META, LIST_META]))
}

/// The schemas of a custom resource and of its list, each with its name.
pub fn of(resource: &Resource) -> Vec<(String, Value)> {
    let Some(custom) = &resource.custom else { return Vec::new() };
    let name = model_name(resource, &resource.kind);
    let list_kind = format!("{}List", resource.kind);
    let list = json!({
        "type": "object",
        "description": format!("{list_kind} is a list of {}", resource.kind),
        "required": ["items"],
        "properties": {
            "apiVersion": type_meta("apiVersion"),
            "kind": type_meta("kind"),
            "items": {
                "type": "array",
                "description": format!("List of {}. {MORE}", resource.plural),
                "items": reference(&name),
            },
            "metadata": described(reference(LIST_META), "types-kinds", "Standard list metadata."),
        },
        "x-kubernetes-group-version-kind": kinds(resource, &list_kind),
    });
    vec![(model_name(resource, &list_kind), list), (name, object(resource, custom.schema.clone()))]
}

fn object(resource: &Resource, schema: Value) -> Value {
    let mut schema = match schema {
        Value::Object(mut schema) if !schema.is_empty() => {
            embed(&mut schema);
            add_properties(&mut schema, false);
            schema
        }
        _ => Map::from_iter([("type".to_owned(), json!("object"))]),
    };
    schema.insert("x-kubernetes-group-version-kind".into(), kinds(resource, &resource.kind));
    Value::Object(schema)
}

/// Objects inside an object have the fields of an object too.
fn embed(schema: &mut Map<String, Value>) {
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key).and_then(Value::as_object_mut) {
            embed(inner);
        }
    }
    for inner in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        if let Some(inner) = inner.as_object_mut() {
            embed(inner);
        }
    }
    if schema.get("x-kubernetes-embedded-resource") == Some(&json!(true)) {
        add_properties(schema, true);
    }
}

fn add_properties(schema: &mut Map<String, Value>, embedded: bool) {
    let properties = crate::object::child_mut(schema, "properties");
    for key in ["apiVersion", "kind"] {
        let described = match (embedded, key) {
            (false, _) => type_meta(key),
            (true, "kind") => with_text(
                type_meta(key),
                format!(
                    "kind is a string value representing the type of this object. In CamelCase. {MORE}#types-kinds"
                ),
            ),
            (true, _) => with_text(
                type_meta(key),
                format!(
                    "apiVersion defines the versioned schema of this representation of an object. {MORE}#resources"
                ),
            ),
        };
        properties.insert(key.into(), described);
    }
    properties.insert("metadata".into(), described(reference(OBJECT_META), "metadata", "Standard object's metadata."));
    if embedded {
        let required = schema.entry("required").or_insert_with(|| json!([]));
        for key in ["kind", "apiVersion"].map(Value::from) {
            if let Some(required) = required.as_array_mut().filter(|required| !required.contains(&key)) {
                required.push(key);
            }
        }
    }
}

/// A schema that refers to another can only be described from outside.
fn described(reference: Value, section: &str, text: &str) -> Value {
    json!({ "allOf": [reference], "description": format!("{text} {MORE}#{section}") })
}

fn with_text(mut schema: Value, text: String) -> Value {
    schema["description"] = text.into();
    schema
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// `apiVersion` and `kind`, as every built-in kind describes them.
fn type_meta(key: &str) -> Value {
    schemas::named("io.k8s.api.core.v1.ConfigMap")
        .and_then(|schema| serde_json::from_str::<Value>(schema).ok())
        .map(|schema| schema["properties"][key].clone())
        .unwrap_or_default()
}

fn kinds(resource: &Resource, kind: &str) -> Value {
    json!([{ "group": resource.group, "version": resource.version, "kind": kind }])
}

/// `com.example.v1.Box`: the group backwards, the version and the kind.
fn model_name(resource: &Resource, kind: &str) -> String {
    let group: Vec<&str> = resource.group.rsplit('.').collect();
    format!("{}.{}.{kind}", group.join("."), resource.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_objects_have_the_fields_of_objects() {
        let mut schema = json!({ "type": "object", "properties": {
            "inner": { "type": "object", "x-kubernetes-embedded-resource": true, "required": ["kind"] },
        }});
        embed(schema.as_object_mut().unwrap());
        let inner = &schema["properties"]["inner"];
        assert_eq!(inner["required"], json!(["kind", "apiVersion"]));
        assert!(inner["properties"]["metadata"]["allOf"][0]["$ref"].as_str().unwrap().ends_with("ObjectMeta"));
    }
}
