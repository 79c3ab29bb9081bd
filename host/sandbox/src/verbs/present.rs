//! Objects and lists in the form that the client asked for.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::list::Listed;
use crate::api::{Call, JSON, Reply};
use crate::catalog::Resource;
use crate::error::ApiError;
use crate::http::accept::{Encoding, Form};
use crate::http::body::ReplyBody;
use crate::object::{self, Object};
use crate::store::Stored;
use crate::{conversion, table};

/// One object.
///
/// # Errors
/// Stored bytes that cannot be read, which is a fault of the server.
pub fn object(call: &Call, code: StatusCode, body: Bytes) -> Result<Reply, ApiError> {
    let bytes = in_form(call, &body, true)?;
    encoded(call, code, bytes)
}

fn encoded(call: &Call, code: StatusCode, bytes: Bytes) -> Result<Reply, ApiError> {
    match call.accept.encoding {
        Encoding::Json => Ok(Reply { code, media: JSON, body: ReplyBody::from(bytes), warnings: Vec::new() }),
        Encoding::Yaml => {
            let value: Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
            let text = crate::yaml::write(&value)?;
            Ok(Reply { code, media: "application/yaml", body: text.into_bytes().into(), warnings: Vec::new() })
        }
    }
}

/// How stored bytes begin that are the answer as they are; none where they never are.
pub fn plain_prefix(call: &Call) -> Option<String> {
    let resource = &call.resource;
    (call.accept.form == Form::Object).then(|| object::prefix(&resource.kind, &resource.api_version()))
}

/// The bytes of one object as get and watch show it; a table carries its columns only where asked.
pub fn in_form(call: &Call, body: &Bytes, columns: bool) -> Result<Bytes, ApiError> {
    let resource = &call.resource;
    match call.accept.form {
        Form::Object | Form::Aggregated(_) => conversion::to_version(resource, body.clone()),
        Form::Metadata => Ok(object::render(&partial(&read(body)?))),
        Form::Table => {
            let object = read(&conversion::to_version(resource, body.clone())?)?;
            let version = object::resource_version(&object).to_owned();
            let rows = vec![table::row(resource, object, call.query.include_object.as_deref())];
            let metadata = json!({ "resourceVersion": version });
            Ok(table::render(resource, metadata, rows, columns).to_string().into())
        }
    }
}

fn read(body: &[u8]) -> Result<Object, ApiError> {
    object::parse(body).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError::internal(format!("Internal error occurred: a stored object cannot be read: {error}"))
}

/// Metadata alone.
pub fn partial(object: &Object) -> Object {
    let mut partial = Object::new();
    partial.insert("kind".into(), "PartialObjectMetadata".into());
    partial.insert("apiVersion".into(), "meta.k8s.io/v1".into());
    partial.insert("metadata".into(), object.get("metadata").cloned().unwrap_or_else(|| json!({})));
    // What is an annotation to clients is a field to the real server, which its metadata alone does not have.
    match object::text(object, "kind") {
        "DaemonSet" => drop_annotation(object::metadata_mut(&mut partial), "deprecated.daemonset.template.generation"),
        "HorizontalPodAutoscaler" => drop_annotation(object::metadata_mut(&mut partial), conversion::CURRENT_METRICS),
        _ => {}
    }
    partial
}

fn drop_annotation(metadata: &mut Object, key: &str) {
    let annotations = object::child_mut(metadata, "annotations");
    annotations.remove(key);
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
}

pub fn list(call: &Call, listed: Listed) -> Result<Reply, ApiError> {
    let mut metadata = json!({ "resourceVersion": listed.version.to_string() });
    // Lists of custom resources have it even where there is no next page.
    let whole_custom = call.resource.is_custom() && call.accept.form == Form::Object;
    if !listed.continue_token.is_empty() || whole_custom {
        metadata["continue"] = listed.continue_token.into();
    }
    if let Some(remaining) = listed.remaining {
        metadata["remainingItemCount"] = remaining.into();
    }
    let bodies = listed.items.iter().map(|(_, stored)| stored);
    let bytes = match call.accept.form {
        Form::Object | Form::Aggregated(_) => plain_list(&call.resource, &metadata, bodies)?,
        Form::Metadata => metadata_list(&metadata, bodies)?,
        Form::Table => table_list(call, metadata, bodies)?,
    };
    encoded(call, StatusCode::OK, bytes)
}

fn table_list<'a>(call: &Call, metadata: Value, bodies: impl Iterator<Item = &'a Stored>) -> Result<Bytes, ApiError> {
    let resource = &call.resource;
    let include = call.query.include_object.as_deref();
    let row = |stored: &Stored| {
        let object = read(&conversion::to_version(resource, stored.body.clone())?)?;
        Ok(table::row(resource, object, include))
    };
    let rows = bodies.map(row).collect::<Result<Vec<Value>, ApiError>>()?;
    Ok(table::render(resource, metadata, rows, true).to_string().into())
}

fn plain_list<'a>(
    resource: &Resource,
    metadata: &Value,
    bodies: impl Iterator<Item = &'a Stored>,
) -> Result<Bytes, ApiError> {
    let mut out = list_head(&format!("{}List", resource.kind), &resource.api_version(), metadata);
    // Items of built-in kinds carry neither kind nor apiVersion: their common prefix is cut off.
    let prefix = object::prefix(&resource.kind, &resource.api_version());
    let cut = !resource.is_custom();
    for stored in bodies {
        let body = conversion::to_version(resource, stored.body.clone())?;
        match body.strip_prefix(prefix.as_bytes()).filter(|_| cut) {
            Some(rest) => {
                out.push(b'{');
                out.extend_from_slice(rest);
            }
            None => out.extend_from_slice(&body),
        }
        out.push(b',');
    }
    Ok(list_tail(out))
}

fn metadata_list<'a>(metadata: &Value, bodies: impl Iterator<Item = &'a Stored>) -> Result<Bytes, ApiError> {
    let mut out = list_head("PartialObjectMetadataList", "meta.k8s.io/v1", metadata);
    for stored in bodies {
        out.extend_from_slice(&object::render(&partial(&read(&stored.body)?)));
        out.push(b',');
    }
    // Of nothing, the real server makes null here and nowhere else.
    if out.last() == Some(&b'[') {
        out.pop();
        out.extend_from_slice(b"null}");
        return Ok(out.into());
    }
    Ok(list_tail(out))
}

fn list_head(kind: &str, api_version: &str, metadata: &Value) -> Vec<u8> {
    let mut out = object::prefix(kind, api_version).into_bytes();
    out.extend_from_slice(b"\"metadata\":");
    object::write_json(&mut out, metadata);
    out.extend_from_slice(b",\"items\":[");
    out
}

fn list_tail(mut out: Vec<u8>) -> Bytes {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.extend_from_slice(b"]}");
    out.into()
}
