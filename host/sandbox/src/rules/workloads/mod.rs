//! Deployments, ReplicaSets, StatefulSets, DaemonSets and their forerunner.

use serde_json::{Value, json};

use super::{at, each, fill, fill_status, inside, pod};
use crate::object::{self, Object};

mod check;

pub(super) use check::{at_most_all, share, validate};

/// The annotation that carries a DaemonSet's template generation, which its first API version had as a field.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// Counts the changes of a DaemonSet's template.
pub(super) fn count_template(live: &Object, next: &mut Object) {
    let before = object::child(object::metadata(live), "annotations").get(TEMPLATE_GENERATION);
    let before = before.and_then(Value::as_str).and_then(|count| count.parse::<i64>().ok()).unwrap_or(1);
    let changed = at(live, &["spec", "template"]) != at(next, &["spec", "template"]);
    let annotations = object::child_mut(object::metadata_mut(next), "annotations");
    annotations.insert(TEMPLATE_GENERATION.into(), (before + i64::from(changed)).to_string().into());
}

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        "replicationcontrollers" => select_template(object),
        "podtemplates" => pod::default_template(object),
        "daemonsets" => fill(object::child_mut(object::metadata_mut(object), "annotations"), TEMPLATE_GENERATION, "1"),
        _ => {}
    }
    if let Some(spec) = inside(object, &["spec"]) {
        pod::default_template(spec);
        match plural {
            "deployments" => deployment(spec),
            "statefulsets" => stateful_set(spec),
            "daemonsets" => daemon_set(spec),
            "replicasets" | "replicationcontrollers" => fill(spec, "replicas", 1),
            _ => {}
        }
    }
    match plural {
        "deployments" => fill_status(object, json!({})),
        "replicasets" | "replicationcontrollers" => fill_status(object, json!({ "replicas": 0 })),
        "statefulsets" => fill_status(object, json!({ "replicas": 0, "availableReplicas": 0 })),
        "daemonsets" => fill_status(
            object,
            json!({ "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0 }),
        ),
        _ => {}
    }
}

fn select_template(object: &mut Object) {
    let labels = at(object, &["spec", "template", "metadata", "labels"]).clone();
    if labels.is_object() {
        fill(object::child_mut(object, "spec"), "selector", labels.clone());
        fill(object::metadata_mut(object), "labels", labels);
    }
}

fn deployment(spec: &mut Object) {
    fill(spec, "replicas", 1);
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "progressDeadlineSeconds", 600);
    let strategy = object::child_mut(spec, "strategy");
    fill(strategy, "type", "RollingUpdate");
    if object::text(strategy, "type") == "RollingUpdate" {
        let rolling = object::child_mut(strategy, "rollingUpdate");
        fill(rolling, "maxUnavailable", "25%");
        fill(rolling, "maxSurge", "25%");
    }
}

fn stateful_set(spec: &mut Object) {
    fill(spec, "replicas", 1);
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "podManagementPolicy", "OrderedReady");
    let strategy = object::child_mut(spec, "updateStrategy");
    fill(strategy, "type", "RollingUpdate");
    if object::text(strategy, "type") == "RollingUpdate" {
        let rolling = object::child_mut(strategy, "rollingUpdate");
        fill(rolling, "partition", 0);
        fill(rolling, "maxUnavailable", 1);
    }
    let retention = object::child_mut(spec, "persistentVolumeClaimRetentionPolicy");
    fill(retention, "whenDeleted", "Retain");
    fill(retention, "whenScaled", "Retain");
    for claim in each(spec, "volumeClaimTemplates") {
        fill(claim, "apiVersion", "v1");
        fill(claim, "kind", "PersistentVolumeClaim");
        fill(object::child_mut(claim, "spec"), "volumeMode", "Filesystem");
        fill(object::child_mut(claim, "status"), "phase", "Pending");
    }
}

fn daemon_set(spec: &mut Object) {
    fill(spec, "revisionHistoryLimit", 10);
    let strategy = object::child_mut(spec, "updateStrategy");
    fill(strategy, "type", "RollingUpdate");
    if object::text(strategy, "type") == "RollingUpdate" {
        let rolling = object::child_mut(strategy, "rollingUpdate");
        fill(rolling, "maxUnavailable", 1);
        fill(rolling, "maxSurge", 0);
    }
}
