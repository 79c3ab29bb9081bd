//! The values a template works on, with Go's sharing rules: a clone of a map is the same map, so
//! what a function sets is seen wherever the map is held.

use std::rc::Rc;

use crate::collection::{List, Map};
use crate::object::Object;
use crate::text::Text;
use crate::types::{FloatKind, IntKind, Kind, Type, UintKind};

/// A Go value in an `interface{}`. Cloning never copies contents.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// The nil interface, and at the edges of evaluation reflect's "no value".
    #[default]
    Nil,
    Bool(bool),
    Int(i64, IntKind),
    Uint(u64, UintKind),
    Float(f64, FloatKind),
    /// `complex128`, real and imaginary part.
    Complex(f64, f64),
    String(Text),
    /// `[]byte`
    Bytes(Rc<[u8]>),
    List(Rc<List>),
    Map(Rc<Map>),
    Object(Rc<dyn Object>),
}

impl Value {
    /// Go's `int`.
    pub fn int(value: i64) -> Value {
        Value::Int(value, IntKind::Int)
    }

    pub fn int64(value: i64) -> Value {
        Value::Int(value, IntKind::Int64)
    }

    /// Go's `float64`.
    pub fn float(value: f64) -> Value {
        Value::Float(value, FloatKind::Float64)
    }

    pub fn string(text: impl Into<Text>) -> Value {
        Value::String(text.into())
    }

    /// `[]interface{}`
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(List::any(items)))
    }

    /// `[]string`
    pub fn strings<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Value {
        Value::List(Rc::new(List::strings(items)))
    }

    /// A new `map[string]interface{}`.
    pub fn map<K: Into<Text>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(Rc::new(Map::any(entries)))
    }

    pub fn object(object: impl Object + 'static) -> Value {
        Value::Object(Rc::new(object))
    }

    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The dynamic type; nil has none and answers `interface {}`.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Nil => Type::Any,
            Value::Bool(_) => Type::Bool,
            Value::Int(_, kind) => Type::Int(*kind),
            Value::Uint(_, kind) => Type::Uint(*kind),
            Value::Float(_, kind) => Type::Float(*kind),
            Value::Complex(..) => Type::Complex,
            Value::String(_) => Type::String,
            Value::Bytes(_) => Type::Bytes,
            Value::List(list) => Type::List(list.elem()),
            Value::Map(map) => Type::Map(map.elem()),
            Value::Object(object) => Type::Named(object.type_name()),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_, kind) => Kind::Int(*kind),
            Value::Uint(_, kind) => Kind::Uint(*kind),
            Value::Float(_, kind) => Kind::Float(*kind),
            Value::Complex(..) => Kind::Complex,
            Value::String(_) => Kind::String,
            Value::Bytes(_) | Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Object(object) => object.kind(),
        }
    }

    /// The basic value under a named one (`time.Duration` is an int64); every other value is itself.
    pub fn underlying(&self) -> Value {
        match self {
            Value::Object(object) => object.underlying().unwrap_or_else(|| self.clone()),
            other => other.clone(),
        }
    }

    /// Truth as `if` sees it: not the zero value, not empty. Objects of struct kind are true.
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(value, _) => *value != 0,
            Value::Uint(value, _) => *value != 0,
            Value::Float(value, _) => *value != 0.0,
            Value::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Object(object) => match object.underlying() {
                Some(value) => value.truth(),
                None => object.len() != Some(0),
            },
        }
    }

    pub fn as_text(&self) -> Option<&Text> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Rc<Map>> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&Rc<List>> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The object as its Rust type, for the functions that know it.
    pub fn downcast<T: 'static>(&self) -> Option<&T> {
        match self {
            Value::Object(object) => object.as_any().downcast_ref(),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Value::String(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(Rc::new(map))
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Value::List(Rc::new(list))
    }
}
