//! JSON values as the API server compares them: numbers by value, objects by sorted keys, one order over all kinds.

mod go;

use std::cmp::Ordering;

use serde_json::{Number, Value};

pub(crate) use go::{GoSyntax, GoValue, escape_html, go_json, go_type};

/// Nesting allowed in an object or field set. Real objects stay below 130 (deep custom resource definitions).
pub const MAX_DEPTH: usize = 400;

/// A value nested deeper than [`MAX_DEPTH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("value is nested deeper than {MAX_DEPTH} levels")]
pub struct TooDeep;

/// Refuses values that a recursive walk could not finish.
pub fn check_depth(value: &Value) -> Result<(), TooDeep> {
    if fits(value, MAX_DEPTH) { Ok(()) } else { Err(TooDeep) }
}

fn fits(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|item| fits(item, left - 1)),
        Value::Object(entries) => left > 0 && entries.values().all(|entry| fits(entry, left - 1)),
        _ => true,
    }
}

/// The levels of a value that is known to be within bounds.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Equality where `1` and `1.0` are the same number, at any depth.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        _ => left == right,
    }
}

/// The total order of the API server's field sets: numbers, strings, booleans, lists, maps, null.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => compare_lists(left, right),
        (Value::Object(left), Value::Object(right)) => compare_entries(&sorted(left), &sorted(right)),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal),
    }
}

fn compare_lists(left: &[Value], right: &[Value]) -> Ordering {
    let first_difference = left.iter().zip(right).map(|(left, right)| compare(left, right)).find(|order| order.is_ne());
    first_difference.unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn sorted(map: &serde_json::Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    entries.sort_by_key(|(key, _)| *key);
    entries
}

/// Compares name and value pairs that are already sorted by name.
pub(crate) fn compare_entries(left: &[(&str, &Value)], right: &[(&str, &Value)]) -> Ordering {
    let pairwise = left
        .iter()
        .zip(right)
        .map(|((left_key, left), (right_key, right))| left_key.cmp(right_key).then_with(|| compare(left, right)));
    pairwise.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| left.len().cmp(&right.len()))
}
