//! YAML in and out, JSON in (out is sprig's). Those without `must` in their name never fail: reading hands the error back as data,
//! writing answers with nothing.

use windlass_gotemplate::{Failure, Functions, Signature, Value};
use windlass_yaml::Style;

use super::{ANY, TEXT, argument, failed, text};
use crate::convert;
use crate::values::number::as_go_floats;

pub(super) fn register(functions: &mut Functions) {
    functions.add("toYaml", Signature::fixed(ANY), |_, arguments| {
        Ok(yaml(&argument(arguments, 0), Style::V2).unwrap_or_else(|_| "".into()))
    });
    functions.add("mustToYaml", Signature::fixed(ANY), |_, arguments| yaml(&argument(arguments, 0), Style::V2));
    functions.add("toYamlPretty", Signature::fixed(ANY), |_, arguments| {
        Ok(yaml(&argument(arguments, 0), Style::V3Pretty).unwrap_or_else(|_| "".into()))
    });
    type Read = fn(&[u8]) -> Result<serde_json::Value, String>;
    let readers: [(&str, &str, Read); 2] = [
        ("fromYaml", "fromYamlArray", convert::yaml_to_json),
        ("fromJson", "fromJsonArray", read_json),
    ];
    for (table, list, read) in readers {
        functions.add(table, Signature::fixed(TEXT), move |_, arguments| Ok(read_table(text(arguments, 0).as_bytes(), read)));
        functions.add(list, Signature::fixed(TEXT), move |_, arguments| Ok(read_list(text(arguments, 0).as_bytes(), read)));
    }
}

fn yaml(value: &Value, style: Style) -> Result<Value, Failure> {
    let yaml = convert::to_yaml(value, style).map_err(failed)?;
    Ok(Value::string(yaml.strip_suffix('\n').unwrap_or(&yaml)))
}

fn read_table(data: &[u8], read: impl Fn(&[u8]) -> Result<serde_json::Value, String>) -> Value {
    let outcome = read(data).and_then(|value| match value {
        serde_json::Value::Object(_) => Ok(convert::from_json(as_go_floats(value))),
        serde_json::Value::Null => Ok(Value::map::<&str>([])),
        other => Err(mismatch(&other, "map[string]interface {}")),
    });
    outcome.unwrap_or_else(|error| Value::map([("Error", Value::string(error))]))
}

fn read_list(data: &[u8], read: impl Fn(&[u8]) -> Result<serde_json::Value, String>) -> Value {
    let outcome = read(data).and_then(|value| match value {
        serde_json::Value::Array(_) => Ok(convert::from_json(as_go_floats(value))),
        serde_json::Value::Null => Ok(Value::list(Vec::new())),
        other => Err(mismatch(&other, "[]interface {}")),
    });
    outcome.unwrap_or_else(|error| Value::list(vec![Value::string(error)]))
}

fn mismatch(value: &serde_json::Value, wanted: &str) -> String {
    let kind = convert::json_kind(value);
    format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}")
}

fn read_json(data: &[u8]) -> Result<serde_json::Value, String> {
    serde_json::from_slice(data).map_err(|error| error.to_string())
}
