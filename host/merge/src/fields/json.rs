//! `FieldsV1`: field sets as JSON objects whose keys are path elements and whose key `.` stands for the path itself.

use serde_json::{Map, Value};

use super::{FieldSet, PathElement};
use crate::value::{TooDeep, check_depth, escape_html};

/// Why a `fieldsV1` is not a field set.
#[derive(Debug, thiserror::Error)]
pub enum FieldsError {
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    #[error("fieldsV1 key {key:?} is not a path element: expected f:name, k:{{\"field\":value}}, v:value or i:number")]
    Element { key: String },
    #[error("fieldsV1 has {found} where an object is expected")]
    NotAnObject { found: &'static str },
}

impl FieldSet {
    /// Reads a `fieldsV1` object. Kinds of path element that a later version may add are dropped.
    pub fn from_json(fields: &Value) -> Result<FieldSet, FieldsError> {
        check_depth(fields)?;
        Ok(read(fields)?.1)
    }

    /// Writes the `fieldsV1` object.
    pub fn to_json(&self) -> Value {
        Value::Object(self.entries_json(false))
    }

    fn entries_json(&self, with_self: bool) -> Map<String, Value> {
        let own = with_self.then(|| (".".to_owned(), Value::Object(Map::new())));
        let below = self.entries().map(|(element, is_member, children)| {
            let with_self = is_member && !children.is_empty();
            (element.to_json_key(), Value::Object(children.entries_json(with_self)))
        });
        own.into_iter().chain(below).collect()
    }
}

/// Whether the node stands for its own path, and what is below it.
fn read(node: &Value) -> Result<(bool, FieldSet), FieldsError> {
    let Value::Object(entries) = node else {
        return match node {
            Value::Null => Ok((true, FieldSet::default())),
            Value::Array(_) => Err(FieldsError::NotAnObject { found: "a list" }),
            _ => Err(FieldsError::NotAnObject { found: "a scalar" }),
        };
    };
    let mut set = FieldSet::default();
    for (key, child) in entries.iter().filter(|(key, _)| *key != ".") {
        if let Some(element) = PathElement::from_json_key(key)? {
            let (is_member, children) = read(child)?;
            set.attach(element, is_member, children);
        }
    }
    Ok((entries.contains_key(".") || set.is_empty(), set))
}

impl PathElement {
    /// Reads one key of a `fieldsV1` object; `None` for a kind of element that is not known.
    pub fn from_json_key(key: &str) -> Result<Option<PathElement>, FieldsError> {
        let wrong = || FieldsError::Element { key: key.to_owned() };
        let (kind, content) = key.split_once(':').filter(|(kind, _)| kind.len() == 1).ok_or_else(wrong)?;
        match kind {
            "f" => Ok(Some(PathElement::field(content))),
            "v" => serde_json::from_str(content).map(|value| Some(PathElement::Value(value))).map_err(|_| wrong()),
            "i" => content.parse().map(|index| Some(PathElement::Index(index))).map_err(|_| wrong()),
            "k" => {
                let fields: Map<String, Value> = serde_json::from_str(content).map_err(|_| wrong())?;
                Ok(Some(PathElement::key(fields.into_iter().collect())))
            }
            _ => Ok(None),
        }
    }

    /// Writes the element as a key of a `fieldsV1` object.
    pub fn to_json_key(&self) -> String {
        match self {
            PathElement::Field(name) => format!("f:{name}"),
            PathElement::Value(value) => format!("v:{}", escape_html(&value.to_string())),
            PathElement::Index(index) => format!("i:{index}"),
            PathElement::Key(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    format!("{}:{}", Value::String(name.clone()), escape_html(&value.to_string()))
                });
                format!("k:{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
        }
    }
}
