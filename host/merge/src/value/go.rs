//! Values as Go names and prints them, for the texts that users of the API server know.

use std::fmt::{self, Display};

use serde_json::{Map, Value};

/// The type that Go's JSON decoder gives the value.
pub(crate) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as Go's `%v` prints it.
pub(crate) struct GoValue<'v>(pub(crate) &'v Value);

impl Display for GoValue<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => out.write_str("<nil>"),
            Value::String(text) => out.write_str(text),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| GoValue(item).to_string()).collect();
                write!(out, "[{}]", items.join(" "))
            }
            Value::Object(entries) => {
                let entries: Vec<String> =
                    sorted(entries).map(|(key, value)| format!("{key}:{}", GoValue(value))).collect();
                write!(out, "map[{}]", entries.join(" "))
            }
            scalar => scalar.fmt(out),
        }
    }
}

/// A value as Go's `%#v` prints it.
pub(crate) struct GoSyntax<'v>(pub(crate) &'v Value);

impl Display for GoSyntax<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => out.write_str("interface {}(nil)"),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| GoSyntax(item).to_string()).collect();
                write!(out, "[]interface {{}}{{{}}}", items.join(", "))
            }
            Value::Object(entries) => {
                let entries: Vec<String> =
                    sorted(entries).map(|(key, value)| format!("{key:?}:{}", GoSyntax(value))).collect();
                write!(out, "map[string]interface {{}}{{{}}}", entries.join(", "))
            }
            scalar => scalar.fmt(out),
        }
    }
}

fn sorted(entries: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    entries.into_iter()
}

/// JSON as Go's encoder writes it: keys sorted, what could end a script element escaped.
pub(crate) fn go_json(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(go_json).collect::<Vec<_>>().join(",")),
        Value::Object(entries) => {
            let entries = sorted(entries).map(|(key, value)| {
                format!("{}:{}", escape_html(&Value::String(key.clone()).to_string()), go_json(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        scalar => escape_html(&scalar.to_string()),
    }
}

/// Go's JSON encoder escapes what could end a script element; keys and annotations must be equal byte for byte.
pub(crate) fn escape_html(json: &str) -> String {
    let special = ['<', '>', '&', '\u{2028}', '\u{2029}'];
    if !json.contains(special) {
        return json.to_owned();
    }
    let escaped = json.chars().map(|letter| match special.contains(&letter) {
        true => format!("\\u{:04x}", u32::from(letter)),
        false => letter.to_string(),
    });
    escaped.collect()
}
