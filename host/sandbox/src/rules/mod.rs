//! What each built-in kind defaults, refuses and keeps: the rules that no schema holds.
//!
//! Dispatch by kind; each file holds the rules of related kinds.

mod generation;

use crate::api::Api;
use crate::catalog::Resource;
use crate::error::{ApiError, Cause, Subject};
use crate::object::Object;

pub use generation::bump_generation;

/// What the server sets on a new object before defaults: status, generation, allocated addresses.
///
/// # Errors
/// Nothing is left to allocate, or what is asked for is taken.
pub fn prepare_create(_api: &Api, resource: &Resource, object: &mut Object) -> Result<(), ApiError> {
    generation::start(resource, object);
    if resource.has("status") {
        object.remove("status");
    }
    Ok(())
}

/// What an update may not change is put back, before defaults.
///
/// # Errors
/// What is asked for is taken.
pub fn prepare_update(
    _api: &Api,
    _resource: &Resource,
    _subresource: &str,
    _live: &Object,
    _next: &mut Object,
) -> Result<(), ApiError> {
    Ok(())
}

pub fn default(_resource: &Resource, _object: &mut Object) {}

pub fn validate(_resource: &Resource, _object: &Object, _live: Option<&Object>) -> Vec<Cause> {
    Vec::new()
}

pub fn warnings(_resource: &Resource, _object: &Object) -> Vec<String> {
    Vec::new()
}

/// Seconds an object is given to end; only Pods that run somewhere are given any.
pub fn grace_period(_resource: &Resource, _object: &Object, _asked: Option<i64>) -> i64 {
    0
}

/// Whether nothing but finalizers of its metadata keeps a terminating object.
pub fn may_end(_resource: &Resource, _object: &Object) -> bool {
    true
}

pub fn on_terminating(_resource: &Resource, _object: &mut Object) {}

/// # Errors
/// The object may not be deleted.
pub fn check_delete(_resource: &Resource, _object: &Object, _subject: Subject<'_>) -> Result<(), ApiError> {
    Ok(())
}

/// # Errors
/// A PodDisruptionBudget does not allow it now.
pub fn check_eviction(_api: &Api, _pod: &Object) -> Result<(), ApiError> {
    Ok(())
}
