//! The health check of built-in and well-known kinds, status and message as Argo CD gives them.
//!
//! A kind is a rule, a pure function from the object to a verdict, and a line in [`rule`]; kinds that only
//! differ in names are rows of a table in [`families`]. What no rule covers has no verdict.

mod autoscaling;
mod definitions;
mod families;
mod jobs;
mod network;
mod object;
mod pods;
mod rollouts;
mod workloads;

use object::Object;
use serde_json::Value;
use windlass_sdk::health::{Health, Status, Verdict};

/// Keeps a hook's object until the hook is done; an object that waits for it is not being deleted yet.
const HOOK_FINALIZER: &str = "argocd.argoproj.io/hook-finalizer";

struct Kinds;

impl Health for Kinds {
    fn assess(object: &Value) -> Verdict {
        verdict(Object(object))
    }
}

windlass_sdk::export_health!(Kinds);

type Rule = fn(Object<'_>) -> Verdict;

fn verdict(object: Object<'_>) -> Verdict {
    let deleting = !object.at("/metadata/deletionTimestamp").is_null();
    let held = object.list("/metadata/finalizers").iter().any(|name| name == HOOK_FINALIZER);
    if deleting && !held {
        return Verdict::new(Status::Progressing, "Pending deletion");
    }
    let (group, version) = object.text("/apiVersion").rsplit_once('/').unwrap_or(("", object.text("/apiVersion")));
    let kind = object.text("/kind");
    match rule(group, kind) {
        Some((versions, _)) if !versions.is_empty() && !versions.contains(&version) => {
            let short = if kind == "HorizontalPodAutoscaler" { "HPA" } else { kind };
            let full = if group.is_empty() { format!("/{version}") } else { format!("{group}/{version}") };
            Verdict::new(Status::Unknown, format!("unsupported {short} GVK: {full}, Kind={kind}"))
        }
        Some((_, rule)) => rule(object),
        None => families::verdict(group, kind, object).unwrap_or_else(Verdict::none),
    }
}

/// The rule of a kind, and the versions whose fields it knows; none where only names are read.
fn rule(group: &str, kind: &str) -> Option<(&'static [&'static str], Rule)> {
    const V1: &[&str] = &["v1"];
    Some(match (group, kind) {
        ("", "PersistentVolumeClaim") => (V1, network::claim as Rule),
        ("", "Pod") => (V1, pods::pod),
        ("", "Service") => (V1, network::service),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => (&[], definitions::custom_resource),
        ("apiregistration.k8s.io", "APIService") => (&["v1", "v1beta1"], definitions::api_service),
        ("apps", "DaemonSet") => (V1, workloads::daemon_set),
        ("apps", "Deployment") => (V1, workloads::deployment),
        ("apps", "ReplicaSet") => (V1, workloads::replica_set),
        ("apps", "StatefulSet") => (V1, workloads::stateful_set),
        ("argoproj.io", "AnalysisRun") => (&[], rollouts::analysis_run),
        ("argoproj.io", "Rollout") => (&[], rollouts::rollout),
        ("argoproj.io", "Workflow") => (&[], jobs::workflow),
        ("autoscaling", "HorizontalPodAutoscaler") => (&["v1", "v2"], autoscaling::horizontal),
        ("batch", "CronJob") => (&[], jobs::cron_job),
        ("batch", "Job") => (V1, jobs::job),
        ("cert-manager.io", "Certificate") => (&[], definitions::certificate),
        ("extensions" | "networking.k8s.io", "Ingress") => (&[], network::ingress),
        ("policy", "PodDisruptionBudget") => (&[], autoscaling::disruption_budget),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(object: Value, status: Option<Status>, message: &str) {
        assert_eq!(Kinds::assess(&object), Verdict { status, message: message.into() }, "{object}");
    }

    #[test]
    fn kinds_without_a_rule_have_no_verdict() {
        check(json!({ "apiVersion": "v1", "kind": "ConfigMap" }), None, "");
        check(json!({}), None, "");
        check(json!([1]), None, "");
    }

    #[test]
    fn deletion_comes_before_every_rule_unless_a_hook_holds_the_object() {
        let object = |finalizers: Value| {
            let metadata = json!({ "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": finalizers });
            json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata })
        };
        check(object(json!([])), Some(Status::Progressing), "Pending deletion");
        check(object(json!([HOOK_FINALIZER])), Some(Status::Healthy), "");
    }

    #[test]
    fn a_version_with_unknown_fields_is_unknown_and_says_so() {
        let message = "unsupported Deployment GVK: apps/v1beta1, Kind=Deployment";
        check(json!({ "apiVersion": "apps/v1beta1", "kind": "Deployment" }), Some(Status::Unknown), message);
    }

    #[test]
    fn a_deployment_goes_from_unobserved_to_healthy() {
        let deployment = |status: Value| {
            let metadata = json!({ "name": "web", "generation": 2 });
            json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": { "replicas": 3 }, "status": status })
        };
        let progressing = Some(Status::Progressing);
        let unobserved = "Waiting for rollout to finish: observed deployment generation less than desired generation";
        check(deployment(json!({ "observedGeneration": 1 })), progressing.clone(), unobserved);
        let updating = "Waiting for rollout to finish: 1 out of 3 new replicas have been updated...";
        check(deployment(json!({ "observedGeneration": 2, "updatedReplicas": 1 })), progressing.clone(), updating);
        let available = "Waiting for rollout to finish: 2 of 3 updated replicas are available...";
        let status = json!({ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 2 });
        check(deployment(status), progressing, available);
        let done = json!({ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3 });
        check(deployment(done), Some(Status::Healthy), "");
        let stuck = json!({ "observedGeneration": 2, "conditions": [{ "type": "Progressing", "reason": "ProgressDeadlineExceeded" }] });
        check(deployment(stuck), Some(Status::Degraded), "Deployment \"web\" exceeded its progress deadline");
    }

    #[test]
    fn a_pod_that_cannot_pull_its_image_is_degraded_only_when_it_is_to_run_for_ever() {
        let pod = |policy: &str| {
            let waiting = json!([{ "name": "a", "state": { "waiting": { "reason": "ImagePullBackOff", "message": "no such image" } } }]);
            let status = json!({ "phase": "Pending", "containerStatuses": waiting });
            json!({ "apiVersion": "v1", "kind": "Pod", "spec": { "restartPolicy": policy }, "status": status })
        };
        check(pod("Always"), Some(Status::Degraded), "no such image");
        check(pod("Never"), Some(Status::Progressing), "");
    }
}
