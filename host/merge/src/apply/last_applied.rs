//! The way from `kubectl apply` to server-side apply, which only the manager named `kubectl` takes: fields that
//! stand as last applied are no conflict, and the annotation is kept up to date.

use serde_json::Value;

use super::conflict::Conflicts;
use super::managers::Managers;
use super::updater::Updater;
use super::versions::Typed;
use super::{Error, Request};
use crate::fields::FieldSet;
use crate::typed::{Duplicates, compare, field_set, validate};
use crate::value::go_json;

/// Where client-side apply keeps the configuration it applied last.
pub const LAST_APPLIED_ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// All keys and values of an object's annotations together may have this many bytes.
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

const KUBECTL: &str = "kubectl";

/// Whether the apply may be forced; fails with the conflicts that last-applied does not explain.
pub(super) fn resolve<'a>(
    updater: &Updater<'_, 'a>,
    live: &Typed<'a>,
    config: &Typed<'a>,
    managers: &Managers,
    request: Request<'_>,
) -> Result<bool, Error> {
    if request.force || request.manager != KUBECTL {
        return Ok(request.force);
    }
    let Some(allowed) = last_applied_fields(live) else { return Ok(false) };
    match updater.apply(live, config, managers.clone(), request) {
        Err(Error::Conflict(Conflicts(mut conflicts))) => {
            conflicts.retain(|conflict| !allowed.contains(&conflict.path.0));
            if conflicts.is_empty() { Ok(true) } else { Err(Error::Conflict(Conflicts(conflicts))) }
        }
        _ => Ok(false),
    }
}

/// What the last applied configuration states and the live object still has unchanged.
fn last_applied_fields(live: &Typed<'_>) -> Option<FieldSet> {
    let text = annotation(&live.value)?;
    let last: Value = serde_json::from_str(text).ok()?;
    if last.get("apiVersion")?.as_str()? != live.version {
        return None;
    }
    validate(live.of, &live.value, Duplicates::Refused).ok()?;
    validate(live.of, &last, Duplicates::Refused).ok()?;
    let changes = compare(live.of, &last, &live.value).ok()?;
    let fields = field_set(live.of, &last);
    Some(fields.difference(&changes.modified).difference(&changes.added).difference(&changes.removed))
}

fn annotation(object: &Value) -> Option<&str> {
    let text = object.get("metadata")?.get("annotations")?.get(LAST_APPLIED_ANNOTATION)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// Writes the configuration into the annotation if the object has one; drops it when it does not fit.
pub(super) fn refresh(object: &mut Value, config: &Value, manager: &str) {
    if manager != KUBECTL || annotation(object).is_none() {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = annotations_mut(&mut config) {
        annotations.remove(LAST_APPLIED_ANNOTATION);
    }
    let Some(annotations) = annotations_mut(object) else { return };
    annotations.insert(LAST_APPLIED_ANNOTATION.to_owned(), Value::String(format!("{}\n", go_json(&config))));
    let bytes: usize = annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if bytes > MAX_ANNOTATION_BYTES {
        annotations.remove(LAST_APPLIED_ANNOTATION);
    }
}

fn annotations_mut(object: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    object.get_mut("metadata")?.get_mut("annotations")?.as_object_mut()
}
