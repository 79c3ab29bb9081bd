//! Documents as JSON, in the way of sigs.k8s.io/yaml.

use serde_json::{Map, Number};

use super::build::{Builder, Place, Raw, Resolved, Target};
use super::node::{DuplicateKey, Node, NodeKind, Value};
use super::resolve::Dialect;
use super::timestamp;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::number;

/// One document of a stream as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonDocument {
    pub value: serde_json::Value,
    /// Number of the document in its stream, from 0, empty ones counted.
    pub index: usize,
    /// Line of the document's first node, from 1.
    pub line: u32,
    /// Keys that stand twice in one mapping; the last one won.
    pub duplicate_keys: Vec<DuplicateKey>,
}

/// Reads a stream of documents as Kubernetes reads manifests: go-yaml v2, then JSON. Empty documents are left out.
///
/// Keys become strings (`010:` is `"8"`, `yes:` is `"true"`). Numbers are integers where they have no fraction
/// (`1.0` is `1`) and fit 64 bits; other integers are floats, as they are to Kubernetes.
///
/// # Errors
/// The first fault of the whole stream; none of its documents is returned then.
pub fn to_json(text: &[u8], limits: &Limits) -> Result<Vec<JsonDocument>, Error> {
    let mut builder = Builder::<Json>::new(text, Dialect::V2, limits)?;
    let mut documents = Vec::new();
    while let Some(raw) = builder.next()? {
        documents.extend(document(raw));
    }
    Ok(documents)
}

/// Reads only the first document, as sigs.k8s.io/yaml's `Unmarshal` does: what follows it is not looked at, faults
/// included. `None` when it is empty.
///
/// # Errors
/// The first fault of that document.
pub fn first_to_json(text: &[u8], limits: &Limits) -> Result<Option<JsonDocument>, Error> {
    Ok(Builder::<Json>::new(text, Dialect::V2, limits)?.next()?.and_then(document))
}

fn document(raw: Raw<serde_json::Value>) -> Option<JsonDocument> {
    let Raw { root, index, line, duplicate_keys } = raw;
    root.map(|value| JsonDocument { value, index, line, duplicate_keys })
}

impl Node {
    /// The node as JSON, in the way of [`to_json`]; types stay as the node's dialect found them.
    ///
    /// # Errors
    /// [`ErrorKind::Number`] for infinity and not-a-number, [`ErrorKind::Key`] for keys that JSON cannot name.
    pub fn to_json(&self) -> Result<serde_json::Value, Error> {
        match &self.kind {
            NodeKind::Scalar(scalar) => {
                scalar_value(&scalar.text, scalar.value).map_err(|kind| Error::new(kind, self.line, self.column))
            }
            NodeKind::Sequence(items) => items.iter().map(Self::to_json).collect(),
            NodeKind::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((key.to_key()?, value.to_json()?)));
                entries.collect::<Result<Map<_, _>, Error>>().map(serde_json::Value::Object)
            }
        }
    }

    fn to_key(&self) -> Result<String, Error> {
        let name = match &self.kind {
            NodeKind::Scalar(scalar) => key_name(&scalar.text, scalar.value),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => Err(ErrorKind::Key("a mapping or sequence".to_owned())),
        };
        name.map_err(|kind| Error::new(kind, self.line, self.column))
    }
}

fn scalar_value(text: &str, value: Value) -> Result<serde_json::Value, ErrorKind> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Uint(value) => value.into(),
        Value::Float(value) => number(value).ok_or_else(|| ErrorKind::Number(go_float(value).to_owned()))?,
        Value::Timestamp => timestamp::to_rfc3339(text).unwrap_or_else(|| text.to_owned()).into(),
        Value::String => text.into(),
    })
}

/// A float as JSON numbers go in Go: without a fraction it reads back as an integer.
fn number(value: f64) -> Option<serde_json::Value> {
    const INTEGERS: f64 = 18_446_744_073_709_551_616.0;
    let whole = value.fract() == 0.0 && !(value == 0.0 && value.is_sign_negative());
    if whole && (0.0..INTEGERS).contains(&value) {
        return Some((value as u64).into());
    }
    if whole && value < 0.0 && value >= i64::MIN as f64 {
        return Some((value as i64).into());
    }
    Number::from_f64(value).map(serde_json::Value::Number)
}

fn go_float(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// A scalar as a JSON key.
pub(super) fn key_name(text: &str, value: Value) -> Result<String, ErrorKind> {
    Ok(match value {
        Value::Timestamp | Value::String => text.to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => number::format_float_key(value),
        Value::Null => return Err(ErrorKind::Key("null".to_owned())),
        Value::Uint(value) => return Err(ErrorKind::Key(value.to_string())),
    })
}

struct Json;

impl Target for Json {
    type Value = serde_json::Value;
    type Key = String;
    type Mapping = Map<String, serde_json::Value>;

    fn scalar(scalar: Resolved<'_>) -> Result<serde_json::Value, ErrorKind> {
        match scalar.value {
            Value::String => Ok(scalar.text.into_owned().into()),
            value => scalar_value(&scalar.text, value),
        }
    }

    fn key(scalar: Resolved<'_>) -> Result<String, ErrorKind> {
        match scalar.value {
            Value::String => Ok(scalar.text.into_owned()),
            value => key_name(&scalar.text, value),
        }
    }

    fn sequence(items: Vec<serde_json::Value>, _: Place) -> serde_json::Value {
        items.into()
    }

    fn empty_mapping() -> Self::Mapping {
        Map::new()
    }

    fn mapping(mapping: Self::Mapping, _: Place) -> serde_json::Value {
        mapping.into()
    }

    fn insert(mapping: &mut Self::Mapping, key: String, value: serde_json::Value) -> Option<String> {
        match mapping.entry(key) {
            serde_json::map::Entry::Vacant(free) => {
                free.insert(value);
                None
            }
            serde_json::map::Entry::Occupied(mut known) => {
                known.insert(value);
                Some(known.key().clone())
            }
        }
    }

    fn merge(mapping: &mut Self::Mapping, source: serde_json::Value, overwrite: bool) -> Result<(), ErrorKind> {
        match source {
            serde_json::Value::Object(entries) => {
                for (key, value) in entries {
                    if overwrite || !mapping.contains_key(&key) {
                        mapping.insert(key, value);
                    }
                }
                Ok(())
            }
            serde_json::Value::Array(mut sources) => {
                if overwrite {
                    sources.reverse();
                }
                sources.into_iter().try_for_each(|source| match Self::is_mapping(&source) {
                    true => Self::merge(mapping, source, overwrite),
                    false => Err(ErrorKind::MergeValue),
                })
            }
            _ => Err(ErrorKind::MergeValue),
        }
    }

    fn is_mapping(value: &serde_json::Value) -> bool {
        value.is_object()
    }

    fn as_json(value: &serde_json::Value) -> Option<serde_json::Value> {
        Some(value.clone())
    }
}
