//! Server-side apply and the tracking of who owns which field, with the API server's results and words.
//!
//! Both entry points take whole objects and return the object with its new `metadata.managedFields`. The clock is
//! the caller's: [`Request::time`].

mod conflict;
mod entry;
mod last_applied;
mod managers;
mod migrate;
mod updater;
mod versions;

use serde_json::{Map, Value};

pub use conflict::{Conflict, Conflicts};
pub use entry::{ManagedFieldsError, ManagerId, Operation};
pub use last_applied::LAST_APPLIED_ANNOTATION;
pub use managers::{Managers, Owned};
pub use versions::Versions;

use crate::fields::{FieldSet, Path};
use crate::typed::{Duplicates, ValidationErrors, validate};
use crate::value::{TooDeep, check_depth};
use updater::Updater;
use versions::Typed;

/// The owner of what an object held before anyone applied to it.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Update managers kept apart; the oldest beyond that are merged into one.
pub const MAX_UPDATE_MANAGERS: usize = 10;

/// Who asks for the change, when, and through which part of the object.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub manager: &'a str,
    /// Empty for the object itself.
    pub subresource: &'a str,
    /// RFC 3339 in UTC with whole seconds, as it is stored.
    pub time: &'a str,
    /// Takes fields from other managers instead of answering with conflicts.
    pub force: bool,
}

/// Why an object could not be applied or tracked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
    #[error("failed to decode managed fields: {0}")]
    ManagedFields(#[from] ManagedFieldsError),
    #[error("invalid object type: {found}")]
    WrongKind { found: String },
    #[error("metadata.managedFields must be nil")]
    ManagedFieldsInConfig,
    #[error("{doing} ({object}): {errors}")]
    Invalid { doing: &'static str, object: String, errors: ValidationErrors },
    #[error("failed to merge config: {0}")]
    Merge(ValidationErrors),
    #[error("failed to compare objects: {0}")]
    Compare(ValidationErrors),
    #[error("failed to convert object to version {version}: {reason}")]
    Convert { version: String, reason: String },
    #[error(transparent)]
    Conflict(Conflicts),
}

/// Applies a configuration: returns the live object with it, and with `metadata.managedFields` brought up to date.
///
/// `live` is `None` when the apply creates the object. `ignored` are fields that this endpoint does not let anyone
/// own, such as `.status` of the object itself.
pub fn apply(
    versions: &Versions<'_, '_>,
    live: Option<&Value>,
    config: &Value,
    request: Request<'_>,
    ignored: &FieldSet,
) -> Result<Value, Error> {
    check_config(versions, config)?;
    let mut managers = Managers::of(live.unwrap_or(&Value::Null))?;
    let live = Typed::live(versions, live)?;
    check(&live, "failed to create typed live object", Duplicates::Allowed)?;
    let config = Typed::new(versions, config.clone());
    check(&config, "failed to create typed patch object", Duplicates::Refused)?;
    let updater = Updater { versions, ignored };
    if managers.is_empty() {
        let first = Request { manager: BEFORE_FIRST_APPLY, subresource: request.subresource, ..request };
        managers = track(&updater, &live.emptied(), &live, managers, first)?;
    }
    let forced = last_applied::resolve(&updater, &live, &config, &managers, request)?;
    let (merged, mut managers) = updater.apply(&live, &config, managers, Request { force: forced, ..request })?;
    let id = ManagerId::applier(request.manager, request.subresource);
    managers.strip(&id, &unowned());
    let mut object = match merged {
        Some(merged) => {
            managers.stamp(&id, request.time);
            merged.value
        }
        None => live.value,
    };
    last_applied::refresh(&mut object, &config.value, request.manager);
    managers.write_to(&mut object);
    Ok(object)
}

/// Tracks a create, update or patch that has already been carried out: returns `object` with its owners.
///
/// An object that nobody tracks yet stays untracked until it is applied to, unless this creates it (`live` is
/// `None`). Owners that the request itself states are taken over.
pub fn update(
    versions: &Versions<'_, '_>,
    live: Option<&Value>,
    object: &Value,
    request: Request<'_>,
    ignored: &FieldSet,
) -> Result<Value, Error> {
    check_depth(object)?;
    let managers = Managers::of_update(live, object, request.subresource);
    let new = Typed::new(versions, without_managed_fields(object));
    if managers.is_empty() && live.is_some_and(exists) {
        return Ok(new.value);
    }
    let live = Typed::live(versions, live)?;
    check(&new, "failed to convert new object", Duplicates::Allowed)?;
    check(&live, "failed to convert live object", Duplicates::Allowed)?;
    let managers = track(&Updater { versions, ignored }, &live, &new, managers, request)?;
    let mut object = new.value;
    managers.write_to(&mut object);
    Ok(object)
}

/// Gives what changed to the acting manager, and keeps the number of update managers within bounds.
fn track<'a>(
    updater: &Updater<'_, 'a>,
    live: &Typed<'a>,
    new: &Typed<'a>,
    managers: Managers,
    request: Request<'_>,
) -> Result<Managers, Error> {
    let (mut managers, changed) = updater.update(live, new, managers)?;
    let changed = changed.difference(&unowned());
    if !changed.is_empty() {
        let id = ManagerId::updater(request.manager, updater.versions.api_version, request.subresource);
        managers.extend(id, changed, updater.versions.api_version, request.time);
    }
    managers.cap_updaters(MAX_UPDATE_MANAGERS);
    Ok(managers)
}

