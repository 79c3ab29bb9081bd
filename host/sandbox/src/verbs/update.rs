//! Update, and the common end of every change to an existing object.

use http::StatusCode;
use serde_json::Value;

use super::decode::Decoded;
use super::{create, decode, present};
use crate::api::{Api, Call, Reply, Verb, log_failure};
use crate::error::{ApiError, Cause};
use crate::object::{self, Object};
use crate::ownership::{self, Writer};
use crate::store::{Change, CommitError, Expected, Key, Stored};
use crate::{access, conversion, rules};

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
    const MADE_BY_UPDATE: [&str; 9] = [
        "leases",
        "services",
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
    const PINNED: [&str; 6] = [
        "apiservices",
        "customresourcedefinitions",
        "leases",
        "mutatingwebhookconfigurations",
        "poddisruptionbudgets",
        "validatingwebhookconfigurations",
    ];
    let pinned = call.resource.is_custom() || PINNED.contains(&call.resource.plural.as_str());
    if !pinned || !object::resource_version(given).is_empty() {
        return Ok(());
    }
    let cause = Cause::invalid("metadata.resourceVersion", &Value::from(0), "must be specified for an update");
    Err(ApiError::invalid(call.subject(&call.target.name), vec![cause]))
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
    api.store.until_it_fits(&key.shelf, || {
        let stored = api.store.get(&key).ok_or_else(|| call.not_found())?;
        let live = read(call, &stored)?;
        let Decoded { object: wanted, mut warnings } = edit(&live)?;
        access::check_escalation(api, call, &wanted, Some(&live))?;
        check_preconditions(call, &live, &wanted)?;
        let (next, more) = settle(api, call, &live, wanted, writer)?;
        warnings.extend(more);
        let admitted = rules::admit(api, &asked(call, &live, &next, ""));
        let admitted = admitted.map_err(|error| error.warned(&warnings))?;
        // Where someone wrote in between, a version that the client named is not that of the object any more.
        let written = finish(api, call, &key, &stored, &live, next)?;
        if written.is_some() && !call.query.dry_run {
            admitted.charge();
        }
        Ok(written.map(|written| (written, warnings)))
    })
}

/// The live object in the version of the call.
pub fn read(call: &Call, stored: &Stored) -> Result<Object, ApiError> {
    let mut live = object::parse(&stored.body).map_err(|error| {
        ApiError::internal(format!("Internal error occurred: cannot read the stored object: {error}"))
    })?;
    conversion::from_storage(&call.resource, &mut live);
    Ok(live)
}

fn check_preconditions(call: &Call, live: &Object, wanted: &Object) -> Result<(), ApiError> {
    let name = call.target.name.as_str();
    let (uid, live_uid) = (object::uid(wanted), object::uid(live));
    // That of a patch is found by validation, with whatever else is wrong.
    if !uid.is_empty() && uid != live_uid && call.verb != Verb::Patch {
        let key = storage_key(call);
        let detail = format!(
            "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition \
             failed: UID in precondition: {uid}, UID in object meta: {live_uid}"
        );
        return Err(ApiError::conflict(call.subject(name), &detail));
    }
    let version = object::resource_version(wanted);
    if !version.is_empty() && version != object::resource_version(live) {
        return Err(ApiError::stale(call.subject(name)));
    }
    Ok(())
}

/// Where the real server keeps the object, which its message tells.
fn storage_key(call: &Call) -> String {
    let resource = &call.resource;
    let folder = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "services") => "services/specs".to_owned(),
        ("", "endpoints") => "services/endpoints".to_owned(),
        ("", "nodes") => "minions".to_owned(),
        ("networking.k8s.io", "ingresses") => "ingress".to_owned(),
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", plural) => format!("{}/{plural}", resource.group),
        (group, plural) if resource.is_custom() => format!("{group}/{plural}"),
        (_, plural) => plural.to_owned(),
    };
    let namespace = &call.target.namespace;
    let within = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    format!("/registry/{folder}/{within}{}", call.target.name)
}

/// The object as it would be stored: system fields kept, defaults filled in, validated, owned.
fn settle(
    api: &Api,
    call: &Call,
    live: &Object,
    mut next: Object,
    writer: &Writer<'_>,
) -> Result<(Object, Vec<String>), ApiError> {
    let uid = object::uid(&next).to_owned();
    keep_system_fields(live, &mut next);
    conversion::through_storage(&call.resource, &mut next);
    divide(call, live, &mut next);
    rules::default(&call.resource, &mut next);
    ownership::record(call, Some(live), &mut next, writer)?;
    if call.target.subresource != "status" {
        conversion::keep_status(&call.resource, live, &mut next);
    }
    rules::prepare_update(api, &call.resource, &call.target.subresource, live, &mut next)?;
    // A status that brings annotations along asks nothing of a controller.
    if call.target.subresource != "status" {
        rules::bump_generation(&call.resource, live, &mut next);
    }
    let causes = rules::validate(&asked(call, live, &next, &uid));
    if !causes.is_empty() {
        return Err(ApiError::invalid(call.kind_subject(&call.target.name), causes));
    }
    let whole = call.target.subresource.is_empty();
    let warnings = if whole { rules::warnings(&call.resource, &next) } else { Vec::new() };
    Ok((next, warnings))
}

/// The change as rules look at it.
fn asked<'a>(call: &'a Call, live: &'a Object, next: &'a Object, uid: &'a str) -> rules::Change<'a> {
    let (resource, subresource) = (&*call.resource, call.target.subresource.as_str());
    rules::Change { resource, subresource, object: next, live: Some(live), uid }
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
                // These few keep their labels; all others take them through the status too.
                const KEPT: [&str; 3] = ["deployments", "services", "apiservices"];
                if KEPT.contains(&call.resource.plural.as_str()) {
                    put(object::metadata_mut(next), "labels", labels);
                }
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
    if ownership::equal_but_times(live, &next) {
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
