//! Strategic merge patch: made, applied, and made three-way as `kubectl apply` does.
//!
//! Which lists merge, and by which key, is the field's [`crate::schema::Patch`]; a patch carries the rest as
//! directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`). Only kinds whose schema
//! states these can be patched so: custom resources take [`crate::json`] instead.

mod diff;
mod list;
mod merge;
mod order;

use serde_json::{Map, Value};

use crate::schema::{Patch, TypeRef};
use crate::value::{GoValue, TooDeep, check_depth};

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList";
const SET_ORDER: &str = "$setElementOrder";

/// Why a patch could not be made or applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    #[error("unable to find api field in struct {of} for the json field {field:?}")]
    UnknownField { of: String, field: String },
    #[error("expected a {expected}, but received a {found}")]
    WrongType { expected: &'static str, found: &'static str },
    #[error("lists of lists are not supported")]
    ListOfLists,
    #[error("list element types are not identical")]
    MixedList,
    #[error("no elements in any of the given slices")]
    NoElements,
    #[error("map: {item} does not contain declared merge key: {key}")]
    NoMergeKey { item: String, key: String },
    #[error("cannot merge lists of maps without merge key")]
    KeylessMaps,
    #[error("unknown patch type: {found} in map: {map}")]
    Directive { found: String, map: String },
    #[error("merging lists cannot yet be specified in the patch")]
    MergeDirective,
    #[error("invalid patch format of primitive list")]
    DeleteList,
    #[error("invalid patch format of retainKeys")]
    RetainKeys,
    #[error("invalid patch format of setElementOrder list")]
    SetOrder,
    #[error("the order in the patch list does not match the $setElementOrder list")]
    OrderMismatch,
    #[error("the patches disagree on $retainKeys")]
    RetainKeysDiffer,
}

/// Applies a patch as the API server does.
pub fn apply(of: TypeRef<'_>, original: &Value, patch: &Value) -> Result<Value, Error> {
    check_depth(original)?;
    check_depth(patch)?;
    let (original, patch) = (object(original)?.clone(), object(patch)?.clone());
    let mut merged = Value::Object(merge::merge_maps(of, original, patch, merge::Mode::Apply)?);
    drop_leftovers(&mut merged);
    Ok(merged)
}

/// Drops directives beside values that the document did not have yet: merging lets them through, and the API server
/// then drops them as unknown fields.
fn drop_leftovers(value: &mut Value) {
    let is_leftover = |key: &str| {
        let (name, list) = key.split_once('/').unwrap_or((key, ""));
        name == RETAIN_KEYS || (!list.is_empty() && matches!(name, DELETE_FROM_LIST | SET_ORDER))
    };
    match value {
        Value::Object(entries) => {
            entries.retain(|key, _| !is_leftover(key));
            entries.values_mut().for_each(drop_leftovers);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_leftovers),
        _ => {}
    }
}

/// Makes the patch that turns `original` into `modified`.
pub fn diff(of: TypeRef<'_>, original: &Value, modified: &Value) -> Result<Value, Error> {
    check_depth(original)?;
    check_depth(modified)?;
    let options = diff::Options { set_order: true, ..diff::Options::default() };
    diff::diff_maps(of, object(original)?, object(modified)?, options).map(Value::Object)
}

/// Makes the patch of `kubectl apply`: what `modified` changes in `current`, and deletions of what `original` (the
/// configuration applied last) had and `modified` has not.
pub fn three_way(of: TypeRef<'_>, original: &Value, modified: &Value, current: &Value) -> Result<Value, Error> {
    for document in [original, modified, current] {
        check_depth(document)?;
    }
    let modified = object(modified)?;
    let changes = diff::Options { set_order: true, ignore_deletions: true, ..diff::Options::default() };
    let deletions = diff::Options { set_order: true, ignore_changes: true, ..diff::Options::default() };
    let changes = diff::diff_maps(of, object(current)?, modified, changes)?;
    let deletions = diff::diff_maps(of, object(original)?, modified, deletions)?;
    merge::merge_maps(of, deletions, changes, merge::Mode::Combine).map(Value::Object)
}

fn object(value: &Value) -> Result<&Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| wrong_type("map[string]interface {}", value))
}

fn list(value: &Value) -> Result<&Vec<Value>, Error> {
    value.as_array().ok_or_else(|| wrong_type("[]interface {}", value))
}

fn unknown_directive(found: &Value, map: &Value) -> Error {
    Error::Directive { found: GoValue(found).to_string(), map: GoValue(map).to_string() }
}

fn wrong_type(expected: &'static str, found: &Value) -> Error {
    Error::WrongType { expected, found: crate::value::go_type(found) }
}

/// The type of a declared field and how patches treat it.
fn lookup<'s>(of: TypeRef<'s>, field: &str) -> Result<(TypeRef<'s>, &'s Patch), Error> {
    let found = of.field(field).map(|found| (found.of(), found.patch()));
    found.ok_or_else(|| {
        let name = of.name().and_then(|name| name.rsplit('.').next()).unwrap_or("map");
        Error::UnknownField { of: name.to_owned(), field: field.to_owned() }
    })
}

/// The type of a declared list's items and how patches treat the list.
fn lookup_items<'s>(of: TypeRef<'s>, field: &str) -> Result<(TypeRef<'s>, &'s Patch), Error> {
    let (list, patch) = lookup(of, field)?;
    Ok((list.list().map_or(list, |list| list.element()), patch))
}
