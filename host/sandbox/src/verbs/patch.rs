//! Patch in its four forms: JSON, merge, strategic, apply.

use http::StatusCode;
use serde_json::Value;

use super::decode::{self, Decoded};
use super::{create, present, update};
use crate::api::{Api, Call, Reply};
use crate::error::{ApiError, Cause, Reason, Subject};
use crate::fields;
use crate::http::accept::Content;
use crate::object::{self, Object};
use crate::ownership::{self, Writer};

pub fn patch(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let content = Content::parse(call.content_type.as_deref(), true)?;
    if content == Content::ApplyPatch {
        return apply(api, call);
    }
    if call.query.force {
        let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
        return Err(ApiError::invalid(PATCH_OPTIONS, vec![cause]));
    }
    let writer = Writer::update(call);
    let edit = |live: &Object| {
        let patched = edited(call, content, Value::Object(live.clone()))?;
        let mut patched = decode::into_object(patched.value).map(|object| (object, patched.duplicates))?;
        unpin(live, &mut patched.0);
        decode::check_kind(call, &mut patched.0)?;
        decode::check_place(call, &mut patched.0)?;
        let warnings = fields::check(call, &mut patched.0, patched.1)?;
        Ok(Decoded { object: patched.0, warnings })
    };
    let (stored, warnings) = update::change(api, call, &writer, edit)?;
    Ok(present::object(call, StatusCode::OK, stored.body)?.warn(warnings))
}

const PATCH_OPTIONS: Subject<'static> = Subject { group: "meta.k8s.io", resource: "PatchOptions", name: "" };

/// A patch that leaves the version alone holds for any: it is tried again when someone else writes first.
fn unpin(live: &Object, patched: &mut Object) {
    if object::resource_version(patched) == object::resource_version(live) {
        object::metadata_mut(patched).remove("resourceVersion");
    }
}

/// A JSON or merge patch of a document that is no stored object, such as a Scale.
///
/// # Errors
/// Other forms, and patches that do not fit.
pub fn plain(call: &Call, document: Value) -> Result<Value, ApiError> {
    let content = Content::parse(call.content_type.as_deref(), true)?;
    edited(call, content, document).map(|read| read.value)
}

fn edited(call: &Call, content: Content, document: Value) -> Result<fields::Read, ApiError> {
    if content == Content::StrategicPatch && call.resource.is_custom() {
        return Err(ApiError::new(
            Reason::UnsupportedMediaType,
            "the body of the request was in an unknown format - accepted media types include: \
             application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        ));
    }
    let fields::Read { value: patch, duplicates } = fields::read(&call.body, Content::Json)?;
    let value = ownership::patched(call, content, &document, &patch)?;
    Ok(fields::Read { value, duplicates })
}

/// Server-side apply: creates what is not there.
fn apply(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    if call.query.field_manager.is_none() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(ApiError::invalid(PATCH_OPTIONS, vec![cause]));
    }
    let read = fields::read(&call.body, Content::ApplyPatch)?;
    let mut config = decode::into_object(read.value)?;
    decode::check_kind(call, &mut config)?;
    name_from_path(call, &mut config);
    decode::check_place(call, &mut config)?;
    let warnings = fields::check(call, &mut config, read.duplicates)?;
    let writer = Writer::apply(call);
    if api.store.get(&call.key()).is_none() {
        return create_by_apply(api, call, &config, &writer, warnings);
    }
    let edit = |live: &Object| {
        let object = ownership::apply(call, Some(live), &config)?;
        Ok(Decoded { object, warnings: warnings.clone() })
    };
    let (stored, warnings) = update::change(api, call, &writer, edit)?;
    Ok(present::object(call, StatusCode::OK, stored.body)?.warn(warnings))
}

fn name_from_path(call: &Call, config: &mut Object) {
    if object::name(config).is_empty() {
        object::metadata_mut(config).insert("name".into(), call.target.name.clone().into());
    }
}

fn create_by_apply(
    api: &Api,
    call: &Call,
    config: &Object,
    writer: &Writer<'_>,
    mut warnings: Vec<String>,
) -> Result<Reply, ApiError> {
    let metadata = object::metadata(config);
    if metadata.contains_key("uid") {
        let detail = "uid mismatch: the provided object specified uid, and no existing object was found";
        return Err(ApiError::conflict(call.subject(&call.target.name), detail));
    }
    if !call.target.subresource.is_empty() {
        return Err(call.not_found());
    }
    crate::access::authorize_create(api, call)?;
    let object = ownership::apply(call, None, config)?;
    let (stored, more) = create::store_new(api, call, object, writer)?;
    warnings.extend(more);
    Ok(present::object(call, StatusCode::CREATED, stored.body)?.warn(warnings))
}
