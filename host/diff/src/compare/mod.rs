//! Whether a live object already is what is desired, decided without asking the API server.
//!
//! Equal means: every desired field is there with an equal value, and nothing that we own is no longer
//! wanted. Everything else is undecided here; a server-side dry run settles it.

pub mod fields;

use serde_json::Value;
use windlass_model::{Object, ObjectKey};

use crate::{
    ignore::IgnoreRules,
    normalize::{CompareOptions, normalize},
};

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Paths, as `spec.template.spec.containers[0].image`, where desired and live differ or may differ.
    pub differences: Vec<String>,
}

impl Comparison {
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

/// The rules that a comparison follows.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub options: &'a CompareOptions,
    pub ignore: &'a IgnoreRules,
    /// Managers whose fields count as ours: what they own and we no longer want is a difference.
    pub our_managers: &'a [&'a str],
}

/// Compares a desired object with its live one.
pub fn compare(key: &ObjectKey, desired: &Object, live: &Object, rules: Rules<'_>) -> Comparison {
    let managed = live.managed_fields();
    let (desired, live) = (prepared(key, desired, managed, rules), prepared(key, live, managed, rules));
    let mut differences = Vec::new();
    subset("", &desired, &live, &mut differences);
    for owned in fields::of_managers(managed, rules.our_managers) {
        fields::unwanted("", owned, &desired, &live, &mut differences);
    }
    Comparison { differences }
}

/// Compares what the API server says it would store with what it stores.
pub fn compare_predicted(
    key: &ObjectKey,
    desired: &Object,
    predicted: &Object,
    live: &Object,
    rules: Rules<'_>,
) -> Comparison {
    let managed = live.managed_fields();
    let desired = prepared(key, desired, managed, rules);
    let predicted = prepared(key, predicted, managed, rules);
    let live = prepared(key, live, managed, rules);
    let mut differences = Vec::new();
    equal("", &predicted, &live, &mut differences);
    // A field that the server drops will never be there: the application stays out of sync until Git is mended.
    dropped("", &desired, &predicted, &mut differences);
    Comparison { differences }
}

fn prepared(key: &ObjectKey, object: &Object, managed: &[Value], rules: Rules<'_>) -> Value {
    let mut object = object.clone();
    normalize(&mut object, rules.options);
    rules.ignore.strip(&mut object, key, managed);
    object.into_value()
}

/// Records where `desired` is not contained in `live`.
fn subset(path: &str, desired: &Value, live: &Value, differences: &mut Vec<String>) {
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => {
            for (name, value) in desired {
                let path = child(path, name);
                match live.get(name) {
                    Some(live) => subset(&path, value, live, differences),
                    None => differences.push(path),
                }
            }
        }
        (Value::Array(desired), Value::Array(live)) if desired.len() == live.len() => {
            for (index, (desired, live)) in desired.iter().zip(live).enumerate() {
                subset(&format!("{path}[{index}]"), desired, live, differences);
            }
        }
        _ if scalar_equal(desired, live) => {}
        _ => differences.push(path.to_owned()),
    }
}

fn equal(path: &str, left: &Value, right: &Value, differences: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in left {
                match right.get(name) {
                    Some(other) => equal(&child(path, name), value, other, differences),
                    None => differences.push(child(path, name)),
                }
            }
            differences.extend(right.keys().filter(|name| !left.contains_key(*name)).map(|name| child(path, name)));
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                equal(&format!("{path}[{index}]"), left, right, differences);
            }
        }
        _ if scalar_equal(left, right) => {}
        _ => differences.push(path.to_owned()),
    }
}

/// Records fields that are desired and that the server would not keep.
fn dropped(path: &str, desired: &Value, predicted: &Value, differences: &mut Vec<String>) {
    if let (Value::Object(desired), Value::Object(predicted)) = (desired, predicted) {
        for (name, value) in desired {
            match predicted.get(name) {
                Some(kept) => dropped(&child(path, name), value, kept, differences),
                // Nothing and an empty map are the same in metadata, and only there.
                None if path == "metadata" && says_nothing(value) => {}
                None => differences.push(child(path, name)),
            }
        }
    }
}

fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn scalar_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        // 1 and 1.0 are one number in JSON.
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

pub(crate) fn child(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && !name.contains(['.', '[', '/']);
    match (path.is_empty(), plain) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[\"{name}\"]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_model::GroupKind;

    fn differences(desired: Value, live: Value) -> Vec<String> {
        let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), "web", "a");
        let (options, ignore) = (CompareOptions::default(), IgnoreRules::default());
        let rules = Rules { options: &options, ignore: &ignore, our_managers: &["windlass"] };
        compare(&key, &Object::new(desired).unwrap(), &Object::new(live).unwrap(), rules).differences
    }

    #[test]
    fn defaults_that_the_server_adds_are_no_difference() {
        let live = json!({"metadata": {"name": "a", "uid": "u"}, "spec": {"replicas": 2, "paused": false, "ports": [{"port": 80, "protocol": "TCP"}]}});
        assert!(
            differences(
                json!({"metadata": {"name": "a"}, "spec": {"replicas": 2.0, "ports": [{"port": 80}]}}),
                live.clone()
            )
            .is_empty()
        );
        assert_eq!(
            differences(json!({"spec": {"replicas": 3, "ports": [{"port": 81}]}}), live),
            ["spec.ports[0].port", "spec.replicas"]
        );
    }

    #[test]
    fn what_we_own_and_no_longer_want_is_a_difference() {
        let owned = |manager: &str| {
            json!({
                "metadata": {"managedFields": [{"manager": manager, "fieldsV1": {"f:data": {"f:a": {}, "f:b": {}}}}]},
                "data": {"a": "1", "b": "2"},
            })
        };
        assert_eq!(differences(json!({"data": {"a": "1"}}), owned("windlass")), ["data.b"]);
        assert!(differences(json!({"data": {"a": "1"}}), owned("somebody")).is_empty());
    }
}