/// Whether this is a stored object rather than the blank that a create starts from.
fn exists(live: &Value) -> bool {
    live.pointer("/metadata/uid").and_then(Value::as_str).is_some_and(|uid| !uid.is_empty())
}

/// Fields that the API server itself sets or that identify the object: nobody owns them.
pub(crate) fn unowned() -> FieldSet {
    const METADATA: [&str; 9] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    let top = ["apiVersion", "kind", "metadata"].map(|name| Path::fields(&[name]));
    top.into_iter().chain(METADATA.map(|name| Path::fields(&["metadata", name]))).collect()
}

fn check_config(versions: &Versions<'_, '_>, config: &Value) -> Result<(), Error> {
    check_depth(config)?;
    let stated = config.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if stated != versions.api_version {
        return Err(Error::WrongKind { found: kind_of(config) });
    }
    match config.pointer("/metadata/managedFields") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(Error::ManagedFieldsInConfig),
    }
}

fn check(object: &Typed<'_>, doing: &'static str, duplicates: Duplicates) -> Result<(), Error> {
    let is_secret = object.value.get("kind").and_then(Value::as_str) == Some("Secret");
    let named = |errors: ValidationErrors| {
        let errors = if is_secret { errors.without_values() } else { errors };
        Error::Invalid { doing, object: name_of(&object.value), errors }
    };
    validate(object.of, &object.value, duplicates).map_err(named)
}

fn name_of(object: &Value) -> String {
    let part = |key: &str| object.pointer(key).and_then(Value::as_str).unwrap_or_default();
    format!("{}/{}; {}", part("/metadata/namespace"), part("/metadata/name"), kind_of(object))
}

fn kind_of(object: &Value) -> String {
    let part = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = part("apiVersion").split_once('/').unwrap_or(("", part("apiVersion")));
    format!("{group}/{version}, Kind={}", part("kind"))
}

/// The object as its owners are computed for: they never own their own record.
fn without_managed_fields(object: &Value) -> Value {
    // The record is often the larger part: it is passed over, not cloned and dropped.
    let without = |map: &Map<String, Value>, key: &str| -> Map<String, Value> {
        map.iter().filter(|(name, _)| *name != key).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let (Some(whole), Some(Value::Object(metadata))) = (object.as_object(), object.get("metadata")) else {
        return object.clone();
    };
    let mut out = without(whole, "metadata");
    out.insert("metadata".to_owned(), Value::Object(without(metadata, "managedFields")));
    Value::Object(out)
}

/// Whether two objects differ in nothing but the time stamps of their owners, so that a write would change nothing.
pub fn equal_but_times(live: &Map<String, Value>, object: &Map<String, Value>) -> bool {
    equal_but("metadata", live, object, |live, object| match (live, object) {
        (Value::Object(live), Value::Object(object)) => equal_but("managedFields", live, object, equal_owners),
        _ => live == object,
    })
}

fn equal_owners(live: &Value, object: &Value) -> bool {
    let same = |(live, object): (&Value, &Value)| match (live, object) {
        (Value::Object(live), Value::Object(object)) => equal_but("time", live, object, |_, _| true),
        _ => live == object,
    };
    match (live, object) {
        // Their order goes by time too.
        (Value::Array(live), Value::Array(object)) => {
            live.len() == object.len() && live.iter().all(|live| object.iter().any(|object| same((live, object))))
        }
        _ => live == object,
    }
}

/// Equality of maps, in which one key has an equality of its own.
fn equal_but(
    key: &str,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    of_key: impl Fn(&Value, &Value) -> bool,
) -> bool {
    let same = |(name, value): (&String, &Value)| {
        right.get(name).is_some_and(|other| if name == key { of_key(value, other) } else { value == other })
    };
    left.len() == right.len() && left.iter().all(same)
}

/// An object with nothing in it but its type.
fn blank(api_version: &str, kind: Option<&Value>) -> Value {
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), Value::String(api_version.to_owned()));
    if let Some(kind) = kind {
        object.insert("kind".to_owned(), kind.clone());
    }
    Value::Object(object)
}
