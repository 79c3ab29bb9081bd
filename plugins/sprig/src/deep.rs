//! Copies and comparisons that go all the way down, within bounds.

use std::rc::Rc;

use windlass_gotemplate::{Failure, List, Map, Value};

/// Values nested deeper than this contain themselves, or might as well.
pub(crate) const MAX_NESTING: usize = 200;

pub(crate) fn too_deep() -> Failure {
    Failure::new("value is nested too deeply")
}

/// A copy that shares no map or list with the original.
///
/// # Errors
/// The value is nested too deeply, or contains itself.
pub fn deep_copy(value: &Value) -> Result<Value, Failure> {
    copy(value, 0)
}

fn copy(value: &Value, depth: usize) -> Result<Value, Failure> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    match value {
        Value::List(list) if list.is_empty() => Ok(value.clone()),
        Value::List(list) => {
            let items: Result<Vec<_>, _> = list.items().iter().map(|item| copy(item, depth + 1)).collect();
            Ok(Value::from(List::new(list.elem(), items?)))
        }
        Value::Map(map) => {
            let copied = Map::new(map.elem());
            for (key, value) in map.entries() {
                copied.insert(key, copy(&value, depth + 1)?);
            }
            Ok(Value::from(copied))
        }
        other => Ok(other.clone()),
    }
}

/// `reflect.DeepEqual`: types must agree, not only values. What contains itself is never equal.
pub fn deep_equal(left: &Value, right: &Value) -> bool {
    equal(left, right, 0)
}

fn equal(left: &Value, right: &Value, depth: usize) -> bool {
    if depth > MAX_NESTING {
        return false;
    }
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left, kind), Value::Int(right, other)) => left == right && kind == other,
        (Value::Uint(left, kind), Value::Uint(right, other)) => left == right && kind == other,
        (Value::Float(left, kind), Value::Float(right, other)) => left == right && kind == other,
        (Value::Complex(real, imaginary), Value::Complex(r, i)) => real == r && imaginary == i,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::List(left), Value::List(right)) => Rc::ptr_eq(left, right) || equal_lists(left, right, depth),
        (Value::Map(left), Value::Map(right)) => Rc::ptr_eq(left, right) || equal_maps(left, right, depth),
        (Value::Object(left), Value::Object(right)) => Rc::ptr_eq(left, right) || left.equals(right.as_ref()),
        _ => false,
    }
}

fn equal_lists(left: &List, right: &List, depth: usize) -> bool {
    left.elem() == right.elem()
        && left.is_nil() == right.is_nil()
        && left.len() == right.len()
        && left.items().iter().zip(right.items()).all(|(left, right)| equal(left, right, depth + 1))
}

fn equal_maps(left: &Map, right: &Map, depth: usize) -> bool {
    let (entries, others) = (left.borrow(), right.borrow());
    left.elem() == right.elem()
        && entries.len() == others.len()
        && entries
            .iter()
            .zip(others.iter())
            .all(|((key, value), (other_key, other))| key == other_key && equal(value, other, depth + 1))
}
