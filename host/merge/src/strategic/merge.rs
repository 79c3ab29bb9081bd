//! A patch laid over a document, or over another patch.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::list::{Kind, deduplicated, element_kind, is_deletion, merge_key_of, position_of_key};
use super::order::{join, partition};
use super::{DELETE_FROM_LIST, Error, PATCH, RETAIN_KEYS, SET_ORDER, lookup, lookup_items, unknown_directive};
use crate::schema::{Patch, TypeRef};

/// What the patch is laid over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A document: directives are carried out and nulls vanish.
    Apply,
    /// Another patch: directives and nulls are kept.
    Combine,
}

type Object = Map<String, Value>;

pub(super) fn merge_maps(
    of: TypeRef<'_>,
    mut original: Object,
    mut patch: Object,
    mode: Mode,
) -> Result<Object, Error> {
    match patch.get(PATCH).map(Value::as_str) {
        None => {}
        Some(Some("replace")) => {
            patch.remove(PATCH);
            return Ok(patch);
        }
        Some(Some("delete")) => return Ok(Object::new()),
        Some(_) => return Err(unknown_directive(&patch[PATCH].clone(), &Value::Object(patch))),
    }
    retain_keys(&mut original, &mut patch, mode)?;
    merge_ordered_lists(of, &mut original, &mut patch, mode)?;
    for (key, value) in patch {
        merge_entry(of, &mut original, &key, value, mode)?;
    }
    Ok(original)
}

/// Carries out `$retainKeys`: every other key of the document goes.
fn retain_keys(original: &mut Object, patch: &mut Object, mode: Mode) -> Result<(), Error> {
    let Some(kept) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    if mode == Mode::Combine {
        return match original.get(RETAIN_KEYS) {
            Some(other) if *other != kept => Err(Error::RetainKeysDiffer),
            _ => {
                original.insert(RETAIN_KEYS.to_owned(), kept);
                Ok(())
            }
        };
    }
    let kept: BTreeSet<&str> = kept.as_array().ok_or(Error::RetainKeys)?.iter().filter_map(Value::as_str).collect();
    let is_directive = |key: &str| key.starts_with(DELETE_FROM_LIST) || key.starts_with(SET_ORDER);
    if patch.iter().any(|(key, value)| !value.is_null() && !is_directive(key) && !kept.contains(key.as_str())) {
        return Err(Error::RetainKeys);
    }
    original.retain(|key, _| kept.contains(key.as_str()));
    Ok(())
}

/// Carries out each `$setElementOrder` together with the list it orders, and takes both out of the patch.
fn merge_ordered_lists(of: TypeRef<'_>, original: &mut Object, patch: &mut Object, mode: Mode) -> Result<(), Error> {
    let ordered: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ORDER)).cloned().collect();
    for directive in ordered {
        let Some(order) = patch.remove(&directive) else { continue };
        if mode == Mode::Combine {
            match original.get(&directive) {
                Some(other) if *other != order => return Err(Error::SetOrder),
                _ => original.insert(directive.clone(), order.clone()),
            };
        }
        let key = list_of_directive(&directive, SET_ORDER).ok_or(Error::SetOrder)?;
        merge_ordered_list(of, original, patch, (key, super::list(&order)?), mode)?;
    }
    Ok(())
}

fn list_of_directive<'k>(key: &'k str, directive: &str) -> Option<&'k str> {
    key.split_once('/').filter(|(name, _)| *name == directive).map(|(_, list)| list)
}

fn merge_ordered_list(
    of: TypeRef<'_>,
    original: &mut Object,
    patch: &mut Object,
    (key, order): (&str, &[Value]),
    mode: Mode,
) -> Result<(), Error> {
    let before = original.get(key).map(super::list).transpose()?.cloned();
    let patched = patch.get(key).map(super::list).transpose()?.cloned();
    let (items, attributes) = lookup_items(of, key)?;
    let merge_key = attributes.merge_key.as_deref().unwrap_or_default();
    check_order(patched.as_deref().unwrap_or_default(), order, merge_key)?;
    let merged = match (&before, &patched) {
        (None, None) => return Ok(()),
        (Some(before), None) => before.clone(),
        (None, Some(patched)) => patched.iter().cloned().filter_map(without_directives).collect(),
        (Some(before), Some(patched)) => {
            merge_list_values((items, attributes), before.clone(), patched.clone(), (false, mode))?
        }
    };
    let (before, patched) = (before.unwrap_or_default(), patched.unwrap_or_default());
    let kind = element_kind(&[&before, &patched])?;
    let parts = partition(merged, order, merge_key)?;
    let joined = join(parts, order, &before, (merge_key, kind))?;
    original.insert(key.to_owned(), Value::Array(joined));
    patch.remove(key);
    Ok(())
}

