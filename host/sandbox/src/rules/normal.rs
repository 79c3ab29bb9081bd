//! The form in which the server keeps built-in kinds: no nulls, no empty lists and maps, canonical quantities.

use serde_json::Value;
use windlass_merge::schema::{Scalar, Schema, TypeRef};

use super::quantity;
use crate::catalog::Resource;
use crate::object::Object;

pub(super) fn normalise(resource: &Resource, object: &mut Object) {
    if let Some(of) = Schema::builtin().kind(&resource.api_version(), &resource.kind) {
        walk_map(of, object);
    }
}

fn walk(of: TypeRef<'_>, value: &mut Value) {
    match value {
        Value::Object(map) => walk_map(of, map),
        Value::Array(items) => {
            if let Some(list) = of.list() {
                items.iter_mut().for_each(|item| walk(list.element(), item));
            }
        }
        scalar if of.scalar() == Some(Scalar::Quantity) => quantity::canonicalise(scalar),
        _ => {}
    }
}

fn walk_map(of: TypeRef<'_>, object: &mut Object) {
    let Some(map) = of.map() else { return };
    object.retain(|key, value| {
        let Some(field) = map.field(key) else { return !value.is_null() || map.rest().is_some() };
        let empty = match value {
            Value::Null => return keeps_null(key),
            Value::Array(items) => items.is_empty(),
            // An empty struct says something, an empty map of texts or amounts does not.
            Value::Object(entries) => entries.is_empty() && is_plain_map(field.of()),
            _ => false,
        };
        !empty || field.required()
    });
    for (key, value) in object.iter_mut() {
        if let Some(child) = map.child(key) {
            walk(child, value);
        }
    }
}

fn is_plain_map(of: TypeRef<'_>) -> bool {
    let rest = of.map().and_then(|map| map.rest()).and_then(TypeRef::scalar);
    rest.is_some_and(|scalar| scalar != Scalar::Untyped)
}

/// Fields that the server writes even where they are null.
fn keeps_null(key: &str) -> bool {
    matches!(key, "eventTime" | "firstTimestamp" | "lastTimestamp" | "currentMetrics" | "rules")
}
