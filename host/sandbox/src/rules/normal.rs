//! The form in which the server keeps built-in kinds: no nulls, no empty lists and maps, canonical quantities, and
//! every part that is a plain struct or number there, even where it is empty.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use windlass_merge::schema::{FieldRef, Scalar, Schema, TypeRef};

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
            // That nothing may scale is another thing than that nothing is said of it.
            Value::Array(_) if key == "policies" => false,
            Value::Array(items) => items.is_empty(),
            // An empty struct says something, an empty map of texts or amounts does not.
            Value::Object(entries) => entries.is_empty() && is_plain_map(field.of()),
            _ => false,
        };
        !empty || field.required()
    });
    for field in map.fields() {
        match field.default() {
            Some(_) if is_struct(field) => drop(object.entry(field.name()).or_insert_with(|| json!({}))),
            Some(zero) if is_zero(zero) => drop(object.entry(field.name()).or_insert_with(|| zero.clone())),
            _ => {}
        }
    }
    let texts = map.rest().and_then(TypeRef::scalar) == Some(Scalar::String);
    for (key, value) in object.iter_mut() {
        // What is null in a map of texts is read as the empty text.
        if texts && value.is_null() && map.field(key).is_none() {
            *value = "".into();
        }
        if let Some(child) = map.child(key) {
            walk(child, value);
        }
    }
    if let Some(written) = of.name().and_then(|name| WRITTEN.get(name)) {
        written.apply(object);
    }
}

/// How the server writes what is empty in a type of its own.
struct Written {
    left_out: Vec<&'static str>,
    null: Vec<&'static str>,
}

static WRITTEN: LazyLock<HashMap<&'static str, Written>> = LazyLock::new(|| {
    let lines = include_str!("written.txt").lines().filter_map(|line| line.split_once(' '));
    let read = |words: &'static str| {
        let (null, left_out) = words.split(' ').partition(|word: &&str| word.starts_with('!'));
        let null: Vec<&str> = null;
        Written { left_out, null: null.iter().map(|word| &word[1..]).collect() }
    };
    lines.map(|(name, words)| (name, read(words))).collect()
});

impl Written {
    fn apply(&self, object: &mut Object) {
        for key in &self.left_out {
            if object.get(*key).is_some_and(is_zero) {
                object.remove(*key);
            }
        }
        for key in &self.null {
            object.entry(*key).or_insert(Value::Null);
        }
    }
}

/// A field that is a struct rather than a pointer to one: it is always there.
fn is_struct(field: FieldRef<'_>) -> bool {
    field.of().map().is_some() && field.default().is_some_and(|default| default == &json!({}))
}

/// What an object of a kind is before anything is set: owners are computed against it when one is created.
pub(super) fn blank(resource: &Resource) -> Option<Value> {
    let of = Schema::builtin().kind(&resource.api_version(), &resource.kind)?;
    let mut blank = blank_struct(of);
    blank["kind"] = resource.kind.clone().into();
    blank["apiVersion"] = resource.api_version().into();
    Some(blank)
}

fn blank_struct(of: TypeRef<'_>) -> Value {
    let fields = of.map().into_iter().flat_map(|map| map.fields());
    let nulls = of.name().and_then(|name| WRITTEN.get(name)).map_or(&[][..], |written| &written.null);
    let entries = fields.filter_map(|field| {
        let value = match field.default() {
            _ if nulls.contains(&field.name()) => Value::Null,
            Some(_) if is_struct(field) => blank_struct(field.of()),
            Some(zero) if is_zero(zero) => zero.clone(),
            None if field.required() && field.of().list().is_some() || keeps_null(field.name()) => Value::Null,
            _ => return None,
        };
        Some((field.name().to_owned(), value))
    });
    Value::Object(entries.collect())
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
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
