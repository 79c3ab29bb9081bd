//! `yaml`: Kubernetes' YAML, parsed natively under the parser's limits.

use serde_json::Value;
use windlass_yaml::{JsonDocument, Limits, Style, emit, to_json};

use crate::{
    bindings::imports::yaml::{Document, Host, Parsed, Problem, Shape},
    session::Session,
};

impl Host for Session {
    fn parse(&mut self, text: Vec<u8>) -> wasmtime::Result<Parsed> {
        self.meter.host_call()?;
        Ok(match to_json(&text, &Limits::default()) {
            Ok(documents) => Parsed { documents: documents.into_iter().map(document).collect(), problem: None },
            Err(error) => Parsed { documents: before(&text, error.line()), problem: Some(problem(&error)) },
        })
    }

    fn emit(&mut self, json: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Problem>> {
        self.meter.host_call()?;
        let value: Result<Value, _> = serde_json::from_slice(&json);
        Ok(match value {
            Ok(value) => Ok(emit(&value, Style::V2).into_bytes()),
            Err(error) => {
                Err(Problem { line: error.line() as u32, column: error.column() as u32, message: error.to_string() })
            }
        })
    }
}

/// The documents that end before the line of a fault: the parser gives none of a stream that has one.
fn before(text: &[u8], line: u32) -> Vec<Document> {
    let mut end = 0;
    let mut at = 0;
    for row in text.split_inclusive(|byte| *byte == b'\n').take(line as usize) {
        if row.starts_with(b"---") {
            end = at;
        }
        at += row.len();
    }
    to_json(&text[..end], &Limits::default()).unwrap_or_default().into_iter().map(document).collect()
}

fn problem(error: &windlass_yaml::Error) -> Problem {
    Problem { line: error.line(), column: error.column(), message: error.kind().to_string() }
}

fn document(document: JsonDocument) -> Document {
    let JsonDocument { value, line, .. } = document;
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Document {
        line,
        shape: match &value {
            Value::Null => Shape::Empty,
            Value::Array(_) => Shape::Sequence,
            Value::Object(_) => Shape::Mapping,
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Shape::Scalar,
        },
        api_version: text("apiVersion"),
        kind: text("kind"),
        keys: value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default(),
        json: value.to_string().into_bytes(),
    }
}
