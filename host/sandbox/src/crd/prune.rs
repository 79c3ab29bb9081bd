//! Structural schemas: fields that they do not name are dropped.

use serde_json::Value;

use crate::object::Object;

/// Drops what the schema of a whole object does not name; collects the paths of what it dropped.
pub fn prune(schema: &Value, object: &mut Object, found: &mut Vec<String>) {
    if schema.is_null() || schema["x-kubernetes-preserve-unknown-fields"] == true && schema["properties"].is_null() {
        return;
    }
    fields(schema, object, "", true, found);
}

fn value(schema: &Value, value: &mut Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let embedded = schema["x-kubernetes-embedded-resource"] == true;
            fields(schema, object, path, embedded, found);
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                self::value(&schema["items"], item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// `whole`: this map is an object of its own, whose type and metadata every schema has.
fn fields(schema: &Value, object: &mut Object, path: &str, whole: bool, found: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let standard = |key: &str| whole && matches!(key, "apiVersion" | "kind" | "metadata");
    let properties = &schema["properties"];
    let rest = &schema["additionalProperties"];
    let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true || *rest == true || rest.is_object();
    object.retain(|key, _| {
        let known = keeps || standard(key) || !properties[key.as_str()].is_null();
        if !known {
            found.push(below(key));
        }
        known
    });
    for (key, child) in object.iter_mut().filter(|(key, _)| !standard(key)) {
        match (&properties[key.as_str()], rest) {
            (Value::Null, Value::Object(_)) => value(rest, child, &below(key), found),
            (Value::Null, _) => {}
            (named, _) => value(named, child, &below(key), found),
        }
    }
}
