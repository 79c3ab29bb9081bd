//! Patches out of two documents.

use serde_json::{Map, Value, json};

use super::list::{Kind, element_kind, merge_key_of, sorted_by_key, sorted_scalars};
use super::order::sort_like;
use super::{DELETE_FROM_LIST, Error, PATCH, RETAIN_KEYS, SET_ORDER, lookup, lookup_items};
use crate::schema::TypeRef;

/// What goes into the patch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    pub(super) set_order: bool,
    pub(super) ignore_changes: bool,
    pub(super) ignore_deletions: bool,
    /// The map at hand lists the keys that stay.
    pub(super) retain_keys: bool,
}

type Object = Map<String, Value>;

pub(super) fn diff_maps(
    of: TypeRef<'_>,
    original: &Object,
    modified: &Object,
    options: Options,
) -> Result<Object, Error> {
    let mut patch = Object::new();
    for (key, modified) in modified {
        match original.get(key) {
            Some(original) => diff_entry(of, &mut patch, key, (original, modified), options)?,
            None if !options.ignore_changes => {
                patch.insert(key.clone(), modified.clone());
            }
            None => {}
        }
    }
    if !options.ignore_deletions {
        let gone = original.keys().filter(|key| !modified.contains_key(*key));
        patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    }
    if options.retain_keys {
        let loses = original.iter().any(|(key, value)| !value.is_null() && !modified.contains_key(key));
        let mut kept: Vec<&String> =
            modified.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
        kept.sort();
        if !kept.is_empty() && (loses || !patch.is_empty()) {
            patch.insert(RETAIN_KEYS.to_owned(), json!(kept));
        }
    }
    Ok(patch)
}

/// Puts what one key changed from and to into the patch.
fn diff_entry(
    of: TypeRef<'_>,
    patch: &mut Object,
    key: &str,
    (original, modified): (&Value, &Value),
    options: Options,
) -> Result<(), Error> {
    match (original, modified) {
        _ if key == PATCH => replace_if_changed(patch, key, original, modified),
        _ if original == modified && !matches!(modified, Value::Object(_) | Value::Array(_)) => {}
        (Value::Object(original), Value::Object(modified)) => {
            let (field, attributes) = match lookup(of, key) {
                Err(_) if original == modified => return Ok(()),
                found => found?,
            };
            if attributes.replace {
                if !options.ignore_changes {
                    patch.insert(key.to_owned(), Value::Object(modified.clone()));
                }
                return Ok(());
            }
            let options = Options { retain_keys: attributes.retain_keys, ..options };
            let below = diff_maps(field, original, modified, options)?;
            if !below.is_empty() {
                patch.insert(key.to_owned(), Value::Object(below));
            }
        }
        (Value::Array(original), Value::Array(modified)) => {
            diff_list_entry(of, patch, key, (original, modified), options)?;
        }
        _ if options.ignore_changes => {}
        _ => replace_if_changed(patch, key, original, modified),
    }
    Ok(())
}

fn replace_if_changed(patch: &mut Object, key: &str, original: &Value, modified: &Value) {
    if original != modified {
        patch.insert(key.to_owned(), modified.clone());
    }
}

fn diff_list_entry(
    of: TypeRef<'_>,
    patch: &mut Object,
    key: &str,
    (original, modified): (&[Value], &[Value]),
    options: Options,
) -> Result<(), Error> {
    let (items, attributes) = match lookup_items(of, key) {
        Err(_) if original == modified => return Ok(()),
        found => found?,
    };
    if !attributes.merge {
        if !options.ignore_changes && original != modified {
            patch.insert(key.to_owned(), json!(modified));
        }
        return Ok(());
    }
    let options = Options { retain_keys: attributes.retain_keys, ..options };
    let merge_key = attributes.merge_key.as_deref().unwrap_or_default();
    let lists = diff_lists(items, (original, modified), merge_key, options)?;
    let named = [
        (key.to_owned(), lists.patch),
        (format!("{DELETE_FROM_LIST}/{key}"), lists.delete),
        (format!("{SET_ORDER}/{key}"), lists.order),
    ];
    let present = named.into_iter().filter(|(_, list)| !list.is_empty());
    patch.extend(present.map(|(key, list)| (key, Value::Array(list))));
    Ok(())
}

/// The parallel lists that one merging list becomes.
#[derive(Default)]
struct Lists {
    patch: Vec<Value>,
    delete: Vec<Value>,
    order: Vec<Value>,
}

fn diff_lists(
    items: TypeRef<'_>,
    (original, modified): (&[Value], &[Value]),
    merge_key: &str,
    options: Options,
) -> Result<Lists, Error> {
    if original.is_empty() {
        let patch = if options.ignore_changes { Vec::new() } else { modified.to_vec() };
        return Ok(Lists { patch, ..Lists::default() });
    }
    match element_kind(&[original, modified])? {
        Kind::Map => diff_lists_of_maps(items, (original, modified), merge_key, options),
        Kind::Scalar => diff_lists_of_scalars(original, modified, options),
    }
}

