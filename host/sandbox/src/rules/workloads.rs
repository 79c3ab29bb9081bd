//! Deployments, ReplicaSets, StatefulSets, DaemonSets and their forerunner.

use serde_json::{Value, json};

use super::{FIELD_IS_IMMUTABLE, at, each, fill, immutable, inside, pod};
use crate::error::Cause;
use crate::object::{self, Object};
use crate::selector::matches_label_selector;

pub(super) fn default(plural: &str, object: &mut Object) {
    if plural == "replicationcontrollers" {
        select_template(object);
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
        "deployments" => fill(object, "status", json!({})),
        "replicasets" | "replicationcontrollers" => fill(object, "status", json!({ "replicas": 0 })),
        "statefulsets" => fill(object, "status", json!({ "replicas": 0, "availableReplicas": 0 })),
        "daemonsets" => fill(
            object,
            "status",
            json!({ "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0 }),
        ),
        _ => {}
    }
}

fn select_template(object: &mut Object) {
    let labels = at(object, &["spec", "template", "metadata", "labels"]).clone();
    if labels.is_object() {
        fill(object::child_mut(object, "spec"), "selector", labels);
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
        fill(object::child_mut(strategy, "rollingUpdate"), "partition", 0);
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

/// A StatefulSet's Pods have a volume for each claim template, under its name.
fn add_claimed_volumes(object: &Object, template: &mut Object) {
    let claims = at(object, &["spec", "volumeClaimTemplates"]).as_array().map_or(&[][..], Vec::as_slice);
    if claims.is_empty() {
        return;
    }
    let named = claims.iter().map(|claim| json!({ "name": claim["metadata"]["name"] }));
    let volumes = template.entry("volumes").or_insert_with(|| json!([]));
    volumes.as_array_mut().into_iter().for_each(|volumes| volumes.extend(named.clone()));
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    if plural == "controllerrevisions" {
        return Vec::new();
    }
    let mut causes = selection(object);
    let mut template = at(object, &["spec", "template", "spec"]).as_object().cloned().unwrap_or_default();
    add_claimed_volumes(object, &mut template);
    causes.extend(pod::validate_spec(&template, "spec.template.spec"));
    let policy = at(object, &["spec", "template", "spec", "restartPolicy"]);
    if policy.is_string() && policy != "Always" {
        causes.push(Cause::unsupported("spec.template.spec.restartPolicy", policy, &["Always"]));
    }
    if at(object, &["spec", "replicas"]).as_i64().is_some_and(|replicas| replicas < 0) {
        let detail = "must be greater than or equal to 0";
        causes.push(Cause::invalid("spec.replicas", at(object, &["spec", "replicas"]), detail));
    }
    match live {
        Some(live) if plural == "statefulsets" => causes.extend(stateful_set_update(object, live)),
        Some(live) => causes.extend(immutable(object, live, &[&["spec", "selector"]], FIELD_IS_IMMUTABLE)),
        None => {}
    }
    causes
}

fn selection(object: &Object) -> Vec<Cause> {
    let selector = at(object, &["spec", "selector"]);
    let Some(selector) = selector.as_object() else { return vec![Cause::required("spec.selector", "")] };
    if selector.is_empty() {
        let detail = "empty selector is invalid for deployment";
        return vec![Cause::invalid("spec.selector", &Value::Object(selector.clone()), detail)];
    }
    let empty = Object::new();
    let labels = at(object, &["spec", "template", "metadata", "labels"]).as_object().unwrap_or(&empty);
    if matches_label_selector(selector, labels) {
        return Vec::new();
    }
    let detail = "`selector` does not match template `labels`";
    vec![Cause::invalid("spec.template.metadata.labels", &Value::Object(labels.clone()), detail)]
}

fn stateful_set_update(object: &Object, live: &Object) -> Vec<Cause> {
    const MUTABLE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let fixed = |object: &Object| {
        let mut spec = object::child(object, "spec").clone();
        for key in MUTABLE {
            spec.remove(key);
        }
        spec
    };
    if fixed(object) == fixed(live) {
        return Vec::new();
    }
    vec![Cause::forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
         'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    )]
}
