//! Update, and the common end of every change to an existing object.

use http::StatusCode;
use serde_json::Value;

use super::decode::Decoded;
use super::{create, decode, present};
use crate::api::{Api, Call, Reply, log_failure};
use crate::error::{ApiError, Cause};
use crate::object::{self, Object};
use crate::ownership::{self, Writer};
use crate::store::{Change, CommitError, Expected, Key, Stored};
use crate::{access, conversion, rules};

/// How often a change that names no version is tried again on a newer object.
const TRIES: usize = 16;

pub fn update(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let mut decoded = decode::whole(call)?;
    decode::check_place(call, &mut decoded.object)?;
    let writer = Writer::update(call);
    let given = std::mem::take(&mut decoded.object);
    if api.store.get(&call.key()).is_none() {
        return create_by_update(api, call, given, &writer);
    }
    require_version(call, &given)?;
    let edit = |_: &Object| Ok(Decoded { object: given.clone(), warnings: decoded.warnings.clone() });
    let (stored, warnings) = change(api, call, &writer, edit)?;
    Ok(present::object(call, StatusCode::OK, stored.body)?.warn(warnings))
}

/// A few kinds are made by a PUT to a name that is free.
fn create_by_update(api: &Api, call: &Call, given: Object, writer: &Writer<'_>) -> Result<Reply, ApiError> {
    const MADE_BY_UPDATE: [&str; 8] = [
        "leases",
        "events",
        "endpoints",
        "limitranges",
        "clusterroles",
        "clusterrolebindings",
        "roles",
        "rolebindings",
    ];
    let allowed = MADE_BY_UPDATE.contains(&call.resource.plural.as_str()) && !call.resource.is_custom();
    if !allowed || !call.target.subresource.is_empty() {
        return Err(call.not_found());
    }
    access::authorize_create(api, call)?;
    let (stored, warnings) = create::store_new(api, call, given, writer)?;
    Ok(present::object(call, StatusCode::CREATED, stored.body)?.warn(warnings))
}

fn require_version(call: &Call, given: &Object) -> Result<(), ApiError> {
    if !call.resource.is_custom() || !object::resource_version(given).is_empty() {
        return Ok(());
    }
    let cause = Cause::invalid("metadata.resourceVersion", &Value::from(0), "must be specified for an update");
    Err(ApiError::invalid(call.kind_subject(&call.target.name), vec![cause]))
}

/// Changes the call's object: `edit` makes the wanted object from the live one.
///
/// # Errors
/// The object is missing, the edit fails, or the result is refused.
pub fn change(
    api: &Api,
    call: &Call,
    writer: &Writer<'_>,
    edit: impl Fn(&Object) -> Result<Decoded, ApiError>,
) -> Result<(Stored, Vec<String>), ApiError> {
    let key = call.key();
    for _ in 0..TRIES {
        let stored = api.store.get(&key).ok_or_else(|| call.not_found())?;
        let live = read(call, &stored)?;
        let Decoded { object: wanted, mut warnings } = edit(&live)?;
        access::check_escalation(api, call, &wanted, Some(&live))?;
        let pinned = check_preconditions(call, &live, &wanted)?;
        let (next, more) = settle(api, call, &live, wanted, writer)?;
        warnings.extend(more);
        match finish(api, call, &key, &stored, &live, next)? {
            Some(written) => return Ok((written, warnings)),
            None if pinned => return Err(ApiError::stale(call.subject(&call.target.name))),
            None => {}
        }
    }
    Err(ApiError::stale(call.subject(&call.target.name)))
}

/// The live object in the version of the call.
pub fn read(call: &Call, stored: &Stored) -> Result<Object, ApiError> {
    let mut live = object::parse(&stored.body).map_err(|error| {
        ApiError::internal(format!("Internal error occurred: cannot read the stored object: {error}"))
    })?;
    conversion::from_storage(&call.resource, &mut live);
    Ok(live)
}

/// Returns whether the client named the version it wants to change.
fn check_preconditions(call: &Call, live: &Object, wanted: &Object) -> Result<bool, ApiError> {
    let name = call.target.name.as_str();
    let (uid, live_uid) = (object::uid(wanted), object::uid(live));
    if !uid.is_empty() && uid != live_uid {
        let detail = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {live_uid}");
        return Err(ApiError::conflict(call.subject(name), &detail));
    }
    let version = object::resource_version(wanted);
    if !version.is_empty() && version != object::resource_version(live) {
        return Err(ApiError::stale(call.subject(name)));
    }
    Ok(!version.is_empty())
}

