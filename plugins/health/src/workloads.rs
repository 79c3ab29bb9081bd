//! What the controllers of `apps` report: Deployment, StatefulSet, DaemonSet, ReplicaSet.

use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

fn healthy(message: String) -> Verdict {
    Verdict::new(Status::Healthy, message)
}

fn waiting(message: String) -> Verdict {
    Verdict::new(Status::Progressing, message)
}

/// Whether the controller has yet to see the newest spec.
fn is_stale(object: Object<'_>) -> bool {
    object.count("/metadata/generation") > object.count("/status/observedGeneration")
}

pub(crate) fn deployment(object: Object<'_>) -> Verdict {
    if object.flag("/spec/paused") {
        return Verdict::new(Status::Suspended, "Deployment is paused");
    }
    if is_stale(object) {
        let message = "Waiting for rollout to finish: observed deployment generation less than desired generation";
        return waiting(message.into());
    }
    let progress = object.conditions().find(|condition| condition.kind == "Progressing");
    if progress.is_some_and(|condition| condition.reason == "ProgressDeadlineExceeded") {
        return Verdict::new(
            Status::Degraded,
            format!("Deployment {:?} exceeded its progress deadline", object.name()),
        );
    }
    let (replicas, updated) = (object.count("/status/replicas"), object.count("/status/updatedReplicas"));
    let available = object.count("/status/availableReplicas");
    match object.at("/spec/replicas").as_i64() {
        Some(desired) if updated < desired => waiting(format!(
            "Waiting for rollout to finish: {updated} out of {desired} new replicas have been updated..."
        )),
        _ if replicas > updated => waiting(format!(
            "Waiting for rollout to finish: {} old replicas are pending termination...",
            replicas - updated
        )),
        _ if available < updated => waiting(format!(
            "Waiting for rollout to finish: {available} of {updated} updated replicas are available..."
        )),
        _ => healthy(String::new()),
    }
}

pub(crate) fn stateful_set(object: Object<'_>) -> Verdict {
    if object.count("/status/observedGeneration") == 0 || is_stale(object) {
        return waiting("Waiting for statefulset spec update to be observed...".into());
    }
    let ready = object.count("/status/readyReplicas");
    let desired = object.at("/spec/replicas").as_i64();
    if let Some(desired) = desired.filter(|desired| ready < *desired) {
        return waiting(format!("Waiting for {} pods to be ready...", desired - ready));
    }
    let updated = object.count("/status/updatedReplicas");
    let strategy = object.text("/spec/updateStrategy/type");
    if strategy == "RollingUpdate" && !object.at("/spec/updateStrategy/rollingUpdate").is_null() {
        return partition(object, desired, updated);
    }
    if strategy == "OnDelete" {
        return healthy(format!("statefulset has {ready} ready pods"));
    }
    let (update, current) = (object.text("/status/updateRevision"), object.text("/status/currentRevision"));
    if update != current {
        return waiting(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        ));
    }
    let count = object.count("/status/currentReplicas");
    healthy(format!("statefulset rolling update complete {count} pods at revision {current}..."))
}

/// Only the pods from the partition's ordinal on are updated.
fn partition(object: Object<'_>, desired: Option<i64>, updated: i64) -> Verdict {
    let first = object.at("/spec/updateStrategy/rollingUpdate/partition").as_i64();
    match desired.zip(first).map(|(desired, first)| desired - first) {
        Some(wanted) if updated < wanted => waiting(format!(
            "Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated..."
        )),
        _ => healthy(format!("partitioned roll out complete: {updated} new pods have been updated...")),
    }
}

pub(crate) fn daemon_set(object: Object<'_>) -> Verdict {
    if is_stale(object) {
        let message = "Waiting for rollout to finish: observed daemon set generation less than desired generation";
        return waiting(message.into());
    }
    let name = object.name();
    let desired = object.count("/status/desiredNumberScheduled");
    let updated = object.count("/status/updatedNumberScheduled");
    let available = object.count("/status/numberAvailable");
    if object.text("/spec/updateStrategy/type") == "OnDelete" {
        return healthy(format!("daemon set {updated} out of {desired} new pods have been updated"));
    }
    if updated < desired {
        return waiting(format!(
            "Waiting for daemon set {name:?} rollout to finish: {updated} out of {desired} new pods have been updated..."
        ));
    }
    if available < desired {
        return waiting(format!(
            "Waiting for daemon set {name:?} rollout to finish: {available} of {desired} updated pods are available..."
        ));
    }
    healthy(String::new())
}

pub(crate) fn replica_set(object: Object<'_>) -> Verdict {
    if is_stale(object) {
        let message = "Waiting for rollout to finish: observed replica set generation less than desired generation";
        return waiting(message.into());
    }
    let failure = object.conditions().find(|condition| condition.kind == "ReplicaFailure");
    if let Some(failure) = failure.filter(|condition| condition.status == "True") {
        return Verdict::new(Status::Degraded, failure.message);
    }
    let available = object.count("/status/availableReplicas");
    match object.at("/spec/replicas").as_i64() {
        Some(desired) if available < desired => waiting(format!(
            "Waiting for rollout to finish: {available} out of {desired} new replicas are available..."
        )),
        _ => healthy(String::new()),
    }
}
