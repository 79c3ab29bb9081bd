//! Where the corpora lie, and how their values are written.

use std::path::PathBuf;

use serde_json::Value as Json;
use windlass_gotemplate::{FloatKind, IntKind, UintKind, Value};
use windlass_sprig::time::Duration;

/// The folder of the corpora; `None`, said on standard error, when none is named.
pub fn folder(part: &str) -> Option<PathBuf> {
    match std::env::var_os("WINDLASS_CORPORA") {
        Some(folder) => Some(PathBuf::from(folder).join(part)),
        None => {
            #[expect(clippy::print_stderr, reason = "a test that is left out must be seen")]
            {
                eprintln!("SKIPPED: WINDLASS_CORPORA names no folder, {part} is not measured");
            }
            None
        }
    }
}

/// The JSON lines of a file; lines that do not parse are an error of the corpus.
pub fn lines(path: &std::path::Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(parse).collect()
}

/// Data as the Go program had it: integers are `int`, `{"$go": type, "value": …}` names another type.
pub fn go_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::int(integer),
            None => Value::float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::string(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(go_value).collect()),
        Json::Object(entries) => match entries.get("$go").and_then(Json::as_str) {
            Some(name) => named(name, &entries["value"]),
            None => Value::map(entries.iter().map(|(key, value)| (key.as_str(), go_value(value)))),
        },
    }
}

fn named(name: &str, value: &Json) -> Value {
    let integer = value.as_i64().unwrap_or_default();
    match name {
        "int64" => Value::int64(integer),
        "int32" => Value::Int(integer, IntKind::Int32),
        "uint" => Value::Uint(integer.unsigned_abs(), UintKind::Uint),
        "uint64" => Value::Uint(integer.unsigned_abs(), UintKind::Uint64),
        "float32" => Value::Float(value.as_f64().unwrap_or_default(), FloatKind::Float32),
        "float64" => Value::float(value.as_f64().unwrap_or_default()),
        "time.Duration" => Value::object(Duration(integer)),
        "[]byte" => Value::Bytes(value.as_str().unwrap_or_default().as_bytes().into()),
        "[]string" => Value::strings(value.as_array().into_iter().flatten().filter_map(Json::as_str)),
        _ => go_value(value),
    }
}
