//! Merging maps as mergo does it: nested maps are merged in place, everything else is taken whole and
//! shared, and "empty" (false, 0, "") counts as absent in the target.

use std::rc::Rc;

use windlass_gotemplate::{Failure, Kind, Map, Value};

use crate::deep::{MAX_NESTING, too_deep};

/// Merges `source` into `target`. Without `overwrite` what the target has stays, unless it is empty.
///
/// # Errors
/// The maps are nested too deeply, or contain themselves.
pub fn merge_maps(target: &Rc<Map>, source: &Rc<Map>, overwrite: bool) -> Result<(), Failure> {
    merge(target, source, overwrite, 0)
}

fn merge(target: &Rc<Map>, source: &Rc<Map>, overwrite: bool, depth: usize) -> Result<(), Failure> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    if Rc::ptr_eq(target, source) {
        return Ok(());
    }
    for (key, new) in source.entries() {
        let old = target.get(&key);
        if new.is_nil() {
            if overwrite {
                target.insert(key, new);
            }
            continue;
        }
        if let (Some(Value::Map(old)), Value::Map(new)) = (&old, &new) {
            merge(old, new, overwrite, depth + 1)?;
        }
        if takes(old.as_ref(), &new, overwrite) {
            target.insert(key, new);
        }
    }
    Ok(())
}

/// Whether the new value replaces the old one. Maps that both have entries are merged by now.
fn takes(old: Option<&Value>, new: &Value, overwrite: bool) -> bool {
    match old {
        None => true,
        Some(old) if is_empty(old) => true,
        Some(Value::Map(_)) if matches!(new, Value::Map(_)) => false,
        Some(_) => overwrite,
    }
}

/// mergo's emptiness: structs never are.
fn is_empty(value: &Value) -> bool {
    value.kind() != Kind::Struct && value.kind() != Kind::Complex && !value.truth()
}
