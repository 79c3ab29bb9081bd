//! What a scalar's text means: the tables of go-yaml v2 and v3.

use std::borrow::Cow;

use super::event::RawScalar;
use super::node::{ScalarStyle, Value};
use super::timestamp;
use crate::error::ErrorKind;
use crate::number;

/// Whose reading of scalars, merge keys and anchors is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// go-yaml v2 behind sigs.k8s.io/yaml: kubectl, Helm, Argo CD. `yes`, `on` and their kind are booleans, dates are
    /// strings, a merge key overwrites what stands before it.
    V2,
    /// go-yaml v3 behind kustomize's kyaml: only `true` and `false` are booleans, `0o17` is octal with sign too,
    /// dates are dates, a merge key never overwrites.
    V3,
}

const TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// The type an explicit tag asks for.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// No tag.
    Any,
    Str,
    Binary,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    /// A tag that says nothing to go-yaml; the text stays a string.
    Foreign,
}

/// A scalar's meaning and, where the tag or type rewrites it, its text.
pub(super) fn resolve<'a>(scalar: RawScalar<'a>, dialect: Dialect) -> Result<(Value, Cow<'a, str>), ErrorKind> {
    let wanted = wanted(&scalar.tag, dialect);
    // Of a scalar that is not written at all, the style is only how it would be printed.
    let is_unwritten = scalar.implicit && scalar.tag.is_empty();
    let untagged_string = wanted == Wanted::Any && !scalar.style.is_plain() && !is_unwritten;
    if untagged_string || matches!(wanted, Wanted::Str | Wanted::Foreign) {
        return Ok((Value::String, scalar.text));
    }
    if wanted == Wanted::Binary {
        return match super::binary::decode(&scalar.text) {
            Some(text) => Ok((Value::String, Cow::Owned(text))),
            None => Err(ErrorKind::Tag("!!binary value contains invalid base64 data".to_owned())),
        };
    }
    let value = from_text(&scalar.text, dialect);
    let value = as_wanted(value, wanted, &scalar)?;
    match (value, dialect) {
        (Value::Timestamp, Dialect::V2) => Ok((Value::String, scalar.text)),
        _ => Ok((value, scalar.text)),
    }
}

fn wanted(tag: &str, dialect: Dialect) -> Wanted {
    match tag.strip_prefix(TAG_PREFIX) {
        None if tag.is_empty() || (tag == "!" && dialect == Dialect::V3) => Wanted::Any,
        None => Wanted::Foreign,
        Some("str") => Wanted::Str,
        Some("binary") => Wanted::Binary,
        Some("bool") => Wanted::Bool,
        Some("int") => Wanted::Int,
        Some("float") => Wanted::Float,
        Some("null") => Wanted::Null,
        Some("timestamp") => Wanted::Timestamp,
        Some(_) => Wanted::Foreign,
    }
}

fn as_wanted(value: Value, wanted: Wanted, scalar: &RawScalar<'_>) -> Result<Value, ErrorKind> {
    match (wanted, value) {
        (Wanted::Any, _)
        | (Wanted::Bool, Value::Bool(_))
        | (Wanted::Int, Value::Int(_) | Value::Uint(_))
        | (Wanted::Float, Value::Float(_))
        | (Wanted::Null, Value::Null)
        | (Wanted::Timestamp, Value::Timestamp) => Ok(value),
        (Wanted::Float, Value::Int(value)) => Ok(Value::Float(value as f64)),
        _ => {
            let found = short_tag(value);
            let asked = scalar.tag.strip_prefix(TAG_PREFIX).unwrap_or_default();
            Err(ErrorKind::Tag(format!("cannot decode !!{found} `{}` as a !!{asked}", scalar.text)))
        }
    }
}

fn short_tag(value: Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Uint(_) => "int",
        Value::Float(_) => "float",
        Value::Timestamp => "timestamp",
        Value::String => "str",
    }
}

/// Whether a mapping's key asks for a merge.
pub(super) fn is_merge(key: &RawScalar<'_>) -> bool {
    key.text == "<<" && (key.implicit || key.tag.strip_prefix(TAG_PREFIX) == Some("merge"))
}

/// Whether a plain scalar of this text would be read as a string by the dialect.
pub(crate) fn is_string(text: &str, dialect: Dialect) -> bool {
    from_text(text, dialect) == Value::String
}

/// The meaning of a plain scalar of this text without a tag. Timestamps are told apart in both dialects, though v2
/// hands them on as strings.
pub fn meaning(text: &str, dialect: Dialect) -> Value {
    from_text(text, dialect)
}

/// The first byte tells what a plain scalar can be at all.
fn from_text(text: &str, dialect: Dialect) -> Value {
    match text.as_bytes().first() {
        None => Value::Null,
        Some(b'.') => dotted(text),
        Some(b'0'..=b'9' | b'+' | b'-') => numeric(text, dialect),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text, dialect),
        Some(_) => Value::String,
    }
}

fn word(text: &str, dialect: Dialect) -> Value {
    const LONGEST: usize = "false".len();
    if text.len() > LONGEST {
        return Value::String;
    }
    match text {
        "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if dialect == Dialect::V2 => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if dialect == Dialect::V2 => Value::Bool(false),
        _ => Value::String,
    }
}

/// Whether YAML 1.1 readers other than go-yaml v3 take the text for a boolean.
pub(crate) fn is_old_boolean(text: &str) -> bool {
    matches!(word(text, Dialect::V2), Value::Bool(_))
}

fn dotted(text: &str) -> Value {
    match text {
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" => Value::Float(f64::INFINITY),
        _ => number::parse_dotted_float(text).map_or(Value::String, Value::Float),
    }
}

fn numeric(text: &str, dialect: Dialect) -> Value {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if timestamp::to_rfc3339(text).is_some() {
        return Value::Timestamp;
    }
    let plain: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(integer) = number::parse_integer(&plain) {
        return from_integer(integer);
    }
    if let Some(float) = number::parse_float(&plain) {
        return Value::Float(float);
    }
    prefixed(&plain, dialect).map_or(Value::String, from_integer)
}

/// `0b` and, for v3, `0o` followed by anything `ParseInt` takes: even a second sign.
fn prefixed(plain: &str, dialect: Dialect) -> Option<i128> {
    let bases: &[(&str, u32)] = match dialect {
        Dialect::V2 => &[("0b", 2)],
        Dialect::V3 => &[("0b", 2), ("0o", 8)],
    };
    bases.iter().find_map(|(prefix, base)| match plain.strip_prefix('-') {
        Some(negated) => negated.strip_prefix(prefix).and_then(|digits| number::parse_negated(digits, *base)),
        None => plain.strip_prefix(prefix).and_then(|digits| number::parse_integer_of_base(digits, *base)),
    })
}

fn from_integer(integer: i128) -> Value {
    match (i64::try_from(integer), u64::try_from(integer)) {
        (Ok(value), _) => Value::Int(value),
        (_, Ok(value)) => Value::Uint(value),
        _ => Value::String,
    }
}

impl ScalarStyle {
    /// Plain scalars are the only ones whose text is looked at for a type.
    pub fn is_plain(self) -> bool {
        self == Self::Plain
    }
}
