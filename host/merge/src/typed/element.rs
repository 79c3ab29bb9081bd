//! What identifies an item of a set or map list.

use serde_json::Value;

use crate::fields::PathElement;
use crate::schema::{ListRef, ListRelation};

/// The path element of a list item, or why it has none. The texts are those of the API server.
pub(crate) fn list_element(list: ListRef<'_>, item: &Value) -> Result<PathElement, String> {
    match list.relation() {
        ListRelation::Atomic => Err("invalid indexing of non-associative list".to_owned()),
        ListRelation::Set => set_element(item),
        ListRelation::Map(keys) => keyed_element(list, keys, item),
    }
}

fn set_element(item: &Value) -> Result<PathElement, String> {
    match item {
        Value::Object(_) => Err("associative list without keys has an element that's a map type".to_owned()),
        Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
        Value::Null => Err("associative list without keys has an element that's an explicit null".to_owned()),
        scalar => Ok(PathElement::Value(scalar.clone())),
    }
}

/// A key field that is absent takes its default; without one it stays out and that is an identity of its own.
fn keyed_element(list: ListRef<'_>, keys: &[std::borrow::Cow<'_, str>], item: &Value) -> Result<PathElement, String> {
    let entries = match item {
        Value::Object(entries) => entries,
        Value::Null => return Err("associative list with keys may not have a null element".to_owned()),
        _ => return Err("associative list with keys may not have non-map elements".to_owned()),
    };
    let value_of = |key: &str| {
        let default = || list.element().field(key)?.default();
        entries.get(key).or_else(default)
    };
    let fields: Vec<(String, Value)> =
        keys.iter().filter_map(|key| Some((key.to_string(), value_of(key)?.clone()))).collect();
    if fields.is_empty() {
        let keys = keys.iter().map(|key| format!("{key:?}")).collect::<Vec<_>>().join(" ");
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{keys}] \
             (and doesn't have default values for any key fields)"
        ));
    }
    Ok(PathElement::key(fields))
}
