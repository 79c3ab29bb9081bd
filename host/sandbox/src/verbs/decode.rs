//! From a request body to an object of the right kind.

use serde_json::{Value, json};
use windlass_merge::schema::Schema;

use crate::api::Call;
use crate::catalog::split_api_version;
use crate::error::{ApiError, Cause, Reason, Subject};
use crate::fields;
use crate::http::accept::Content;
use crate::object::{self, Object};

/// A decoded body and what the client should be warned of.
pub struct Decoded {
    pub object: Object,
    pub warnings: Vec<String>,
}

impl Decoded {
    pub fn silent(object: Object) -> Self {
        Decoded { object, warnings: Vec::new() }
    }
}

/// Reads a whole object of the call's resource.
///
/// # Errors
/// Bodies that are not an object, or are one of another kind; unknown fields under strict validation.
pub fn whole(call: &Call) -> Result<Decoded, ApiError> {
    let content = Content::parse(call.content_type.as_deref(), false)?;
    let read = fields::read(&call.body, content).map_err(|error| unrecognized(call, error))?;
    let value = if read.value.is_null() && !call.resource.is_custom() { json!({}) } else { read.value };
    let mut object = into_object(value).map_err(|error| unrecognized(call, error))?;
    check_kind(call, &mut object)?;
    let mut warnings = fields::check(call, &mut object, read.duplicates)?;
    warnings.extend(drop_repeated_owners(&mut object));
    Ok(Decoded { object, warnings })
}

/// Reads the body of a subresource whose kind is not the resource's own.
///
/// # Errors
/// A body that is not what its media type says.
pub fn loose(call: &Call) -> Result<Value, ApiError> {
    let content = Content::parse(call.content_type.as_deref(), false)?;
    fields::read(&call.body, content).map(|read| read.value)
}

pub fn into_object(value: Value) -> Result<Object, ApiError> {
    match value {
        Value::Object(object) => Ok(object),
        Value::Null => Err(ApiError::bad_request("the request body is empty")),
        other => {
            let problem = fields::json::not_an_object(&other);
            Err(ApiError::bad_request(format!("couldn't get version/kind; json parse error: {problem}")))
        }
    }
}

/// An owner that is listed again as it is already is left out.
fn drop_repeated_owners(object: &mut Object) -> Option<String> {
    let owners = object::metadata_mut(object).get_mut("ownerReferences")?.as_array_mut()?;
    let (mut kept, mut repeated): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    for owner in owners.drain(..) {
        if kept.contains(&owner) {
            repeated.push(owner["uid"].as_str().unwrap_or_default().to_owned());
        } else {
            kept.push(owner);
        }
    }
    *owners = kept;
    (!repeated.is_empty()).then(|| {
        format!(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and \
             may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            repeated.join(", ")
        )
    })
}

/// Says which kind was wanted, and shows the beginning of what came instead.
fn unrecognized(call: &Call, error: ApiError) -> ApiError {
    if call.resource.is_custom() || error.reason != Reason::BadRequest {
        return error;
    }
    not_of_kind(call, &error.message)
}

fn not_of_kind(call: &Call, why: &str) -> ApiError {
    const SHOWN: usize = 30;
    let start = &call.body[..call.body.len().min(SHOWN)];
    let start = match start {
        [] => "<empty>".to_owned(),
        [b'{', ..] => String::from_utf8_lossy(start).into_owned(),
        other => other.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let more = if call.body.len() > SHOWN { " ..." } else { "" };
    let kind = &call.resource.kind;
    ApiError::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {why} ({start}{more})"
    ))
}

/// Kind and version must be the collection's; where both are absent they are filled in.
pub fn check_kind(call: &Call, object: &mut Object) -> Result<(), ApiError> {
    let resource = &call.resource;
    let wanted = resource.api_version();
    let (kind, version) = (object::text(object, "kind"), object::text(object, "apiVersion"));
    if kind.is_empty() && version.is_empty() && !resource.is_custom() {
        object.insert("kind".into(), resource.kind.clone().into());
        object.insert("apiVersion".into(), wanted.into());
        return Ok(());
    }
    if kind.is_empty() {
        let missing = format!("Object 'Kind' is missing in '{}'", String::from_utf8_lossy(&call.body).trim_end());
        return Err(if resource.is_custom() { not_of_kind(call, &missing) } else { ApiError::bad_request(missing) });
    }
    if !resource.is_custom() && Schema::builtin().kind(version, kind).is_none() {
        return Err(ApiError::bad_request(format!(
            "{kind} in version {:?} cannot be handled as a {}: no kind {kind:?} is registered for version {version:?} \
             in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
            split_api_version(version).1,
            resource.kind
        )));
    }
    if version != wanted {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({wanted})"
        )));
    }
    if kind != resource.kind && resource.is_custom() {
        let subject = Subject { group: &resource.group, resource: kind, name: object::name(object) };
        let detail = format!("must be {}", resource.kind);
        return Err(ApiError::invalid(subject, vec![Cause::invalid("kind", &kind.into(), detail)]));
    }
    if kind != resource.kind {
        return Err(ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; \
             {kind} is not {}",
            resource.kind, resource.kind
        )));
    }
    Ok(())
}

/// Checks name and namespace of the body against the path, and fills in the namespace.
///
/// # Errors
/// They differ.
pub fn check_place(call: &Call, object: &mut Object) -> Result<(), ApiError> {
    let target = &call.target;
    let name = object::name(object);
    if !target.name.is_empty() && name != target.name {
        return Err(ApiError::bad_request(if name.is_empty() {
            "name must be provided".to_owned()
        } else {
            format!("the name of the object ({name}) does not match the name on the URL ({})", target.name)
        }));
    }
    let namespace = object::namespace(object);
    if call.resource.namespaced && !namespace.is_empty() && namespace != target.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    let metadata = object::metadata_mut(object);
    if call.resource.namespaced {
        metadata.insert("namespace".into(), target.namespace.clone().into());
    } else {
        metadata.remove("namespace");
    }
    Ok(())
}
