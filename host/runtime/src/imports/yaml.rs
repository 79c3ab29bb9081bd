//! `yaml`: Kubernetes' YAML, parsed natively under the parser's limits.

use serde_json::Value;

use crate::{
    bindings::imports::yaml::{Document, Host, Parsed, Problem, Shape},
    session::Session,
};

impl Host for Session {
    fn parse(&mut self, text: Vec<u8>) -> wasmtime::Result<Parsed> {
        self.meter.host_call()?;
        let mut documents = Vec::new();
        for part in serde_yaml::Deserializer::from_slice(&text) {
            match serde::Deserialize::deserialize(part) {
                Ok(value) => documents.push(document(1, &value)),
                Err::<Value, _>(error) => {
                    let problem = Problem {
                        line: error.location().map_or(0, |at| at.line() as u32),
                        column: error.location().map_or(0, |at| at.column() as u32),
                        message: error.to_string(),
                    };
                    return Ok(Parsed { documents, problem: Some(problem) });
                }
            }
        }
        Ok(Parsed { documents, problem: None })
    }

    fn emit(&mut self, json: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Problem>> {
        self.meter.host_call()?;
        let read: Result<Value, _> = serde_json::from_slice(&json);
        Ok(read
            .map_err(|error| error.to_string())
            .and_then(|v| serde_yaml::to_string(&v).map_err(|e| e.to_string()))
            .map(String::into_bytes)
            .map_err(|message| Problem { line: 0, column: 0, message }))
    }
}

fn document(line: u32, value: &Value) -> Document {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Document {
        line,
        json: value.to_string().into_bytes(),
        shape: match value {
            Value::Null => Shape::Empty,
            Value::Array(_) => Shape::Sequence,
            Value::Object(_) => Shape::Mapping,
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Shape::Scalar,
        },
        api_version: text("apiVersion"),
        kind: text("kind"),
        keys: value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default(),
    }
}
