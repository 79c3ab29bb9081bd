//! What each built-in kind defaults, refuses and keeps: the rules that no schema holds.
//!
//! Dispatch by kind; each file holds the rules of related kinds.

mod access;
mod admission;
mod amounts;
mod batch;
mod core;
mod difference;
pub mod formats;
mod generation;
mod golang;
mod limits;
mod metadata;
mod names;
mod network;
mod normal;
mod pod;
mod policy;
pub mod quantity;
mod quotas;
mod selectors;
mod service;
mod spot;
mod storage;
mod warnings;
mod workloads;

use serde_json::Value;

use crate::api::Api;
use crate::catalog::Resource;
use crate::crd;
use crate::error::{ApiError, Cause, Subject};
use crate::object::{self, Object};

pub use admission::services::{call_available, is_local as is_local_api_service, judge as judge_api_service};
pub use generation::bump_generation;
pub use quotas::{Admitted, all_quotas, count_again, quotas_to_count};

type Kind<'a> = (&'a str, &'a str);

fn kind(resource: &Resource) -> Kind<'_> {
    (resource.group.as_str(), resource.plural.as_str())
}

/// What a new object may not bring along.
pub fn begin(resource: &Resource, object: &mut Object) {
    generation::start(resource, object);
    if kind(resource) == ("", "limitranges") {
        limits::name(object);
    }
    if resource.has("status") {
        object.remove("status");
    }
}

/// What an object of the kind is before anything is set; `None` for kinds without a fixed type.
pub fn blank(resource: &Resource) -> Option<Value> {
    if resource.is_custom() { None } else { normal::blank(resource) }
}

/// What the server itself adds to a new object after its defaults, and nobody owns: addresses, finalizers, tolerations.
///
/// # Errors
/// Nothing is left to allocate, or what is asked for is taken.
pub fn prepare_create(api: &Api, resource: &Resource, object: &mut Object) -> Result<(), ApiError> {
    match kind(resource) {
        ("", "pods") => {
            limits::fill_in(api, object);
            pod::admit(api, object)?;
        }
        ("", "namespaces") => core::begin_namespace(object),
        ("", "services") => service::allocate(api, resource, object, None)?,
        ("batch", "jobs") => batch::begin_job(object),
        ("apiregistration.k8s.io", _) => admission::services::judge(object),
        ("", "persistentvolumeclaims") => {
            storage::mirror_source(object);
            object::add_finalizer(object, storage::CLAIM_PROTECTION);
        }
        ("", "persistentvolumes") => {
            object::add_finalizer(object, storage::VOLUME_PROTECTION);
            object::child_mut(object, "status").insert("lastPhaseTransitionTime".into(), object::now().into());
        }
        ("", "nodes") => core::taint_node(object),
        ("coordination.k8s.io", "leases") => policy::drop_election(object),
        _ => {}
    }
    Ok(())
}

/// What an update may not change is put back, after defaults.
///
/// # Errors
/// What is asked for is taken.
pub fn prepare_update(
    api: &Api,
    resource: &Resource,
    subresource: &str,
    live: &Object,
    next: &mut Object,
) -> Result<(), ApiError> {
    match (kind(resource), subresource) {
        (("", "services"), "") => service::allocate(api, resource, next, Some(live)),
        (("apps", "daemonsets"), "") => {
            workloads::count_template(live, next);
            Ok(())
        }
        (("", "pods"), "resize") => {
            limits::fill_in(api, next);
            Ok(())
        }
        (("", "pods"), "") => {
            pod::keep_admitted(live, next);
            Ok(())
        }
        (("", "persistentvolumeclaims"), "") => {
            storage::mirror_source(next);
            Ok(())
        }
        (("apiextensions.k8s.io", _), "") => {
            admission::store_version(next);
            Ok(())
        }
        (("coordination.k8s.io", "leases"), "") => {
            policy::drop_election(next);
            Ok(())
        }
        (("", "namespaces"), "" | "status") => {
            keep(live, next, "spec");
            if !matches!(object::text(object::child(next, "status"), "phase"), "Active" | "Terminating") {
                object::child_mut(next, "status").insert("phase".into(), "Active".into());
            }
            Ok(())
        }
        (("", "namespaces"), "finalize") => {
            keep(live, next, "status");
            Ok(())
        }
        _ => Ok(()),
    }
}

fn keep(live: &Object, next: &mut Object, key: &str) {
    match live.get(key) {
        Some(value) => next.insert(key.into(), value.clone()),
        None => next.remove(key),
    };
}

