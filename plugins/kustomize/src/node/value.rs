//! From nodes to JSON and back: what printing a node as YAML and reading it again gives.

use serde_json::{Map, Value as Json};
use windlass_yaml::{Dialect, Limits, ScalarStyle, Value};

use super::{Node, Scalar, Tag, folded};
use crate::error::{Error, Result};

/// What a plain scalar of this text is to kustomize.
pub(crate) fn resolve(text: &str) -> Value {
    windlass_yaml::meaning(text, Dialect::V3)
}

/// Whether YAML 1.1 would read the text as anything but a string, so that it has to be quoted to stay one.
pub(crate) fn looks_typed(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    match windlass_yaml::first_to_json(text.as_bytes(), &Limits::default()) {
        Ok(Some(document)) => !document.value.is_string(),
        Ok(None) => true,
        Err(_) => false,
    }
}

fn tag_of(value: Value) -> Tag {
    match value {
        Value::Null => Tag::Null,
        Value::Bool(_) => Tag::Bool,
        Value::Int(_) | Value::Uint(_) => Tag::Int,
        Value::Float(_) => Tag::Float,
        Value::Timestamp => Tag::Timestamp,
        Value::String => Tag::Str,
    }
}

impl Tag {
    fn name(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool => "!!bool",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Str | Self::Unset => "!!str",
        }
    }
}

impl Scalar {
    /// The type and value of the scalar once printed and read again. A tag that the text no longer fits is an error:
    /// a replacement put a word where a number was.
    pub(crate) fn meaning(&self) -> Result<Value> {
        let resolved = resolve(&self.text);
        match self.tag {
            Tag::Str => Ok(Value::String),
            Tag::Unset if !self.style.is_plain() || self.text.contains('\n') => Ok(Value::String),
            Tag::Unset => Ok(resolved),
            tag if tag == tag_of(resolved) => Ok(if self.style.is_plain() { resolved } else { Value::String }),
            Tag::Float => match resolved {
                Value::Int(value) => Ok(Value::Float(value as f64)),
                _ => Err(self.contradiction(resolved)),
            },
            _ => Err(self.contradiction(resolved)),
        }
    }

    /// The text itself may have come from a Secret, so it is not repeated.
    fn contradiction(&self, found: Value) -> Error {
        Error::invalid(format!("cannot decode {} as a {}", tag_of(found).name(), self.tag.name()))
    }

    fn to_json(&self) -> Result<Json> {
        Ok(match self.meaning()? {
            Value::Null => Json::Null,
            Value::Bool(value) => value.into(),
            Value::Int(value) => value.into(),
            Value::Uint(value) => value.into(),
            Value::Float(value) => number(value)?,
            Value::Timestamp => windlass_yaml::to_rfc3339(&self.text).unwrap_or_else(|| self.text.clone()).into(),
            Value::String if self.style == ScalarStyle::Folded => folded::reprinted(&self.text).into(),
            Value::String => self.text.clone().into(),
        })
    }
}

/// A float as JSON has it after Go: whole ones are integers.
fn number(value: f64) -> Result<Json> {
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Ok((value as i64).into());
    }
    serde_json::Number::from_f64(value).map(Json::Number).ok_or_else(|| Error::invalid("JSON has no such number"))
}

impl Node {
    /// The object as JSON. Keys of nested mappings have to be strings.
    pub(crate) fn to_json(&self) -> Result<Json> {
        self.json_below(true)
    }

    fn json_below(&self, is_root: bool) -> Result<Json> {
        match self {
            Self::Scalar(scalar) => scalar.to_json(),
            Self::Seq(items) => items.iter().map(|item| item.json_below(false)).collect(),
            Self::Map(entries) => {
                let mut object = Map::new();
                for (key, value) in entries {
                    if !is_root && key.meaning()? != Value::String {
                        return Err(Error::invalid(format!(
                            "key {} of a mapping must be a string: quote it",
                            key.text
                        )));
                    }
                    let json = value.json_below(false).map_err(|error| error.while_doing(&key.text))?;
                    object.insert(key.text.clone(), json);
                }
                Ok(Json::Object(object))
            }
        }
    }

    /// From JSON, keys in alphabetical order.
    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Scalar::tagged("null", Tag::Null).into(),
            Json::Bool(value) => Scalar::tagged(value.to_string(), Tag::Bool).into(),
            Json::Number(value) => {
                let text = value.to_string();
                let tag = tag_of(resolve(&text));
                Scalar::tagged(text, tag).into()
            }
            Json::String(text) => Scalar::string(text.as_str()).into(),
            Json::Array(items) => Self::Seq(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => {
                let entry = |(key, value): (&String, &Json)| (Scalar::string(key.as_str()), Self::from_json(value));
                Self::Map(entries.iter().map(entry).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(scalar: Scalar) -> Json {
        scalar.to_json().unwrap()
    }

    #[test]
    fn a_scalar_is_typed_by_text_tag_and_quotes_together() {
        assert_eq!(json(Scalar::plain("80")), 80);
        assert_eq!(json(Scalar::string("80")), "80");
        assert_eq!(json(Scalar { style: ScalarStyle::DoubleQuoted, ..Scalar::tagged("80", Tag::Int) }), "80");
        assert_eq!(json(Scalar::plain("yes")), "yes");
    }

    #[test]
    fn a_tag_that_the_text_no_longer_fits_is_an_error() {
        let error = Scalar::tagged("high", Tag::Int).to_json().unwrap_err();
        assert_eq!(error.to_string(), "cannot decode !!str as a !!int");
    }
}