/// The object as it would be stored: system fields kept, defaults filled in, validated, owned.
fn settle(
    api: &Api,
    call: &Call,
    live: &Object,
    mut next: Object,
    writer: &Writer<'_>,
) -> Result<(Object, Vec<String>), ApiError> {
    keep_system_fields(live, &mut next);
    divide(call, live, &mut next);
    rules::prepare_update(api, &call.resource, &call.target.subresource, live, &mut next)?;
    rules::default(&call.resource, &mut next);
    rules::bump_generation(&call.resource, live, &mut next);
    let causes = rules::validate(&call.resource, &next, Some(live));
    if !causes.is_empty() {
        return Err(ApiError::invalid(call.kind_subject(&call.target.name), causes));
    }
    ownership::record(call, Some(live), &mut next, writer)?;
    let warnings = rules::warnings(&call.resource, &next);
    Ok((next, warnings))
}

fn keep_system_fields(live: &Object, next: &mut Object) {
    let kept = object::metadata(live);
    let metadata = object::metadata_mut(next);
    for key in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
        match kept.get(key) {
            Some(value) => metadata.insert(key.into(), value.clone()),
            None => metadata.remove(key),
        };
    }
    let name = object::name(live).to_owned();
    metadata.insert("name".into(), name.into());
    metadata.insert("resourceVersion".into(), object::resource_version(live).into());
}

/// A write of the object leaves the status alone; a write of the status leaves the rest alone.
fn divide(call: &Call, live: &Object, next: &mut Object) {
    match call.target.subresource.as_str() {
        "" if call.resource.has("status") => put(next, "status", live.get("status").cloned()),
        "status" => {
            let status = next.remove("status");
            let metadata = next.remove("metadata");
            *next = live.clone();
            put(next, "status", status);
            if !call.resource.is_custom() {
                let labels = object::metadata(live).get("labels").cloned();
                put(next, "metadata", metadata);
                put(object::metadata_mut(next), "labels", labels);
            } else {
                let managed = metadata.and_then(|mut metadata| metadata.get_mut("managedFields").map(Value::take));
                put(object::metadata_mut(next), "managedFields", managed);
            }
        }
        _ => {}
    }
}

fn put(object: &mut Object, key: &str, value: Option<Value>) {
    match value {
        Some(value) => object.insert(key.into(), value),
        None => object.remove(key),
    };
}

/// Stores the result; `None` where someone else wrote first.
fn finish(
    api: &Api,
    call: &Call,
    key: &Key,
    stored: &Stored,
    live: &Object,
    mut next: Object,
) -> Result<Option<Stored>, ApiError> {
    if ownership::equal_but_for_times(live, &next) {
        return Ok(Some(stored.clone()));
    }
    let ends = object::is_terminating(&next)
        && object::finalizers(&next).next().is_none()
        && object::metadata(&next).get("deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0) == 0
        && rules::may_end(&call.resource, &next);
    conversion::to_storage(&call.resource, &mut next);
    if call.query.dry_run {
        return Ok(Some(Stored { body: object::render(&next), version: stored.version }));
    }
    let change = if ends { Change::Remove(next) } else { Change::Put(next) };
    match api.store.commit(key, Expected::At(stored.version), change) {
        Ok(written) => Ok(Some(written)),
        Err(CommitError::Collision(_)) => Ok(None),
        Err(error) => Err(log_failure(error)),
    }
}

/// `pods/binding`: what a scheduler writes.
pub fn bind(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let binding: Value = super::decode::loose(call)?;
    let node = binding["target"]["name"].as_str().unwrap_or_default().to_owned();
    let writer = Writer::update(call);
    change(api, call, &writer, |live| {
        let bound = object::text(object::child(live, "spec"), "nodeName");
        if !bound.is_empty() {
            let detail = format!("pod {} is already assigned to node \"{bound}\"", call.target.name);
            return Err(ApiError::conflict(call.subject(&call.target.name), &detail));
        }
        let mut next = live.clone();
        object::child_mut(&mut next, "spec").insert("nodeName".into(), node.clone().into());
        Ok(Decoded::silent(next))
    })?;
    let success =
        serde_json::json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(Reply::json(StatusCode::CREATED, success.to_string().into_bytes()))
}
