//! A value in Go's own notation (`%#v`), as go-yaml shows a key that cannot be one.

use serde_json::Value;

use super::resolve::Dialect;

/// The value as Go source. `{{ .Values.name }}` that was never rendered is the usual case: a mapping as a key.
pub(super) fn describe(value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quote(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| describe(item, dialect)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(entries) => {
            let of = if dialect == Dialect::V2 { "interface {}" } else { "string" };
            let entries = entries.iter().map(|(key, value)| format!("{}:{}", quote(key), describe(value, dialect)));
            format!("map[{of}]interface {{}}{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Go's `%q`, for text without control characters beyond line breaks and tabs.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
