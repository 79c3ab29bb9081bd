//! Values of expressions, and how objects become them.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    List(Arc<Vec<Value>>),
    Map(Arc<BTreeMap<Key, Value>>),
    Time(Timestamp),
    Span(SignedDuration),
    Type(&'static str),
    Optional(Option<Arc<Value>>),
    /// A quantity in 10^-9 of its unit.
    Quantity(i128),
    Address(IpAddr),
    Network(IpAddr, u8),
    Url(Arc<url::Url>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Bool(bool),
    Int(i64),
    Text(Arc<str>),
}

impl Key {
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Key::Bool(*value)),
            Value::Int(value) => Some(Key::Int(*value)),
            Value::Uint(value) => i64::try_from(*value).ok().map(Key::Int),
            Value::Double(value) if value.fract() == 0.0 => Some(Key::Int(*value as i64)),
            Value::Text(text) => Some(Key::Text(text.clone())),
            _ => None,
        }
    }

    pub fn value(&self) -> Value {
        match self {
            Key::Bool(value) => Value::Bool(*value),
            Key::Int(value) => Value::Int(*value),
            Key::Text(text) => Value::Text(text.clone()),
        }
    }
}

impl Value {
    pub fn text(text: &str) -> Self {
        Value::Text(text.into())
    }

    pub fn list(items: Vec<Value>) -> Self {
        Value::List(Arc::new(items))
    }

    /// What a value of an object is to rules, by its schema.
    pub fn of(json: &Json, schema: &Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Self::of_number(number, schema),
            Json::String(text) => Self::of_text(text, schema),
            Json::Array(items) => Value::list(items.iter().map(|item| Value::of(item, &schema["items"])).collect()),
            Json::Object(object) => {
                let rest = &schema["additionalProperties"];
                let entry = |(key, child): (&String, &Json)| match &schema["properties"][key.as_str()] {
                    Json::Null => (Key::Text(key.as_str().into()), Value::of(child, rest)),
                    property => (Key::Text(escaped(key).into()), Value::of(child, property)),
                };
                Value::Map(Arc::new(object.iter().map(entry).collect()))
            }
        }
    }

    fn of_number(number: &serde_json::Number, schema: &Json) -> Self {
        match number.as_i64().filter(|_| schema["type"] != "number") {
            Some(value) => Value::Int(value),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    fn of_text(text: &str, schema: &Json) -> Self {
        let read = match schema["format"].as_str() {
            Some("date-time") => text.parse().ok().map(Value::Time),
            Some("date") => format!("{text}T00:00:00Z").parse().ok().map(Value::Time),
            Some("duration") => super::time::span(text).map(Value::Span),
            Some("byte") => {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok();
                bytes.map(|bytes| Value::Bytes(bytes.into()))
            }
            _ => None,
        };
        read.unwrap_or_else(|| Value::text(text))
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::Text(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Time(_) => "google.protobuf.Timestamp",
            Value::Span(_) => "google.protobuf.Duration",
            Value::Type(_) => "type",
            Value::Optional(_) => "optional_type",
            Value::Quantity(_) => "kubernetes.Quantity",
            Value::Address(_) => "net.IP",
            Value::Network(..) => "net.CIDR",
            Value::Url(_) => "kubernetes.URL",
        }
    }

    /// How much a value weighs in memory and time, roughly.
    pub fn weight(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::List(items) => items.len() * 8,
            Value::Map(entries) => entries.len() * 16,
            _ => 1,
        }
    }

    fn number(&self) -> Option<Number> {
        match self {
            Value::Int(value) => Some(Number::Whole(i128::from(*value))),
            Value::Uint(value) => Some(Number::Whole(i128::from(*value))),
            Value::Double(value) => Some(Number::Float(*value)),
            _ => None,
        }
    }

    /// The order of two values of one kind; numbers are one kind.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Bool(one), Value::Bool(two)) => Some(one.cmp(two)),
            (Value::Text(one), Value::Text(two)) => Some(one.cmp(two)),
            (Value::Bytes(one), Value::Bytes(two)) => Some(one.cmp(two)),
            (Value::Time(one), Value::Time(two)) => Some(one.cmp(two)),
            (Value::Span(one), Value::Span(two)) => Some(one.cmp(two)),
            _ => match (self.number()?, other.number()?) {
                (Number::Whole(one), Number::Whole(two)) => Some(one.cmp(&two)),
                (one, two) => one.float().partial_cmp(&two.float()),
            },
        }
    }
}

enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn float(&self) -> f64 {
        match self {
            Number::Whole(value) => *value as f64,
            Number::Float(value) => *value,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::List(one), Value::List(two)) => one == two,
            (Value::Map(one), Value::Map(two)) => one == two,
            (Value::Type(one), Value::Type(two)) => one == two,
            (Value::Optional(one), Value::Optional(two)) => one == two,
            (Value::Quantity(one), Value::Quantity(two)) => one == two,
            (Value::Address(one), Value::Address(two)) => one == two,
            (Value::Network(one, bits), Value::Network(two, more)) => one == two && bits == more,
            (Value::Url(one), Value::Url(two)) => one == two,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }
}

/// A property's name as expressions write it.
fn escaped(name: &str) -> String {
    const RESERVED: [&str; 21] = [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    if RESERVED.contains(&name) {
        return format!("__{name}__");
    }
    name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__")
}

/// The property that an expression's field names.
pub fn unescaped(field: &str) -> String {
    let plain = field.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    if let Some(word) = plain.filter(|word| escaped(word) == field) {
        return word.into();
    }
    field.replace("__slash__", "/").replace("__dash__", "-").replace("__dot__", ".").replace("__underscores__", "__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_expressions_cannot_write_are_escaped_and_read_back() {
        for (name, written) in [("namespace", "__namespace__"), ("a-b", "a__dash__b"), ("a.b/c", "a__dot__b__slash__c")]
        {
            assert_eq!(escaped(name), written);
            assert_eq!(unescaped(written), name);
        }
        assert_eq!(escaped("my_field"), "my_field");
    }
}