/// Fills in what the kind fills in; first brings the object into the form in which the server keeps it.
pub fn default(resource: &Resource, object: &mut Object) {
    if let Some(version) = &resource.custom {
        crd::default::default(&version.schema, object);
        return;
    }
    normal::normalise(resource, object);
    let kind = kind(resource);
    match kind {
        ("apps", _) | ("", "replicationcontrollers" | "podtemplates") => workloads::default(kind.1, object),
        ("batch", _) => batch::default(kind.1, object),
        ("", "pods") => pod::default_pod(object),
        ("", "limitranges") => limits::default(object),
        ("", "services") => service::default(object),
        ("", "persistentvolumeclaims" | "persistentvolumes") | ("storage.k8s.io", _) => {
            storage::default(kind.1, object)
        }
        ("", _) => core::default(kind.1, object),
        ("networking.k8s.io", _) => network::default(kind.1, object),
        ("autoscaling" | "policy" | "scheduling.k8s.io", _) => policy::default(resource, object),
        ("rbac.authorization.k8s.io", _) => access::default(object),
        ("discovery.k8s.io", "endpointslices") => each(object, "ports").for_each(|port| {
            fill_anyway(port, "name", "");
            fill(port, "protocol", "TCP");
        }),
        ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io", _) => {
            admission::default(kind.1, object);
        }
        _ => {}
    }
}

/// An object as it would be stored, and what it is held against.
pub struct Change<'a> {
    pub resource: &'a Resource,
    pub subresource: &'a str,
    pub object: &'a Object,
    /// Its former state.
    pub live: Option<&'a Object>,
    /// The uid that the client gave; empty where it gave none.
    pub uid: &'a str,
}

/// The faults of an object, in the order in which the real server finds them.
pub fn validate(change: &Change<'_>) -> Vec<Cause> {
    let &Change { resource, object, live, .. } = change;
    let mut causes = metadata::validate(change);
    if let Some(version) = &resource.custom {
        let scale = resource.scale.as_ref();
        if change.subresource == "status" {
            causes.extend(crd::validate::of_status(&version.schema, object));
        } else {
            causes.extend(crd::validate::validate(&version.schema, object));
            causes.extend(scale.and_then(|scale| crd::scale::spec_faults(scale, object)));
        }
        causes.extend(scale.map(|scale| crd::scale::status_faults(scale, object)).unwrap_or_default());
        causes.extend(crd::rules::validate(version, object, live, &causes));
        return causes;
    }
    causes.extend(match change.subresource {
        "" | "scale" => own_faults(change),
        "ephemeralcontainers" => pod::validate_ephemeral(object, live),
        "resize" => pod::validate_resize(object, live),
        "status" => status_faults(change),
        _ => Vec::new(),
    });
    causes
}

/// The faults of a status.
fn status_faults(change: &Change<'_>) -> Vec<Cause> {
    match kind(change.resource) {
        ("", "services") => service::status_faults(change.object),
        ("", "resourcequotas") => quotas::status_faults(change.object),
        _ => Vec::new(),
    }
}

/// The faults of what the kind itself has.
fn own_faults(change: &Change<'_>) -> Vec<Cause> {
    let &Change { resource, object, live, .. } = change;
    let kind = kind(resource);
    match kind {
        ("apps", _) => workloads::validate(kind.1, object, live),
        ("batch", _) => batch::validate(kind.1, object, live),
        ("", "pods") => pod::validate(object, live),
        ("", "services") => service::validate(object, live),
        ("", "persistentvolumeclaims") | ("storage.k8s.io", _) => storage::validate(kind.1, object, live),
        ("", "limitranges") => limits::faults(object),
        ("", "resourcequotas") => quotas::faults(object, live),
        ("", _) => core::validate(kind.1, object, live),
        ("networking.k8s.io", _) => network::validate(kind.1, object, live),
        ("autoscaling" | "policy" | "scheduling.k8s.io", _) => policy::validate(resource, object, live),
        ("coordination.k8s.io", "leases") => policy::lease(object),
        ("rbac.authorization.k8s.io", _) => access::validate(kind.1, object, live),
        ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io", _) => {
            admission::validate(kind.1, object, live)
        }
        _ => Vec::new(),
    }
}

