//! Finding and replacing list elements by the values of their keys. The key of lists of scalars is the empty text.

use crate::error::Result;
use crate::node::{Kind, Node};

/// The key values of every element of the lists, each combination once, in order of appearance.
pub(super) fn values_of(lists: &[&Vec<Node>], keys: &[String]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    for element in lists.iter().copied().flatten() {
        let values: Vec<String> = keys.iter().map(|key| value_of(element, key)).collect();
        if !found.contains(&values) {
            found.push(values);
        }
    }
    found
}

fn value_of(element: &Node, key: &str) -> String {
    match key {
        "" => element.text().to_owned(),
        key => element.get(key).filter(|value| !value.is_empty()).map_or("", Node::text).to_owned(),
    }
}

/// Where elements name only some of several keys, combinations that agree in what both name become one.
pub(super) fn merge_partial_keys(all: &mut [Vec<String>]) {
    if all.first().is_none_or(|values| values.len() < 2) {
        return;
    }
    for left in 0..all.len() {
        // kyaml compares with the combination as it was when the outer step began.
        let compared = all[left].clone();
        for right in 0..all.len() {
            if let Some(merged) = merge_pair(&compared, &all[right]) {
                all[left].clone_from(&merged);
                all[right] = merged;
            }
        }
    }
}

fn merge_pair(left: &[String], right: &[String]) -> Option<Vec<String>> {
    let mut has_common = false;
    let mut merged = Vec::with_capacity(left.len());
    for (left, right) in left.iter().zip(right) {
        has_common |= left == right;
        if left != right && !left.is_empty() && !right.is_empty() {
            return None;
        }
        merged.push(if left.is_empty() { right.clone() } else { left.clone() });
    }
    has_common.then_some(merged)
}

/// Leaves the keys out that no element names, with their values. If none is named, all stay.
pub(super) fn keys_in_use(all: &[Vec<String>], values: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let is_used = |at: usize| all.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    let used: Vec<bool> = (0..keys.len()).map(is_used).collect();
    if !used.contains(&true) {
        return (keys.to_vec(), values.to_vec());
    }
    let pick = |texts: &[String]| {
        let kept = texts.iter().zip(&used).filter(|(_, used)| **used);
        kept.map(|(text, _)| text.clone()).collect::<Vec<_>>()
    };
    (pick(keys), pick(values))
}

/// The first element whose keys have exactly these values.
pub(super) fn element_with(list: &[Node], keys: &[String], values: &[String]) -> Option<usize> {
    match keys.first().map_or("", String::as_str) {
        "" => list.iter().position(|element| Some(element.text()) == values.first().map(String::as_str)),
        _ if keys.len() != values.len() => None,
        _ => list.iter().position(|element| {
            let fits = |(key, value): (&String, &String)| element.get(key).is_some_and(|found| found.text() == value);
            element.kind() == Kind::Map && keys.iter().zip(values).all(fits)
        }),
    }
}

/// Puts the element in the place of every one with these key values, or at the end if there is none; without an
/// element, removes them. An empty value fits any element that has the key. Nulls and empty maps are dropped.
pub(super) fn set_element(
    list: &mut Vec<Node>,
    keys: &[String],
    values: &[String],
    element: Option<Node>,
) -> Result<()> {
    let is_keyed = |texts: &[String]| texts.first().is_some_and(|text| !text.is_empty());
    let only_maps = is_keyed(keys) && is_keyed(values);
    let mut replaced = false;
    let mut kept = Vec::with_capacity(list.len() + 1);
    for present in list.drain(..) {
        let is_nothing = present.is_null() || (present.kind() == Kind::Map && present.is_empty());
        if is_nothing {
            continue;
        }
        if only_maps && present.kind() != Kind::Map {
            kept.push(present);
        } else if fits(&present, keys, values)? {
            replaced = true;
            kept.extend(element.clone());
        } else if !values.is_empty() {
            kept.push(present);
        }
    }
    if !replaced {
        kept.extend(element.filter(|element| !element.is_null()));
    }
    *list = kept;
    Ok(())
}

/// Keys without a value count as the key before them did.
fn fits(element: &Node, keys: &[String], values: &[String]) -> Result<bool> {
    let mut last = false;
    for (at, key) in keys.iter().enumerate() {
        if let Some(value) = values.get(at) {
            last = match key.as_str() {
                "" => element.expect(Kind::Scalar)?.text() == value,
                key => {
                    let found = element.expect(Kind::Map)?.get(key);
                    found.is_some_and(|found| value.is_empty() || found.text() == value)
                }
            };
        }
        if !last {
            return Ok(false);
        }
    }
    Ok(last)
}
