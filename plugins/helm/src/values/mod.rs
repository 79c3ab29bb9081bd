//! Values: what the user gives, in Helm's order, and how it is put over what a chart defaults to.

pub(crate) mod coalesce;
pub(crate) mod number;
pub mod set;

use serde_json::{Map, Value};
use thiserror::Error;

use set::{SetError, Syntax};

/// The values of one render, from lowest to highest precedence; within a list later ones win.
#[derive(Clone, Debug, Default)]
pub struct ValueSources {
    /// `--values`: YAML files, each of one or more documents.
    pub files: Vec<ValuesFile>,
    /// `--set-json`: `name=JSON` pairs or one JSON object.
    pub set_json: Vec<String>,
    /// `--set`
    pub set: Vec<String>,
    /// `--set-string`
    pub set_string: Vec<String>,
    /// `--set-file`: paths are read through the [`crate::Files`] the chart comes from.
    pub set_file: Vec<String>,
    /// `--set-literal`
    pub set_literal: Vec<String>,
}

/// A values file whose contents the caller has read; `name` is for messages.
#[derive(Clone, Debug)]
pub struct ValuesFile {
    pub name: String,
    pub data: Vec<u8>,
}

/// Which of the user's values could not be read.
#[derive(Debug, Error)]
pub enum ValuesError {
    #[error("failed to parse {name}: {reason}")]
    File { name: String, reason: String },
    #[error("failed parsing --set-json data: {0}")]
    SetJson(#[source] SetError),
    #[error("failed parsing --set data: {0}")]
    Set(#[source] SetError),
    #[error("failed parsing --set-string data: {0}")]
    SetString(#[source] SetError),
    #[error("failed parsing --set-file data: {0}")]
    SetFile(#[source] SetError),
    #[error("failed parsing --set-literal data: {0}")]
    SetLiteral(#[source] SetError),
}

impl ValueSources {
    /// Merges all sources. `read` gives the contents of a path named by `--set-file`.
    pub fn merge(&self, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Map<String, Value>, ValuesError> {
        let mut merged = Map::new();
        for file in &self.files {
            let values =
                load_values(&file.data).map_err(|reason| ValuesError::File { name: file.name.clone(), reason })?;
            overlay(&mut merged, values);
        }
        for argument in &self.set_json {
            set_json(argument, &mut merged).map_err(ValuesError::SetJson)?;
        }
        type Wrap = fn(SetError) -> ValuesError;
        let groups: [(&[String], Syntax<'_>, Wrap); 4] = [
            (&self.set, Syntax::Typed, ValuesError::Set),
            (&self.set_string, Syntax::Text, ValuesError::SetString),
            (&self.set_file, Syntax::File(read), ValuesError::SetFile),
            (&self.set_literal, Syntax::Literal, ValuesError::SetLiteral),
        ];
        for (arguments, syntax, error) in groups {
            for argument in arguments {
                set::set(argument, syntax, &mut merged).map_err(error)?;
            }
        }
        Ok(merged)
    }
}

/// `--set-json` takes pairs, or one object that is merged as a file would be.
fn set_json(argument: &str, target: &mut Map<String, Value>) -> Result<(), SetError> {
    if !argument.trim_start().starts_with('{') {
        return set::set(argument, Syntax::Json, target);
    }
    let object: Map<String, Value> =
        serde_json::from_str(argument).map_err(|error| SetError::Json(error.to_string()))?;
    if let Value::Object(object) = number::as_go_floats(Value::Object(object)) {
        overlay(target, object);
    }
    Ok(())
}

/// Puts `over` above `target`: tables merge, all else is replaced.
fn overlay(target: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (target.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (_, value) => {
                target.insert(key, value);
            }
        }
    }
}

/// Reads one YAML document; the error is as Helm prints it.
pub(crate) fn document(data: &[u8]) -> Result<Value, String> {
    crate::convert::yaml_to_json(data)
}

/// Reads the documents of a values file and merges them in order.
pub(crate) fn load_values(data: &[u8]) -> Result<Map<String, Value>, String> {
    let mut merged = Map::new();
    for part in split_documents(data) {
        let values = document(part).map_err(|reason| format!("cannot unmarshal yaml document: {reason}"))?;
        match number::as_go_floats(values) {
            Value::Null => {}
            Value::Object(values) => overlay(&mut merged, values),
            other => {
                let kind = crate::convert::json_kind(&other);
                return Err(format!(
                    "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: \
                     json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
                ));
            }
        }
    }
    Ok(merged)
}

/// Cuts at lines that hold `---` and at most a comment.
fn split_documents(data: &[u8]) -> Vec<&[u8]> {
    let mut documents = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let separates =
            line.strip_prefix(b"---").is_some_and(|rest| matches!(rest.trim_ascii().first(), None | Some(b'#')));
        if separates && at > start {
            documents.push(&data[start..at]);
            start = at + line.len();
        }
        at += line.len();
    }
    documents.push(&data[start..]);
    documents
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(text: &str) -> ValuesFile {
        ValuesFile { name: "values.yaml".to_owned(), data: text.into() }
    }

    #[track_caller]
    fn check(sources: &ValueSources, expected: Value) {
        let merged = sources.merge(&|path| Ok(format!("<{path}>"))).unwrap();
        assert_eq!(Value::Object(merged), expected);
    }

    #[test]
    fn later_files_win_and_tables_merge() {
        let files = vec![file("a: {x: 1, z: 2}\nb: [1, 2]"), file("a: {z: null}\nb: [3]")];
        check(&ValueSources { files, ..Default::default() }, json!({"a": {"x": 1.0, "z": null}, "b": [3.0]}));
    }

    #[test]
    fn documents_of_one_file_are_merged() {
        let files = vec![file("---\na: 1\n--- # second\nb: 2\n---\n")];
        check(&ValueSources { files, ..Default::default() }, json!({"a": 1.0, "b": 2.0}));
    }

    #[test]
    fn set_wins_over_set_json_and_files() {
        let sources = ValueSources {
            files: vec![file("a: 1")],
            set_json: vec![r#"{"a": {"b": 2}}"#.to_owned()],
            set: vec!["a.c=3".to_owned()],
            set_file: vec!["d=f.txt".to_owned()],
            ..Default::default()
        };
        check(&sources, json!({"a": {"b": 2.0, "c": 3}, "d": "<f.txt>"}));
    }

    #[test]
    fn a_values_file_that_is_a_list_is_refused() {
        let error = ValueSources { files: vec![file("- a")], ..Default::default() }.merge(&|_| Ok(String::new()));
        assert!(error.unwrap_err().to_string().contains("cannot unmarshal array into Go value"));
    }
}
