//! Deployments, ReplicaSets, StatefulSets, DaemonSets and their forerunner.

use serde_json::{Value, json};

use super::{FIELD_IS_IMMUTABLE, at, each, fill, fill_status, immutable, inside, pod};
use crate::error::Cause;
use crate::object::{self, Object};
use crate::selector::matches_label_selector;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_template_is_a_volume_that_can_be_mounted() {
        let mount = |volume: &str| {
            let container = json!({"name": "a", "image": "a", "volumeMounts": [{"name": volume, "mountPath": "/a"}]});
            let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}});
            let claims = json!([{"metadata": {"name": "data"}}]);
            let selector = json!({"matchLabels": {"a": "b"}});
            let spec = json!({"selector": selector, "template": template, "volumeClaimTemplates": claims});
            let set = json!({"spec": spec}).as_object().cloned().unwrap();
            validate("statefulsets", &set, None).into_iter().map(|cause| cause.message).collect::<Vec<_>>()
        };
        assert_eq!(mount("data"), [""; 0]);
        assert_eq!(mount("other"), ["Not found: \"other\""]);
    }
}