/// The patch's items must stand in the directive, in the same order.
fn check_order(patched: &[Value], order: &[Value], merge_key: &str) -> Result<(), Error> {
    if patched.is_empty() || order.is_empty() {
        return Ok(());
    }
    let is_directive = |item: &&Value| item.as_object().is_some_and(|item| item.contains_key(PATCH));
    let deletes = |item: &&Value| item.as_object().is_some_and(is_deletion);
    let mut items = patched.iter().filter(|item| !deletes(item)).peekable();
    for next in order {
        while items.next_if(is_directive).is_some() {}
        let Some(item) = items.peek() else { return Ok(()) };
        let found = match merge_key {
            "" => *item == next,
            key => merge_key_of(item, key)? == merge_key_of(next, key)?,
        };
        if found {
            items.next();
        }
    }
    if items.peek().is_some() { Err(Error::OrderMismatch) } else { Ok(()) }
}

fn merge_entry(of: TypeRef<'_>, original: &mut Object, key: &str, value: Value, mode: Mode) -> Result<(), Error> {
    let deletes = key.starts_with(DELETE_FROM_LIST);
    if deletes && mode == Mode::Combine {
        original.insert(key.to_owned(), value);
        return Ok(());
    }
    let key = if deletes { list_of_directive(key, DELETE_FROM_LIST).ok_or(Error::DeleteList)? } else { key };
    if value.is_null() {
        original.remove(key);
        if mode == Mode::Apply {
            return Ok(());
        }
    }
    let merged = match (original.remove(key), value) {
        (Some(Value::Object(before)), Value::Object(patch)) => {
            let (field, attributes) = lookup(of, key)?;
            let merged = if attributes.replace { patch } else { merge_maps(field, before, patch, mode)? };
            Some(Value::Object(merged))
        }
        (Some(Value::Array(before)), Value::Array(patch)) => {
            let field = lookup_items(of, key)?;
            Some(Value::Array(merge_list_values(field, before, patch, (deletes, mode))?))
        }
        (before, _) if deletes => before,
        (before, value) => {
            let replaced = before.as_ref().is_none_or(|before| !same_type(before, &value));
            let value = if replaced && mode == Mode::Apply { without_nulls(value) } else { value };
            without_directives(value)
        }
    };
    if let Some(merged) = merged {
        original.insert(key.to_owned(), merged);
    }
    Ok(())
}

fn same_type(left: &Value, right: &Value) -> bool {
    crate::value::go_type(left) == crate::value::go_type(right)
}

/// Merges two lists; `deletes` means that the second one names what goes.
fn merge_list_values(
    (items, attributes): (TypeRef<'_>, &Patch),
    original: Vec<Value>,
    patch: Vec<Value>,
    (deletes, mode): (bool, Mode),
) -> Result<Vec<Value>, Error> {
    if !attributes.merge && !deletes {
        return Ok(patch);
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let merge_key = attributes.merge_key.as_deref().unwrap_or_default();
    let kind = element_kind(&[&original, &patch])?;
    let (merged, original, patch) = match kind {
        Kind::Scalar if deletes && mode == Mode::Apply => {
            return Ok(original.into_iter().filter(|item| !patch.contains(item)).collect());
        }
        Kind::Scalar => {
            let merged = deduplicated(original.iter().chain(&patch).cloned().collect());
            (merged, original, patch)
        }
        Kind::Map if merge_key.is_empty() => return Err(Error::KeylessMaps),
        Kind::Map => {
            let (original, patch) = carry_out_directives(original, patch, merge_key)?;
            (merge_items(items, original.clone(), &patch, merge_key, mode)?, original, patch)
        }
    };
    join(partition(merged, &patch, merge_key)?, &patch, &original, (merge_key, kind))
}

/// Deletes and replaces as the patch's items direct; returns the list and the items that are left to merge.
fn carry_out_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    merge_key: &str,
) -> Result<(Vec<Value>, Vec<Value>), Error> {
    let mut plain = Vec::new();
    let mut replaces = false;
    for item in patch {
        match super::object(&item)?.get(PATCH) {
            None => plain.push(item),
            Some(directive) => match directive.as_str() {
                Some("delete") => {
                    let gone = merge_key_of(&item, merge_key)?;
                    original.retain(|item| item.get(merge_key) != Some(gone));
                }
                Some("replace") => replaces = true,
                Some("merge") => return Err(Error::MergeDirective),
                _ => return Err(unknown_directive(directive, &item)),
            },
        }
    }
    Ok(if replaces { (plain, Vec::new()) } else { (original, plain) })
}

fn merge_items(
    items: TypeRef<'_>,
    mut original: Vec<Value>,
    patch: &[Value],
    merge_key: &str,
    mode: Mode,
) -> Result<Vec<Value>, Error> {
    for item in patch {
        let place = position_of_key(&original, merge_key, merge_key_of(item, merge_key)?)?;
        match place.and_then(|place| original.get_mut(place)) {
            None => original.push(item.clone()),
            Some(slot) => {
                let (before, patch) = (super::object(slot)?.clone(), super::object(item)?.clone());
                *slot = Value::Object(merge_maps(items, before, patch, mode)?);
            }
        }
    }
    Ok(original)
}

/// A value that enters the document from the patch alone; `None` when it is itself a directive.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(entries) if entries.contains_key(PATCH) => None,
        Value::Object(entries) => {
            let kept = entries.into_iter().filter_map(|(key, value)| Some((key, without_directives(value)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        scalar => Some(scalar),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let kept = entries.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}
