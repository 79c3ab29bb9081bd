//! YAML bodies in and out, through `windlass-yaml`.

use serde_json::Value;
use windlass_yaml::Limits;

use crate::error::ApiError;
use crate::fields::{duplicates::Read, json};

/// # Errors
/// Text that is not YAML, or is over a limit.
pub fn read(body: &[u8]) -> Result<Read, ApiError> {
    // JSON is YAML, and what most clients send as YAML; its own parser is much faster.
    if body.first() == Some(&b'{')
        && let Ok(read) = json::read_json(body)
    {
        return Ok(read);
    }
    let bad = |error: windlass_yaml::Error| ApiError::bad_request(error.go_text());
    match windlass_yaml::first_to_json(body, &Limits::default()).map_err(bad)? {
        Some(document) => Ok(Read {
            value: document.value,
            duplicates: document.duplicate_keys.into_iter().map(|duplicate| duplicate.key).collect(),
        }),
        None => Ok(Read { value: Value::Null, duplicates: Vec::new() }),
    }
}

/// The keys that stand twice, a line each in Go's words.
pub fn repeated_keys(body: &[u8]) -> Vec<String> {
    let document = windlass_yaml::first_to_json(body, &Limits::default()).ok().flatten();
    let keys = document.map(|document| document.duplicate_keys).unwrap_or_default();
    let shown = |key: &str| match serde_json::from_str(key) {
        // Keys that are no texts to YAML.
        Ok(Value::Bool(_) | Value::Number(_)) => key.to_owned(),
        _ => format!("{key:?}"),
    };
    keys.iter().map(|found| format!("line {}: key {} already set in map", found.line, shown(&found.key))).collect()
}

/// # Errors
/// None that a stored object can cause.
pub fn write(value: &Value) -> Result<String, ApiError> {
    Ok(windlass_yaml::emit(value, windlass_yaml::Style::V2))
}
