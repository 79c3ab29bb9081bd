//! The lists that patches merge: what is in them, and how items are told apart and sorted.

use serde_json::{Map, Value};

use super::Error;
use crate::value::GoValue;

/// What a merging list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    Scalar,
}

/// The one kind of all items; lists of lists and mixed lists do not merge.
pub(super) fn element_kind(lists: &[&[Value]]) -> Result<Kind, Error> {
    let mut items = lists.iter().flat_map(|list| list.iter());
    let first = items.next().ok_or(Error::NoElements)?;
    if first.is_array() {
        return Err(Error::ListOfLists);
    }
    let first_type = crate::value::go_type(first);
    if first.is_null() || items.any(|item| crate::value::go_type(item) != first_type) {
        return Err(Error::MixedList);
    }
    Ok(if first.is_object() { Kind::Map } else { Kind::Scalar })
}

pub(super) fn merge_key_of<'v>(item: &'v Value, key: &str) -> Result<&'v Value, Error> {
    let missing = || Error::NoMergeKey { item: GoValue(item).to_string(), key: key.to_owned() };
    super::object(item)?.get(key).ok_or_else(missing)
}

/// The place of the item with the same identity.
pub(super) fn position(list: &[Value], item: &Value, merge_key: &str, kind: Kind) -> Option<usize> {
    match kind {
        Kind::Map => list.iter().position(|other| other.get(merge_key) == item.get(merge_key)),
        Kind::Scalar => list.iter().position(|other| other == item),
    }
}

/// The place of the first map with this value of the key.
pub(super) fn position_of_key(list: &[Value], key: &str, value: &Value) -> Result<Option<usize>, Error> {
    for (place, item) in list.iter().enumerate() {
        if super::object(item)?.get(key) == Some(value) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Maps with the text of their key, sorted by it; later ones of the same key come first, as they do in Go.
pub(super) fn sorted_by_key<'v>(list: &'v [Value], key: &str) -> Result<Vec<(String, &'v Value)>, Error> {
    let keyed = list.iter().rev().map(|item| Ok((GoValue(merge_key_of(item, key)?).to_string(), item)));
    let mut keyed = keyed.collect::<Result<Vec<_>, Error>>()?;
    keyed.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(keyed)
}

/// Scalars with their text, sorted by it.
pub(super) fn sorted_scalars(list: &[Value]) -> Vec<(String, Value)> {
    let mut texts: Vec<(String, Value)> =
        list.iter().rev().map(|item| (GoValue(item).to_string(), item.clone())).collect();
    texts.sort_by(|left, right| left.0.cmp(&right.0));
    texts
}

/// Scalars, each once. The place of what follows a repetition is not kept: the caller sorts.
pub(super) fn deduplicated(list: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::with_capacity(list.len());
    for item in list {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

pub(super) fn is_deletion(item: &Map<String, Value>) -> bool {
    item.get(super::PATCH).and_then(Value::as_str) == Some("delete")
}
