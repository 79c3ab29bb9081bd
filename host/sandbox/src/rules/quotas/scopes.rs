//! Which objects a quota is about: those that all of its scopes take in.

use serde_json::{Value, json};

use super::usage::Counted;
use crate::object::{self, Object};
use crate::rules::{at, pod};

pub(super) fn take_in(quota: &Object, counted: Counted, object: &Object) -> bool {
    of(quota).iter().all(|scope| takes_in(scope, counted, object))
}

/// The scopes of both notations, as selectors.
fn of(quota: &Object) -> Vec<Value> {
    let plain = at(quota, &["spec", "scopes"]).as_array().into_iter().flatten();
    let plain = plain.map(|name| json!({ "scopeName": name, "operator": "Exists" }));
    let selectors = at(quota, &["spec", "scopeSelector", "matchExpressions"]).as_array().into_iter().flatten();
    plain.chain(selectors.cloned()).collect()
}

fn takes_in(scope: &Value, counted: Counted, object: &Object) -> bool {
    let spec = object::child(object, "spec");
    let name = scope["scopeName"].as_str().unwrap_or_default();
    match (counted, name) {
        (Counted::Pod, "Terminating") => has_deadline(object),
        (Counted::Pod, "NotTerminating") => !has_deadline(object),
        (Counted::Pod, "BestEffort") => pod::quality(object) == "BestEffort",
        (Counted::Pod, "NotBestEffort") => pod::quality(object) != "BestEffort",
        (Counted::Pod, "PriorityClass") => selects(scope, &[object::text(spec, "priorityClassName")]),
        (Counted::Pod, "CrossNamespacePodAffinity") => reaches_out(spec),
        (Counted::Claim, "VolumeAttributesClass") => selects(scope, &attributes_classes(object)),
        _ => false,
    }
}

/// Whether a Pod ends by itself.
pub(super) fn has_deadline(pod: &Object) -> bool {
    at(pod, &["spec", "activeDeadlineSeconds"]).as_i64().is_some_and(|seconds| seconds >= 0)
}

/// Whether one of the names is selected; an empty one is none.
fn selects(scope: &Value, names: &[&str]) -> bool {
    let names: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    let values: Vec<&str> = scope["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match scope["operator"].as_str() {
        Some("In") => names.iter().any(|name| values.contains(name)),
        Some("NotIn") => names.is_empty() || names.iter().any(|name| !values.contains(name)),
        Some("Exists") => !names.is_empty(),
        Some("DoesNotExist") => names.is_empty(),
        _ => false,
    }
}

fn attributes_classes(claim: &Object) -> Vec<&str> {
    let places: [&[&str]; 3] = [
        &["spec", "volumeAttributesClassName"],
        &["status", "currentVolumeAttributesClassName"],
        &["status", "modifyVolumeStatus", "targetVolumeAttributesClassName"],
    ];
    places.into_iter().filter_map(|place| at(claim, place).as_str()).collect()
}

/// Whether a Pod wants to be near, or far from, Pods of other namespaces.
fn reaches_out(spec: &Object) -> bool {
    let affinities = ["podAffinity", "podAntiAffinity"].map(|kind| at(spec, &["affinity", kind]));
    let mut terms = affinities.into_iter().flat_map(|affinity| {
        let list = |key: &str| affinity[key].as_array().cloned().unwrap_or_default().into_iter();
        let preferred = list("preferredDuringSchedulingIgnoredDuringExecution");
        list("requiredDuringSchedulingIgnoredDuringExecution")
            .chain(preferred.map(|weighted| weighted["podAffinityTerm"].clone()))
    });
    terms.any(|term| {
        term["namespaces"].as_array().is_some_and(|names| !names.is_empty()) || !term["namespaceSelector"].is_null()
    })
}
