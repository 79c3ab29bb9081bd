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
    for (table, list, syntax) in
        [("fromYaml", "fromYamlArray", Syntax::Yaml), ("fromJson", "fromJsonArray", Syntax::Json)]
    {
        functions
            .add(table, Signature::fixed(TEXT), move |_, arguments| Ok(syntax.table(text(arguments, 0).as_bytes())));
        functions.add(list, Signature::fixed(TEXT), move |_, arguments| Ok(syntax.list(text(arguments, 0).as_bytes())));
    }
}

#[derive(Clone, Copy)]
enum Syntax {
    Yaml,
    Json,
}

fn yaml(value: &Value, style: Style) -> Result<Value, Failure> {
    let yaml = convert::to_yaml(value, style).map_err(failed)?;
    Ok(Value::string(yaml.strip_suffix('\n').unwrap_or(&yaml)))
}

impl Syntax {
    fn read(self, data: &[u8]) -> Result<serde_json::Value, String> {
        match self {
            Self::Yaml => convert::yaml_to_json(data),
            Self::Json => convert::read_json(data),
        }
    }

    fn table(self, data: &[u8]) -> Value {
        let outcome = self.read(data).and_then(|value| match value {
            serde_json::Value::Object(_) => Ok(convert::from_json(as_go_floats(value))),
            serde_json::Value::Null => Ok(Value::map::<&str>([])),
            other => Err(self.mismatch(&other, "map[string]interface {}")),
        });
        outcome.unwrap_or_else(|error| Value::map([("Error", Value::string(error))]))
    }

    fn list(self, data: &[u8]) -> Value {
        let outcome = self.read(data).and_then(|value| match value {
            serde_json::Value::Array(_) => Ok(convert::from_json(as_go_floats(value))),
            serde_json::Value::Null => Ok(Value::list(Vec::new())),
            other => Err(self.mismatch(&other, "[]interface {}")),
        });
        outcome.unwrap_or_else(|error| Value::list(vec![Value::string(error)]))
    }

    fn mismatch(self, value: &serde_json::Value, wanted: &str) -> String {
        let reason = format!("json: cannot unmarshal {} into Go value of type {wanted}", convert::json_kind(value));
        match self {
            Self::Yaml => format!("error unmarshaling JSON: while decoding JSON: {reason}"),
            Self::Json => reason,
        }
    }
}