fn diff_lists_of_maps(
    items: TypeRef<'_>,
    (original, modified): (&[Value], &[Value]),
    merge_key: &str,
    options: Options,
) -> Result<Lists, Error> {
    let (mut patch, deletions) = pair_maps(items, (original, modified), merge_key, options)?;
    sort_like(&mut patch, modified, merge_key, Kind::Map)?;
    let same_order = is_same_order(original, modified, merge_key)?;
    patch.extend(deletions);
    let changes = !options.ignore_changes && (!patch.is_empty() || !same_order);
    let deletes = !options.ignore_deletions && !patch.is_empty();
    let mut order = Vec::new();
    if options.set_order && (changes || deletes) {
        order = modified.iter().map(|item| json!({ merge_key: item.get(merge_key) })).collect();
    }
    Ok(Lists { patch, delete: Vec::new(), order })
}

/// Changed and added items, and the deletions, walking both lists sorted by key.
fn pair_maps(
    items: TypeRef<'_>,
    (original, modified): (&[Value], &[Value]),
    merge_key: &str,
    options: Options,
) -> Result<(Vec<Value>, Vec<Value>), Error> {
    let (original, modified) = (sorted_by_key(original, merge_key)?, sorted_by_key(modified, merge_key)?);
    let (mut original, mut modified) = (original.iter().peekable(), modified.iter().peekable());
    let (mut patch, mut deletions) = (Vec::new(), Vec::new());
    loop {
        let order = match (original.peek(), modified.peek()) {
            (None, None) => return Ok((patch, deletions)),
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(_), None) => std::cmp::Ordering::Less,
            (Some((original, _)), Some((modified, _))) => original.cmp(modified),
        };
        let before = if order.is_le() { original.next() } else { None };
        let after = if order.is_ge() { modified.next() } else { None };
        match (before, after) {
            (Some((_, before)), Some((_, after))) => {
                let mut below = diff_maps(items, super::object(before)?, super::object(after)?, options)?;
                if !below.is_empty() {
                    below.insert(merge_key.to_owned(), merge_key_of(after, merge_key)?.clone());
                    patch.push(Value::Object(below));
                }
            }
            (None, Some((_, added))) if !options.ignore_changes => patch.push((*added).clone()),
            (Some((_, gone)), None) if !options.ignore_deletions => {
                deletions.push(json!({ merge_key: merge_key_of(gone, merge_key)?, PATCH: "delete" }));
            }
            _ => {}
        }
    }
}

fn is_same_order(original: &[Value], modified: &[Value], merge_key: &str) -> Result<bool, Error> {
    if original.len() != modified.len() {
        return Ok(false);
    }
    for (original, modified) in original.iter().zip(modified) {
        if merge_key_of(original, merge_key)? != merge_key_of(modified, merge_key)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn diff_lists_of_scalars(original: &[Value], modified: &[Value], options: Options) -> Result<Lists, Error> {
    let (original, sorted_modified) = (sorted_scalars(original), sorted_scalars(modified));
    let (mut add, mut delete) = pair_scalars(&original, &sorted_modified);
    if options.ignore_changes {
        add.clear();
    }
    if options.ignore_deletions {
        delete.clear();
    }
    delete.dedup();
    sort_like(&mut add, modified, "", Kind::Scalar)?;
    // Compared with the sorted original, as kubectl does: an unsorted list is always given its order.
    let originals: Vec<Value> = original.into_iter().map(|(_, value)| value).collect();
    let changes = !options.ignore_changes && originals != modified;
    let deletes = !options.ignore_deletions && !delete.is_empty();
    let order = if options.set_order && (changes || deletes) { modified.to_vec() } else { Vec::new() };
    Ok(Lists { patch: add, delete, order })
}

fn pair_scalars(original: &[(String, Value)], modified: &[(String, Value)]) -> (Vec<Value>, Vec<Value>) {
    let (mut original, mut modified) = (original.iter().peekable(), modified.iter().peekable());
    let (mut add, mut delete) = (Vec::new(), Vec::new());
    loop {
        match (original.peek(), modified.peek()) {
            (None, None) => return (add, delete),
            (Some((before, _)), Some((after, _))) if before == after => {
                original.next();
                modified.next();
            }
            (Some((before, gone)), after) if after.is_none_or(|(after, _)| before < after) => {
                delete.push(gone.clone());
                original.next();
            }
            _ => add.extend(modified.next().map(|(_, value)| value.clone())),
        }
    }
}
