//! `index`, `slice`, `len`.

use std::rc::Rc;

use crate::collection::List;
use crate::error::Failure;
use crate::exec::Slot;
use crate::types::{Elem, Kind, Type, UintKind};
use crate::value::Value;

/// `index x 1 2` is `x[1][2]`. A map's missing key gives the zero value, a slice's an error.
pub(super) fn index(args: &[Slot]) -> Result<Slot, Failure> {
    let mut item = args[0].clone();
    if item.value.is_nil() {
        return Err(Failure::new("index of untyped nil"));
    }
    for key in &args[1..] {
        item = index_one(&item.value, &key.value)?;
    }
    Ok(item)
}

fn index_one(item: &Value, key: &Value) -> Result<Slot, Failure> {
    match item {
        Value::Nil => Err(Failure::new("index of nil pointer")),
        Value::List(list) => {
            let at = position(key, list.len(), Some("slice"))?;
            Ok(Slot { value: list.items()[at].clone(), boxed: list.elem() == Elem::Any })
        }
        Value::Bytes(bytes) => byte_at(bytes, key, "slice"),
        Value::String(text) => byte_at(text.as_bytes(), key, "string"),
        Value::Map(map) => {
            let key = map_key(key)?;
            let boxed = map.elem() == Elem::Any;
            Ok(map.get(&key).map_or_else(|| Slot::zero(map.elem()), |value| Slot { value, boxed }))
        }
        Value::Object(object) if object.kind() == Kind::Map => {
            let key = map_key(key)?;
            Ok(object.field(&key.to_str()).map_or_else(|| Slot::zero(Elem::Bytes), Slot::plain))
        }
        other => Err(Failure::new(format!("can't index item of type {}", other.type_of()))),
    }
}

fn byte_at(bytes: &[u8], key: &Value, kind: &str) -> Result<Slot, Failure> {
    let at = position(key, bytes.len(), Some(kind))?;
    Ok(Slot::plain(Value::Uint(bytes[at].into(), UintKind::Uint8)))
}

fn map_key(key: &Value) -> Result<crate::text::Text, Failure> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Nil => Err(Failure::new("value is nil; should be of type string")),
        other => Err(Failure::new(format!("value has type {}; should be {}", other.type_of(), Type::String))),
    }
}

/// An index within `0..=limit`, or below it where an element is wanted: then of that kind of thing.
fn position(index: &Value, limit: usize, element_of: Option<&str>) -> Result<usize, Failure> {
    let number = match index.underlying() {
        Value::Int(number, _) => number,
        Value::Uint(number, _) => number as i64,
        Value::Nil => return Err(Failure::new("cannot index slice/array with nil")),
        _ => return Err(Failure::new(format!("cannot index slice/array with type {}", index.type_of()))),
    };
    match usize::try_from(number) {
        Ok(at) if at < limit || (at == limit && element_of.is_none()) => Ok(at),
        // The check lets the length itself pass, and the access then panics in other words.
        Ok(at) if at == limit => {
            Err(Failure::new(format!("reflect: {} index out of range", element_of.unwrap_or_default())))
        }
        _ => Err(Failure::new(format!("index out of range: {number}"))),
    }
}

/// `slice x 1 2` is `x[1:2]`.
pub(super) fn slice(args: &[Slot]) -> Result<Slot, Failure> {
    let item = &args[0].value;
    let indexes = &args[1..];
    if item.is_nil() {
        return Err(Failure::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Failure::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let length = match item {
        Value::String(_) if indexes.len() == 3 => return Err(Failure::new("cannot 3-index slice a string")),
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        other => return Err(Failure::new(format!("can't slice item of type {}", other.type_of()))),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(&index.value, length, None)?;
    }
    for pair in bounds.windows(2) {
        if pair[0] > pair[1] {
            return Err(Failure::new(format!("invalid slice index: {} > {}", pair[0], pair[1])));
        }
    }
    Ok(Slot::plain(cut(item, bounds[0]..bounds[1])))
}

fn cut(item: &Value, range: std::ops::Range<usize>) -> Value {
    match item {
        Value::String(text) => Value::string(&text.as_bytes()[range]),
        Value::Bytes(bytes) => Value::Bytes(Rc::from(&bytes[range])),
        Value::List(list) => Value::from(List::new(list.elem(), list.items()[range].to_vec())),
        _ => Value::Nil,
    }
}

pub(super) fn len(args: &[Slot]) -> Result<Slot, Failure> {
    let length = match &args[0].value {
        Value::Nil if args[0].boxed => return Err(Failure::new("len of nil pointer")),
        Value::Nil => return Err(Failure::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::String(text) => Some(text.len()),
        Value::Bytes(bytes) => Some(bytes.len()),
        Value::List(list) => Some(list.len()),
        Value::Map(map) => Some(map.len()),
        Value::Object(object) => object.len(),
        _ => None,
    };
    match length {
        Some(length) => Ok(Slot::plain(Value::int(length as i64))),
        None => Err(Failure::new(format!("len of type {}", args[0].value.type_of()))),
    }
}
