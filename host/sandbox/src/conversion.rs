//! Between the version in which an object rests and the one in which it is asked for.
//!
//! Versions of a CRD differ in `apiVersion` alone (there are no conversion webhooks here);
//! the built-in kinds with more than one served form are converted field by field.

mod autoscaling;
mod events;

use bytes::Bytes;

use crate::catalog::Resource;
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

pub fn to_storage(resource: &Resource, object: &mut Object) {
    match (resource.group.as_str(), resource.version.as_str(), resource.plural.as_str()) {
        ("autoscaling", "v1", _) => autoscaling::from_v1(object),
        ("events.k8s.io", _, "events") => events::from_events_group(object),
        _ => {}
    }
    let stored = if resource.is("events.k8s.io", "events") { "v1".into() } else { resource.storage_api_version() };
    object.insert("apiVersion".into(), stored.into());
}
