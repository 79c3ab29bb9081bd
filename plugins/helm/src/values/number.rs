//! Go reads every JSON and YAML number into a float64, and templates can tell: `1234567` prints as `1.234567e+06`.

use serde_json::{Number, Value};

/// Turns every integer of a decoded document into the float that Go would hold.
pub(crate) fn as_go_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(number.as_f64().and_then(Number::from_f64).unwrap_or(number)),
        Value::Array(items) => Value::Array(items.into_iter().map(as_go_floats).collect()),
        Value::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, as_go_floats(value))).collect())
        }
        other => other,
    }
}
