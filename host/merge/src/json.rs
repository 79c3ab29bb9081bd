//! The two patch forms that need no schema: JSON merge patch (RFC 7386) and JSON patch (RFC 6902).
//!
//! Merge patches are laid on as the API server lays them: nulls inside values that the document does not have yet
//! are dropped, also below lists.

use json_patch::{Patch, PatchOperation};
use serde_json::{Map, Value};

use crate::value::{MAX_DEPTH, TooDeep, check_depth, depth};

/// Operations in one JSON patch, and bytes that its copies may add: the limits of the API server.
pub const MAX_OPERATIONS: usize = 10_000;
const MAX_COPIED_BYTES: usize = 3 * 1024 * 1024;

/// Why a patch could not be made or applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    #[error("a merge patch of objects needs objects on both sides")]
    NotObjects,
    #[error("the patch that adds and the patch that deletes disagree at {path}")]
    Conflict { path: String },
    #[error("at least one of apiVersion, kind and name was changed")]
    IdentityChanged,
    #[error("invalid JSON patch: {0}")]
    Format(#[source] serde_json::Error),
    #[error("a JSON patch may have {MAX_OPERATIONS} operations, this one has {found}")]
    TooManyOperations { found: usize },
    #[error("the copies of a JSON patch may add {MAX_COPIED_BYTES} bytes")]
    CopiesTooMuch,
    #[error("JSON patch: {0}")]
    Operation(#[source] json_patch::PatchError),
}

/// Lays a JSON merge patch over a document.
pub fn merge(document: &Value, patch: &Value) -> Result<Value, Error> {
    check_depth(document)?;
    check_depth(patch)?;
    let mut document = document.clone();
    lay_over(&mut document, patch);
    Ok(document)
}

fn lay_over(document: &mut Value, patch: &Value) {
    match (document, patch) {
        (Value::Object(document), Value::Object(patch)) => lay_entries(document, patch),
        (document, patch) => *document = without_nulls(patch),
    }
}

fn lay_entries(document: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match document.get_mut(key) {
            _ if value.is_null() => {
                document.remove(key);
            }
            None | Some(Value::Null) => {
                document.insert(key.clone(), without_nulls(value));
            }
            Some(slot) => lay_over(slot, value),
        }
    }
}

/// Drops null entries of objects at any depth; null items of lists stay.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let kept = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        scalar => scalar.clone(),
    }
}

/// Makes the merge patch that turns one object into another.
pub fn diff(original: &Value, modified: &Value) -> Result<Value, Error> {
    check_depth(original)?;
    check_depth(modified)?;
    match (original, modified) {
        (Value::Object(original), Value::Object(modified)) => Ok(Value::Object(diff_entries(original, modified))),
        _ => Err(Error::NotObjects),
    }
}

fn diff_entries(original: &Map<String, Value>, modified: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, modified) in modified {
        match (original.get(key), modified) {
            (Some(Value::Object(original)), Value::Object(modified)) => {
                let below = diff_entries(original, modified);
                if !below.is_empty() {
                    patch.insert(key.clone(), Value::Object(below));
                }
            }
            (Some(original), modified) if crate::value::equal(original, modified) => {}
            _ => {
                patch.insert(key.clone(), modified.clone());
            }
        }
    }
    let gone = original.keys().filter(|key| !modified.contains_key(*key));
    patch.extend(gone.map(|key| (key.clone(), Value::Null)));
    patch
}

/// Makes the patch of `kubectl apply` for kinds without strategic merge: what `modified` changes in `current`, and
/// deletions of what `original` had and `modified` has not.
pub fn three_way(original: &Value, modified: &Value, current: &Value) -> Result<Value, Error> {
    let changes = only_changes(&diff(current, modified)?);
    let deletions = only_deletions(&diff(original, modified)?);
    if let Some(path) = disagreement(&changes, &deletions) {
        return Err(Error::Conflict { path });
    }
    let patch = merge(&deletions, &changes)?;
    let touched = |path: &str| patch.pointer(path).is_some();
    if ["/apiVersion", "/kind", "/metadata/name"].into_iter().any(touched) {
        return Err(Error::IdentityChanged);
    }
    Ok(patch)
}

fn only_changes(patch: &Value) -> Value {
    filtered(patch, &|value| match value {
        Value::Null => None,
        Value::Object(entries) if !entries.is_empty() => {
            Some(only_changes(value)).filter(|below| below.as_object().is_some_and(|below| !below.is_empty()))
        }
        other => Some(other.clone()),
    })
}

fn only_deletions(patch: &Value) -> Value {
    filtered(patch, &|value| match value {
        Value::Null => Some(Value::Null),
        Value::Object(_) => {
            Some(only_deletions(value)).filter(|below| below.as_object().is_some_and(|below| !below.is_empty()))
        }
        _ => None,
    })
}

fn filtered(patch: &Value, keep: &dyn Fn(&Value) -> Option<Value>) -> Value {
    let entries = patch.as_object().into_iter().flatten();
    Value::Object(entries.filter_map(|(key, value)| Some((key.clone(), keep(value)?))).collect())
}

/// Where both patches state something and not the same.
fn disagreement(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => left.iter().find_map(|(key, left)| {
            let below = disagreement(left, right.get(key)?)?;
            Some(format!(".{key}{below}"))
        }),
        _ => (left != right).then(String::new),
    }
}

/// Carries out the operations of a JSON patch, all or none.
pub fn patch(document: &Value, patch: &Value) -> Result<Value, Error> {
    check_depth(document)?;
    check_depth(patch)?;
    let Patch(operations) = serde_json::from_value(patch.clone()).map_err(Error::Format)?;
    if operations.len() > MAX_OPERATIONS {
        return Err(Error::TooManyOperations { found: operations.len() });
    }
    let mut document = document.clone();
    let mut copied = 0;
    for operation in operations {
        let (place, value) = match &operation {
            PatchOperation::Add(add) => (&add.path, Some(&add.value)),
            PatchOperation::Replace(replace) => (&replace.path, Some(&replace.value)),
            PatchOperation::Move(move_) => (&move_.path, move_.from.resolve(&document).ok()),
            PatchOperation::Copy(copy) => (&copy.path, copy.from.resolve(&document).ok()),
            PatchOperation::Remove(remove) => (&remove.path, None),
            PatchOperation::Test(test) => (&test.path, None),
        };
        if place.count() + value.map_or(0, depth) > MAX_DEPTH {
            return Err(TooDeep.into());
        }
        if matches!(operation, PatchOperation::Copy(_)) {
            copied += value.map_or(0, |value| value.to_string().len());
        }
        if copied > MAX_COPIED_BYTES {
            return Err(Error::CopiesTooMuch);
        }
        if tests_absence(&operation, &document) {
            continue;
        }
        json_patch::patch_unsafe(&mut document, &[operation]).map_err(Error::Operation)?;
    }
    Ok(document)
}

/// That an object has no such entry is tested with null.
fn tests_absence(operation: &PatchOperation, document: &Value) -> bool {
    let PatchOperation::Test(test) = operation else { return false };
    let within = test.path.parent().and_then(|parent| parent.resolve(document).ok());
    test.value.is_null() && within.is_some_and(Value::is_object) && test.path.resolve(document).is_err()
}
