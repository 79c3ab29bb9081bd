//! Between the values of templates, JSON and YAML, in the way of sigs.k8s.io/yaml: everything goes through JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Number;
use windlass_gotemplate::{Map, Value};
use windlass_yaml::{Limits, Style};

/// Deepest value that is printed. A template can tie a map into itself; Go refuses that as a cycle.
const MAX_DEPTH: usize = 250;

/// The tree is too deep to print; most likely it holds itself.
#[derive(Debug, thiserror::Error)]
#[error("json: unsupported value: encountered a cycle via map[string]interface {{}}")]
pub(crate) struct TooDeep;

/// Reads the first YAML document of `data`; null when there is none. The error is as Helm prints it.
pub(crate) fn yaml_to_json(data: &[u8]) -> Result<serde_json::Value, String> {
    let document = windlass_yaml::first_to_json(data, &Limits::default());
    let document = document.map_err(|error| format!("error converting YAML to JSON: {}", error.go_text()))?;
    Ok(document.map_or(serde_json::Value::Null, |document| document.value))
}

/// Reads JSON; the error is Go's.
pub(crate) fn read_json(data: &[u8]) -> Result<serde_json::Value, String> {
    serde_json::from_slice(data).map_err(|error| {
        if error.is_eof() {
            return "unexpected end of JSON input".to_owned();
        }
        let line = data.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        let at = line.get(error.column().saturating_sub(1)).map_or(' ', |byte| char::from(*byte));
        let text = error.to_string();
        let expected = match text.split(" at line").next().unwrap_or_default() {
            "key must be a string" => "looking for beginning of object key string",
            "expected `:`" => "after object key",
            "expected `,` or `}`" => "after object key:value pair",
            "expected `,` or `]`" => "after array element",
            "trailing characters" => "after top-level value",
            "trailing comma" | "expected value" => "looking for beginning of value",
            _ => return text,
        };
        format!("invalid character {at:?} {expected}")
    })
}

/// Prints a value as `toYaml` does, with the final newline.
pub(crate) fn to_yaml(value: &Value, style: Style) -> Result<String, TooDeep> {
    Ok(windlass_yaml::emit(&to_json(value, 0)?, style))
}

/// Bytes as Go's JSON and Secrets hold them.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn table(entries: serde_json::Map<String, serde_json::Value>) -> Map {
    Map::any(entries.into_iter().map(|(key, value)| (key, from_json(value))))
}

/// Decoded JSON as Go holds it in an `interface{}`. Integers stay integers: only `--set` makes them.
pub(crate) fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::int64(integer),
            None => Value::float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::string(text),
        serde_json::Value::Array(items) => Value::list(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(entries) => table(entries).into(),
    }
}

/// A value as JSON; whole floats become integers, as Go prints them without a fraction.
pub(crate) fn to_json(value: &Value, depth: usize) -> Result<serde_json::Value, TooDeep> {
    if depth > MAX_DEPTH {
        return Err(TooDeep);
    }
    Ok(match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value, _) => (*value).into(),
        Value::Uint(value, _) => (*value).into(),
        Value::Float(value, _) => float_to_json(*value),
        Value::Complex(..) => serde_json::Value::Null,
        Value::String(text) => text.to_str().into_owned().into(),
        Value::Bytes(bytes) => base64(bytes).into(),
        Value::List(list) => list.items().iter().map(|item| to_json(item, depth + 1)).collect::<Result<_, _>>()?,
        Value::Map(map) => {
            let map = map.borrow();
            let entries = map.iter().map(|(key, value)| Ok((key.to_str().into_owned(), to_json(value, depth + 1)?)));
            serde_json::Value::Object(entries.collect::<Result<_, _>>()?)
        }
        Value::Object(object) => match (object.underlying(), object.entries()) {
            (Some(plain), _) => to_json(&plain, depth + 1)?,
            (None, Some(entries)) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = key.as_text().map(|key| key.to_str().into_owned()).unwrap_or_default();
                    Ok((key, to_json(value, depth + 1)?))
                });
                serde_json::Value::Object(entries.collect::<Result<_, _>>()?)
            }
            (None, None) => object.display().map_or(serde_json::Value::Null, Into::into),
        },
    })
}

fn float_to_json(value: f64) -> serde_json::Value {
    const INT64: f64 = 9_223_372_036_854_775_808.0;
    if value.fract() == 0.0 && (-INT64..INT64).contains(&value) {
        // Exact: the value is whole and within range.
        return (value as i64).into();
    }
    Number::from_f64(value).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

/// What Go's decoder calls the kind of a JSON value.
pub(crate) fn json_kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    }
}
