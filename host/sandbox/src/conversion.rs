//! Between the version in which an object rests and the one in which it is asked for.
//!
//! Versions of a CRD differ in `apiVersion` and in what their schemas know (there are no conversion webhooks here);
//! the built-in kinds with more than one served form are converted field by field.

mod autoscaling;
mod events;

pub use autoscaling::CURRENT_METRICS;
use bytes::Bytes;

use crate::catalog::Resource;
use crate::crd::{default, prune};
use crate::error::ApiError;
use crate::object::{self, Object};

/// From rest to the version of the resource that was asked for.
///
/// # Errors
/// Stored bytes that cannot be read.
pub fn to_version(resource: &Resource, body: Bytes) -> Result<Bytes, ApiError> {
    let prefix = object::prefix(&resource.kind, &resource.api_version());
    if body.starts_with(prefix.as_bytes()) {
        return Ok(body);
    }
    let mut object = object::parse(&body).map_err(|error| {
        ApiError::internal(format!("Internal error occurred: cannot read a stored object: {error}"))
    })?;
    from_storage(resource, &mut object);
    Ok(object::render(&object))
}

pub fn from_storage(resource: &Resource, object: &mut Object) {
    let wanted = resource.api_version();
    if object::text(object, "apiVersion") == wanted {
        return;
    }
    match (resource.group.as_str(), resource.version.as_str(), resource.plural.as_str()) {
        ("autoscaling", "v1", _) => autoscaling::to_v1(object),
        ("events.k8s.io", _, "events") => events::to_events_group(object),
        _ => {}
    }
    object.insert("apiVersion".into(), wanted.into());
}

/// What the way to rest and back makes of an object, which owners are recorded after.
pub fn through_storage(resource: &Resource, object: &mut Object) {
    if (resource.group.as_str(), resource.version.as_str()) == ("autoscaling", "v1") {
        autoscaling::from_v1(object);
        autoscaling::to_v1(object);
    }
}

/// Puts back what a write of the object has made of its status.
pub fn keep_status(resource: &Resource, live: &Object, next: &mut Object) {
    if (resource.group.as_str(), resource.version.as_str()) == ("autoscaling", "v1") {
        autoscaling::keep_told(live, next);
    }
}

pub fn to_storage(resource: &Resource, object: &mut Object) {
    if let Some(custom) = &resource.custom
        && let Some(schema) = &custom.at_rest
    {
        // The version at rest keeps what it knows, and fills in what it fills in.
        if !custom.preserve_unknown {
            prune::prune(schema, object, &mut Vec::new());
        }
        default::default(schema, object);
    }
    match (resource.group.as_str(), resource.version.as_str(), resource.plural.as_str()) {
        ("autoscaling", "v1", _) => autoscaling::from_v1(object),
        ("events.k8s.io", _, "events") => events::from_events_group(object),
        _ => {}
    }
    let stored = if resource.is("events.k8s.io", "events") { "v1".into() } else { resource.storage_api_version() };
    object.insert("apiVersion".into(), stored.into());
}
