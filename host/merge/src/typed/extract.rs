//! A value without a set of fields, or with nothing but them.

use serde_json::{Map, Value};

use super::{Shape, list_element, shape};
use crate::fields::{FieldSet, PathElement};
use crate::schema::{ListRef, ListRelation, MapRef, MapRelation, TypeRef};

/// The value without these map entries and list items. What is left empty becomes null.
pub fn remove(of: TypeRef<'_>, value: &Value, fields: &FieldSet) -> Value {
    match (shape(of, Some(value)), value) {
        (Some(Shape::List(list)), Value::Array(items)) => {
            if *list.relation() == ListRelation::Atomic {
                return Value::Null;
            }
            let kept: Vec<Value> = items.iter().filter_map(|item| remove_item(list, item, fields)).collect();
            if kept.is_empty() { Value::Null } else { Value::Array(kept) }
        }
        (Some(Shape::Map(map)), Value::Object(entries)) => {
            if map.relation() == MapRelation::Atomic {
                return Value::Null;
            }
            let kept: Map<String, Value> =
                entries.iter().filter_map(|(key, value)| remove_entry(map, key, value, fields)).collect();
            if kept.is_empty() { Value::Null } else { Value::Object(kept) }
        }
        (Some(Shape::Scalar(_)), _) => value.clone(),
        _ => Value::Null,
    }
}

fn remove_item(list: ListRef<'_>, item: &Value, fields: &FieldSet) -> Option<Value> {
    let Ok(element) = list_element(list, item) else { return Some(item.clone()) };
    match (fields.is_member(&element), fields.below(&element)) {
        (true, _) => None,
        (false, None) => Some(item.clone()),
        (false, Some(below)) => Some(remove(list.element(), item, below)),
    }
}

fn remove_entry(map: MapRef<'_>, key: &str, value: &Value, fields: &FieldSet) -> Option<(String, Value)> {
    let element = PathElement::field(key);
    let kept = match (fields.is_member(&element), fields.below(&element), map.child(key)) {
        (true, _, _) => return None,
        (false, Some(below), Some(of)) => remove(of, value, below),
        (false, _, _) => value.clone(),
    };
    Some((key.to_owned(), kept))
}

/// The part of the value that these fields name: leaves and atomic values whole, list items with their key fields.
/// `None` when the value holds none of them.
pub fn extract(of: TypeRef<'_>, value: &Value, fields: &FieldSet) -> Option<Value> {
    let part = extract_below(of, value, fields)?;
    let bare = part.as_object().is_some_and(Map::is_empty) || part.as_array().is_some_and(Vec::is_empty);
    (!bare).then_some(part)
}

fn extract_below(of: TypeRef<'_>, value: &Value, fields: &FieldSet) -> Option<Value> {
    match (shape(of, Some(value))?, value) {
        (Shape::List(list), Value::Array(items)) if *list.relation() != ListRelation::Atomic => {
            let items = items.iter().filter_map(|item| extract_item(list, item, fields));
            Some(Value::Array(items.collect()))
        }
        (Shape::Map(map), Value::Object(entries)) if map.relation() != MapRelation::Atomic => {
            let entries = entries.iter().filter_map(|(key, value)| extract_entry(map, key, value, fields));
            Some(Value::Object(entries.collect()))
        }
        _ => Some(value.clone()),
    }
}

fn extract_item(list: ListRef<'_>, item: &Value, fields: &FieldSet) -> Option<Value> {
    let element = list_element(list, item).ok()?;
    let below = fields.below(&element);
    if below.is_none() && !fields.is_member(&element) {
        return None;
    }
    let PathElement::Key(keys) = &element else { return Some(item.clone()) };
    let none = FieldSet::default();
    let mut part = extract_below(list.element(), item, below.unwrap_or(&none))?;
    if let (Value::Object(part), Value::Object(item)) = (&mut part, item) {
        let keys = keys.iter().filter_map(|(name, _)| item.get_key_value(name));
        part.extend(keys.map(|(name, value)| (name.clone(), value.clone())));
    }
    Some(part)
}

fn extract_entry(map: MapRef<'_>, key: &str, value: &Value, fields: &FieldSet) -> Option<(String, Value)> {
    let element = PathElement::field(key);
    let (is_member, below) = (fields.is_member(&element), fields.below(&element));
    let none = FieldSet::default();
    let part = match (map.child(key), below) {
        (Some(of), Some(below)) => extract_below(of, value, below)?,
        (Some(of), None) if is_member => extract_below(of, value, &none)?,
        (None, _) if is_member => value.clone(),
        _ => return None,
    };
    Some((key.to_owned(), part))
}