/// Holds a valid object against what its namespace allows.
///
/// # Errors
/// A LimitRange or a ResourceQuota does not allow it.
pub fn admit<'a>(api: &'a Api, change: &Change<'_>) -> Result<Admitted<'a>, ApiError> {
    let &Change { resource, subresource, object, live, .. } = change;
    let forbid = |detail: String| {
        let subject = Subject { group: &resource.group, resource: &resource.plural, name: object::name(object) };
        ApiError::forbidden(subject, &detail)
    };
    let is_limited = match live {
        None => subresource.is_empty(),
        Some(live) if object::is_terminating(live) => false,
        Some(_) => {
            matches!((kind(resource), subresource), (("", "pods"), "resize") | (("", "persistentvolumeclaims"), ""))
        }
    };
    if is_limited {
        limits::check(api, resource, object).map_err(forbid)?;
    }
    quotas::admit(api, change).map_err(forbid)
}

/// What a client should know of an object that is taken nevertheless.
pub fn warnings(resource: &Resource, object: &Object) -> Vec<String> {
    warnings::of(resource, object)
}

/// Seconds an object is given to end; only Pods that run somewhere are given any.
pub fn grace_period(resource: &Resource, object: &Object, asked: Option<i64>) -> i64 {
    if kind(resource) == ("", "pods") { pod::grace_period(object, asked) } else { 0 }
}

/// Whether nothing but finalizers of its metadata keeps a terminating object.
pub fn may_end(resource: &Resource, object: &Object) -> bool {
    kind(resource) != ("", "namespaces")
        || object::child(object, "spec").get("finalizers").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

pub fn on_terminating(resource: &Resource, object: &mut Object) {
    match kind(resource) {
        ("", "namespaces") => {
            object::child_mut(object, "status").insert("phase".into(), "Terminating".into());
        }
        ("apiextensions.k8s.io", _) => admission::end_definition(object),
        _ => {}
    }
}

/// What a delete adds before anything else: a CRD is kept until its instances are gone.
pub fn before_delete(resource: &Resource, object: &mut Object) {
    if kind(resource).0 == "apiextensions.k8s.io" && crd::has_condition(object, "Established") {
        object::add_finalizer(object, crd::CLEANUP);
    }
}

/// # Errors
/// The object may not be deleted.
pub fn check_delete(resource: &Resource, object: &Object, subject: Subject<'_>) -> Result<(), ApiError> {
    const KEPT: [&str; 3] = ["default", "kube-system", "kube-public"];
    if kind(resource) == ("", "namespaces") && KEPT.contains(&object::name(object)) {
        return Err(ApiError::forbidden(subject, "this namespace may not be deleted"));
    }
    Ok(())
}

/// # Errors
/// A PodDisruptionBudget does not allow it now.
pub fn check_eviction(api: &Api, pod: &Object) -> Result<(), ApiError> {
    policy::check_eviction(api, pod)
}

/// Sets a field where it is absent; a text that is empty is as good as absent.
fn fill(object: &mut Object, key: &str, value: impl Into<Value>) {
    match object.get(key) {
        Some(Value::String(text)) if text.is_empty() => {}
        None | Some(Value::Null) => {}
        Some(_) => return,
    }
    object.insert(key.into(), value.into());
}

/// Sets a field where it is absent, also to what is empty.
fn fill_anyway(object: &mut Object, key: &str, value: &str) {
    object.entry(key).or_insert_with(|| value.into());
}

/// Sets what is absent of the status.
fn fill_status(object: &mut Object, status: Value) {
    let Value::Object(entries) = status else { return };
    let status = object::child_mut(object, "status");
    for (key, value) in entries {
        fill(status, &key, value);
    }
}

/// The maps of a list.
fn each<'a>(object: &'a mut Object, key: &str) -> impl Iterator<Item = &'a mut Object> {
    object.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// A map inside, where it is there.
fn inside<'a>(object: &'a mut Object, path: &[&str]) -> Option<&'a mut Object> {
    match path {
        [] => Some(object),
        [first, rest @ ..] => inside(object.get_mut(*first)?.as_object_mut()?, rest),
    }
}

/// A value at a path of keys.
fn at<'a>(object: &'a Object, path: &[&str]) -> &'a Value {
    static NULL: Value = Value::Null;
    let Some((first, rest)) = path.split_first() else { return &NULL };
    let value = object.get(*first).unwrap_or(&NULL);
    rest.iter().try_fold(value, |value, key| value.get(*key)).unwrap_or(&NULL)
}

const FIELD_IS_IMMUTABLE: &str = "field is immutable";
