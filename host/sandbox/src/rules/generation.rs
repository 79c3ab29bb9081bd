//! `metadata.generation`: counts the changes of what a controller acts upon.

use serde_json::Value;

use crate::catalog::Resource;
use crate::object::{self, Object};

/// Built-in kinds that have a generation.
fn counted(resource: &Resource) -> bool {
    const COUNTED: [&str; 21] = [
        "pods",
        "podtemplates",
        "replicationcontrollers",
        "daemonsets",
        "deployments",
        "replicasets",
        "statefulsets",
        "cronjobs",
        "jobs",
        "ingressclasses",
        "ingresses",
        "networkpolicies",
        "poddisruptionbudgets",
        "horizontalpodautoscalers",
        "endpointslices",
        "priorityclasses",
        "customresourcedefinitions",
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "flowschemas",
    ];
    resource.is_custom() || COUNTED.contains(&resource.plural.as_str())
}

pub(super) fn start(resource: &Resource, object: &mut Object) {
    if counted(resource) {
        object::metadata_mut(object).insert("generation".into(), 1.into());
    }
}

/// Counts one up when the object's wish, rather than its metadata or status, has changed.
pub fn bump_generation(resource: &Resource, live: &Object, next: &mut Object) {
    // The real server counts the making of a PriorityClass and nothing after it.
    if resource.is("scheduling.k8s.io", "priorityclasses") || !counted(resource) || !wishes_more(resource, live, next) {
        return;
    }
    let generation = object::metadata(live).get("generation").and_then(Value::as_i64).unwrap_or(0);
    object::metadata_mut(next).insert("generation".into(), (generation + 1).into());
}

fn wishes_more(resource: &Resource, live: &Object, next: &Object) -> bool {
    // A Deployment hands its annotations on to its ReplicaSets.
    let annotations = |object| object::metadata(object).get("annotations");
    let handed_on = resource.is("apps", "deployments") && annotations(live) != annotations(next);
    handed_on || wish(resource, live).ne(wish(resource, next))
}

fn wish<'a>(resource: &Resource, object: &'a Object) -> impl Iterator<Item = (&'a String, &'a Value)> {
    // A custom resource without the status subresource counts its status too.
    let status = resource.has("status");
    object.iter().filter(move |(key, _)| match key.as_str() {
        "metadata" | "apiVersion" | "kind" => false,
        "status" => !status,
        _ => true,
    })
}
