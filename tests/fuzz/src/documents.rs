//! Kubernetes' YAML.

use serde_json::Value;
use windlass_yaml::{Limits, Style, emit, first_to_json};

/// A YAML document: what is read can be written, and reads back as the same.
pub fn yaml(data: &[u8]) {
    let limits = Limits::default();
    let Ok(Some(document)) = first_to_json(data, &limits) else { return };
    let written = emit(&document.value, Style::V2);
    let again = first_to_json(written.as_bytes(), &limits);
    let again = again.ok().flatten().map_or(Value::Null, |document| document.value);
    assert!(is_same(&document.value, &again), "{written}");
}

/// Equal, but for the sign of zero: go-yaml writes the float as `-0`, and reads that as an integer.
fn is_same(value: &Value, again: &Value) -> bool {
    match (value, again) {
        (Value::Array(values), Value::Array(others)) => {
            values.len() == others.len() && values.iter().zip(others).all(|(value, other)| is_same(value, other))
        }
        (Value::Object(values), Value::Object(others)) => {
            let same = |(key, value): (&String, &Value)| others.get(key).is_some_and(|other| is_same(value, other));
            values.len() == others.len() && values.iter().all(same)
        }
        _ => value == again || value.as_f64() == Some(0.0) && again.as_f64() == Some(0.0),
    }
}
