//! Structural schemas: defaults fill in what is absent, and replace nulls that are not allowed.

use serde_json::Value;

use crate::object::Object;

pub fn default(schema: &Value, object: &mut Object) {
    let Some(properties) = schema["properties"].as_object() else {
        if let rest @ Value::Object(_) = &schema["additionalProperties"] {
            object.values_mut().for_each(|child| below(rest, child));
        }
        return;
    };
    for (key, property) in properties {
        let absent = match object.get(key) {
            None => true,
            Some(Value::Null) => property["nullable"] != true,
            Some(_) => false,
        };
        match property.get("default") {
            Some(default) if absent => drop(object.insert(key.clone(), default.clone())),
            // A null that may not be null is as good as absent.
            None if absent => drop(object.remove(key).filter(|value| value.is_null())),
            _ => {}
        }
        if let Some(child) = object.get_mut(key) {
            below(property, child);
        }
    }
}

fn below(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(object) => default(schema, object),
        Value::Array(items) => items.iter_mut().for_each(|item| below(&schema["items"], item)),
        _ => {}
    }
}
