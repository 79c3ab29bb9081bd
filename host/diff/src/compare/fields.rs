//! `fieldsV1` of managedFields, walked beside an object: `f:` names a field, `k:` a list item by its keys,
//! `v:` a list item by its value, `i:` by its index, `.` the place itself.

use serde_json::Value;

use super::child;
use crate::path::FieldPath;

/// The field sets of the named managers, whatever their operation.
pub fn of_managers<'a, M: AsRef<str>>(managed: &'a [Value], managers: &'a [M]) -> impl Iterator<Item = &'a Value> {
    managed
        .iter()
        .filter(move |entry| {
            let status = entry.get("subresource").and_then(Value::as_str) == Some("status");
            let manager = entry.get("manager").and_then(Value::as_str);
            !status && manager.is_some_and(|name| managers.iter().any(|wanted| wanted.as_ref() == name))
        })
        .filter_map(|entry| entry.get("fieldsV1"))
}

/// Records owned places that are in `live` and not in `desired`.
pub fn unwanted(path: &str, owned: &Value, desired: &Value, live: &Value, differences: &mut Vec<String>) {
    let Value::Object(owned) = owned else { return };
    for (step, below) in owned.iter().filter(|(step, _)| *step != ".") {
        let Some((place, live)) = resolve(path, step, live) else { continue };
        match resolve(path, step, desired) {
            Some((_, desired)) => unwanted(&place, below, desired, live, differences),
            None => differences.push(place),
        }
    }
}

/// Removes every owned leaf from `value`.
pub fn remove(value: &mut Value, owned: &Value) {
    let Value::Object(owned) = owned else { return };
    for (step, below) in owned {
        let is_leaf = below.as_object().is_none_or(|map| map.keys().all(|key| key == "."));
        match value {
            Value::Object(map) => {
                let Some(name) = step.strip_prefix("f:") else { continue };
                if is_leaf {
                    map.remove(name);
                } else if let Some(inner) = map.get_mut(name) {
                    remove(inner, below);
                }
            }
            Value::Array(list) => {
                let Some(index) = position(step, list) else { continue };
                if is_leaf {
                    list.remove(index);
                } else {
                    remove(&mut list[index], below);
                }
            }
            _ => {}
        }
    }
}

/// Whether the set names the place, something in it, or all of a list or map that it is in.
pub fn owns(owned: &Value, place: &FieldPath, live: &Value) -> bool {
    let (mut owned, mut live) = (owned, live);
    for (depth, step) in place.steps().iter().enumerate() {
        let Value::Object(set) = owned else { return false };
        let found = match live {
            Value::Object(map) => step.name().and_then(|name| Some((set.get(&format!("f:{name}"))?, map.get(name)?))),
            Value::Array(list) => step.position(list).and_then(|wanted| {
                let entry = set.iter().find(|(step, _)| position(step, list) == Some(wanted));
                Some((entry?.1, list.get(wanted)?))
            }),
            _ => None,
        };
        match found {
            Some(below) => (owned, live) = below,
            // A list or map that is owned as a whole has no entries for what is in it.
            None => return depth > 0 && set.is_empty(),
        }
    }
    true
}

fn resolve<'a>(path: &str, step: &str, value: &'a Value) -> Option<(String, &'a Value)> {
    match (step.strip_prefix("f:"), value) {
        (Some(name), Value::Object(map)) => Some((child(path, name), map.get(name)?)),
        (None, Value::Array(list)) => {
            let index = position(step, list)?;
            Some((format!("{path}[{}]", step.get(2..)?), &list[index]))
        }
        _ => None,
    }
}

fn position(step: &str, list: &[Value]) -> Option<usize> {
    let (kind, text) = step.split_at_checked(2)?;
    match kind {
        "k:" => {
            let keys: Value = serde_json::from_str(text).ok()?;
            let keys = keys.as_object()?;
            list.iter().position(|item| keys.iter().all(|(name, value)| key_matches(item, name, value)))
        }
        "v:" => {
            let wanted: Value = serde_json::from_str(text).ok()?;
            list.iter().position(|item| *item == wanted)
        }
        "i:" => text.parse().ok().filter(|index| *index < list.len()),
        _ => None,
    }
}

/// A key that the desired object leaves to its default (a port's protocol) still names the item.
fn key_matches(item: &Value, name: &str, value: &Value) -> bool {
    item.get(name).map_or(name == "protocol" && value == "TCP", |actual| actual == value)
}
