//! Whether applying a configuration would change nothing, told without asking the API server.
//!
//! The answer errs on one side only: "in sync" is certain, a difference may be one of writing that a dry-run settles.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::fields::{FieldSet, Path, PathElement};
use crate::schema::{ListRef, ListRelation, MapRef, MapRelation, TypeRef};
use crate::typed::{field_set, list_element};
use crate::value::{TooDeep, check_depth, equal};

/// How a live object falls short of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The live object lacks this, or has another value.
    Value(Path),
    /// We own this and no longer want it, or want it and do not own it yet.
    Ownership(Path),
}

/// The first difference between a configuration and the live object; `None` when applying it would change nothing.
///
/// `owned` is what the applier owns by the live object's record, in the same version as both objects.
pub fn first_difference(
    of: TypeRef<'_>,
    desired: &Value,
    live: &Value,
    owned: &FieldSet,
) -> Result<Option<Difference>, TooDeep> {
    check_depth(desired)?;
    check_depth(live)?;
    let mut path = Vec::new();
    if !contains(of, live, desired, &mut path) {
        return Ok(Some(Difference::Value(Path(path))));
    }
    let wanted = field_set(of, desired).difference(&crate::apply::unowned());
    let surplus = owned.difference(&wanted).union(wanted.difference(owned));
    Ok(surplus.paths().into_iter().next().map(Difference::Ownership))
}

/// Whether every field that `desired` states is equal in `live`.
pub fn is_subset(of: TypeRef<'_>, desired: &Value, live: &Value) -> Result<bool, TooDeep> {
    check_depth(desired)?;
    check_depth(live)?;
    Ok(contains(of, live, desired, &mut Vec::new()))
}

/// On a difference, `path` is left at it.
fn contains(of: TypeRef<'_>, live: &Value, desired: &Value, path: &mut Vec<PathElement>) -> bool {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => match of.map() {
            Some(map) if map.relation() == MapRelation::Granular => contains_entries(map, live, desired, path),
            _ => entries_equal(live, desired),
        },
        (Value::Array(live), Value::Array(desired)) => match of.list() {
            Some(list) if *list.relation() != ListRelation::Atomic => contains_items(list, live, desired, path),
            _ => items_equal(live, desired),
        },
        _ => equal(live, desired),
    }
}

fn entries_equal(live: &Map<String, Value>, desired: &Map<String, Value>) -> bool {
    let same = |(key, desired): (&String, &Value)| live.get(key).is_some_and(|live| equal(live, desired));
    live.len() == desired.len() && desired.iter().all(same)
}

fn items_equal(live: &[Value], desired: &[Value]) -> bool {
    live.len() == desired.len() && live.iter().zip(desired).all(|(live, desired)| equal(live, desired))
}

fn contains_entries(
    map: MapRef<'_>,
    live: &Map<String, Value>,
    desired: &Map<String, Value>,
    path: &mut Vec<PathElement>,
) -> bool {
    for (key, desired) in desired {
        path.push(PathElement::field(key));
        let same = match (live.get(key), map.child(key)) {
            (Some(live), Some(of)) => contains(of, live, desired, path),
            (Some(live), None) => equal(live, desired),
            // The API server stores no nulls.
            (None, _) => desired.is_null(),
        };
        if !same {
            return false;
        }
        path.pop();
    }
    true
}

/// Items by identity, in the same order relative to each other; one that repeats is a difference.
fn contains_items(list: ListRef<'_>, live: &[Value], desired: &[Value], path: &mut Vec<PathElement>) -> bool {
    let mut places: BTreeMap<PathElement, Option<usize>> = BTreeMap::new();
    for (place, item) in live.iter().enumerate() {
        let Ok(element) = list_element(list, item) else { return false };
        places.entry(element).and_modify(|place| *place = None).or_insert(Some(place));
    }
    let mut last = None;
    for item in desired {
        let Ok(element) = list_element(list, item) else { return false };
        let place = places.get(&element).copied().flatten();
        path.push(element);
        let Some((place, live)) = place.and_then(|place| Some((place, live.get(place)?))) else { return false };
        if last.is_some_and(|last| last >= place) || !contains(list.element(), live, item, path) {
            return false;
        }
        last = Some(place);
        path.pop();
    }
    true
}
