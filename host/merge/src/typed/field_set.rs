//! The fields that a configuration mentions, and so owns once it is applied.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Shape, list_element, shape};
use crate::fields::{FieldSet, PathElement};
use crate::schema::{ListRef, ListRelation, MapRef, MapRelation, TypeRef};

/// Every leaf and list item of a valid value. Items with the same identity are owned as one, without their fields.
pub fn field_set(of: TypeRef<'_>, value: &Value) -> FieldSet {
    visit(of, value).1
}

/// Whether the value itself is owned, and what is owned below it.
fn visit(of: TypeRef<'_>, value: &Value) -> (bool, FieldSet) {
    match shape(of, Some(value)) {
        Some(Shape::Scalar(_)) => (true, FieldSet::default()),
        Some(Shape::List(list)) if *list.relation() == ListRelation::Atomic => (true, FieldSet::default()),
        Some(Shape::Map(map)) if map.relation() == MapRelation::Atomic => (true, FieldSet::default()),
        Some(Shape::List(list)) => (false, value.as_array().map(|items| visit_list(list, items)).unwrap_or_default()),
        Some(Shape::Map(map)) => (false, value.as_object().map(|map_of| visit_map(map, map_of)).unwrap_or_default()),
        None => (false, FieldSet::default()),
    }
}

fn visit_list(list: ListRef<'_>, items: &[Value]) -> FieldSet {
    let mut by_element: BTreeMap<PathElement, Vec<&Value>> = BTreeMap::new();
    for item in items {
        if let Ok(element) = list_element(list, item) {
            by_element.entry(element).or_default().push(item);
        }
    }
    let mut set = FieldSet::default();
    for (element, items) in by_element {
        let below = match items.as_slice() {
            [only] => visit(list.element(), only).1,
            _ => FieldSet::default(),
        };
        set.attach(element, true, below);
    }
    set
}

fn visit_map(map: MapRef<'_>, entries: &Map<String, Value>) -> FieldSet {
    let mut set = FieldSet::default();
    for (key, value) in entries {
        let declared = map.field(key).is_some();
        let (owned, below) = map.child(key).map(|of| visit(of, value)).unwrap_or_default();
        let bare = value.is_null() || value.as_object().is_some_and(Map::is_empty);
        set.attach(PathElement::field(key), owned || bare || !declared, below);
    }
    set
}
