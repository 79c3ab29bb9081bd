//! From parsed YAML to nodes and back.

use windlass_yaml::{NodeKind, ScalarStyle, Value};

use super::{Node, Scalar, Tag};

/// Takes a parsed document over.
pub(crate) fn from_yaml(node: windlass_yaml::Node) -> Node {
    match node.kind {
        NodeKind::Scalar(scalar) => Node::Scalar(from_scalar(scalar)),
        NodeKind::Sequence(items) => Node::Seq(items.into_iter().map(from_yaml).collect()),
        NodeKind::Mapping(entries) => {
            Node::Map(entries.into_iter().map(|(key, value)| (from_key(key), from_yaml(value))).collect())
        }
    }
}

fn from_key(key: windlass_yaml::Node) -> Scalar {
    match key.kind {
        NodeKind::Scalar(scalar) => from_scalar(scalar),
        // A collection as a key names no field; it fails when the object is printed, as a key that is no string.
        NodeKind::Sequence(_) | NodeKind::Mapping(_) => Scalar::tagged("", Tag::Null),
    }
}

fn from_scalar(scalar: windlass_yaml::Scalar) -> Scalar {
    let tag = match scalar.value {
        Value::Null => Tag::Null,
        Value::Bool(_) => Tag::Bool,
        Value::Int(_) | Value::Uint(_) => Tag::Int,
        Value::Float(_) => Tag::Float,
        Value::Timestamp => Tag::Timestamp,
        Value::String => Tag::Str,
    };
    // Only a tag that is written gives quoted text another type than a string, and printed it stands there again. A
    // null of which nothing is written inside of braces gets quotes, and so is text once it is printed.
    let is_unwritten = tag == Tag::Null && scalar.style == ScalarStyle::SingleQuoted;
    let style = if tag == Tag::Str || is_unwritten { scalar.style } else { ScalarStyle::Plain };
    Scalar { text: scalar.text, tag, style }
}

impl Node {
    /// As a parsed document, every part at the given line: a resource read as the settings of a transformer.
    pub(crate) fn to_yaml(&self, line: u32) -> windlass_yaml::Node {
        let kind = match self {
            Self::Scalar(scalar) => NodeKind::Scalar(to_scalar(scalar)),
            Self::Seq(items) => NodeKind::Sequence(items.iter().map(|item| item.to_yaml(line)).collect()),
            Self::Map(entries) => {
                let key =
                    |key: &Scalar| windlass_yaml::Node { kind: NodeKind::Scalar(to_scalar(key)), line, column: 1 };
                NodeKind::Mapping(entries.iter().map(|(name, value)| (key(name), value.to_yaml(line))).collect())
            }
        };
        windlass_yaml::Node { kind, line, column: 1 }
    }
}

fn to_scalar(scalar: &Scalar) -> windlass_yaml::Scalar {
    let value = scalar.meaning().unwrap_or(Value::String);
    windlass_yaml::Scalar { text: scalar.text.clone(), style: scalar.style, value }
}
