//! What each built-in kind defaults, refuses and keeps: the rules that no schema holds.
//!
//! Dispatch by kind; each file holds the rules of related kinds.

mod access;
mod admission;
mod batch;
mod core;
mod generation;
mod limits;
mod names;
mod network;
mod normal;
mod pod;
mod policy;
pub mod quantity;
mod service;
mod storage;
mod workloads;

use serde_json::Value;

use crate::api::Api;
use crate::catalog::Resource;
use crate::crd;
use crate::error::{ApiError, Cause, Subject};
use crate::object::{self, Object};

pub use generation::bump_generation;

type Kind<'a> = (&'a str, &'a str);

fn kind(resource: &Resource) -> Kind<'_> {
    (resource.group.as_str(), resource.plural.as_str())
}

/// What the server sets on a new object before defaults: status, generation, allocated addresses.
///
/// # Errors
/// Nothing is left to allocate, or what is asked for is taken.
pub fn prepare_create(api: &Api, resource: &Resource, object: &mut Object) -> Result<(), ApiError> {
    generation::start(resource, object);
    if resource.has("status") {
        object.remove("status");
    }
    match kind(resource) {
        ("", "namespaces") => core::begin_namespace(object),
        ("", "services") => service::allocate(api, resource, object, None)?,
        ("batch", "jobs") => batch::begin_job(object),
        ("", "persistentvolumeclaims") => object::add_finalizer(object, storage::CLAIM_PROTECTION),
        ("", "persistentvolumes") => object::add_finalizer(object, storage::VOLUME_PROTECTION),
        _ => {}
    }
    Ok(())
}

/// What an update may not change is put back, before defaults.
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
        (("", "namespaces"), "" | "status") => {
            keep(live, next, "spec");
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
        ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io", _) => {
            admission::default(kind.1, object);
        }
        _ => {}
    }
}

/// The faults of an object, against its former state where there is one.
pub fn validate(resource: &Resource, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = names::validate(resource, object, live);
    if let Some(version) = &resource.custom {
        causes.extend(crd::validate::validate(&version.schema, object));
        causes.extend(crd::rules::validate(version, object, live, &causes));
        return causes;
    }
    let kind = kind(resource);
    causes.extend(match kind {
        ("apps", _) => workloads::validate(kind.1, object, live),
        ("batch", _) => batch::validate(kind.1, object, live),
        ("", "pods") => pod::validate(object, live),
        ("", "services") => service::validate(object, live),
        ("", "persistentvolumeclaims") | ("storage.k8s.io", _) => storage::validate(kind.1, object, live),
        ("", _) => core::validate(kind.1, object, live),
        ("networking.k8s.io", _) => network::validate(kind.1, object),
        ("autoscaling" | "policy" | "scheduling.k8s.io", _) => policy::validate(resource, object, live),
        ("rbac.authorization.k8s.io", _) => access::validate(kind.1, object, live),
        ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io", _) => {
            admission::validate(kind.1, object, live)
        }
        _ => Vec::new(),
    });
    causes
}

pub fn warnings(_resource: &Resource, _object: &Object) -> Vec<String> {
    Vec::new()
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

/// Sets a field where it is absent.
fn fill(object: &mut Object, key: &str, value: impl Into<Value>) {
    object.entry(key).or_insert_with(|| value.into());
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

/// The cause for each path that differs from the former state.
fn immutable(object: &Object, live: &Object, paths: &[&[&str]], detail: &str) -> Vec<Cause> {
    let changed = paths.iter().filter(|path| at(object, path) != at(live, path));
    changed.map(|path| Cause::invalid(path.join("."), at(object, path), detail)).collect()
}

const FIELD_IS_IMMUTABLE: &str = "field is immutable";
