//! Argo Rollouts: Rollout, AnalysisRun.

use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

const WORKLOAD_GENERATION: &str = "rollout.argoproj.io/workload-generation";

fn waiting(message: &str) -> Verdict {
    Verdict::new(Status::Progressing, message)
}

pub(crate) fn rollout(object: Object<'_>) -> Verdict {
    if !is_observed(object) {
        return waiting("Waiting for rollout spec update to be observed");
    }
    // Since Rollouts 1.0 the controller sums its state up itself.
    if let Some(phase) = object.at("/status/phase").as_str() {
        return Verdict::new(named(phase), object.text("/status/message"));
    }
    let broken = object.conditions().find(|condition| match condition.kind {
        "InvalidSpec" => true,
        "Progressing" => matches!(condition.reason, "RolloutAborted" | "ProgressDeadlineExceeded"),
        _ => false,
    });
    if let Some(condition) = broken {
        return Verdict::new(Status::Degraded, condition.message);
    }
    if !object.list("/status/pauseConditions").is_empty() || object.flag("/spec/paused") {
        return Verdict::new(Status::Suspended, "Rollout is paused");
    }
    let unfinished = unfinished_replicas(object).or_else(|| unfinished_strategy(object));
    unfinished.map_or_else(|| Verdict::new(Status::Healthy, ""), waiting)
}

fn named(phase: &str) -> Status {
    match phase {
        "Healthy" => Status::Healthy,
        "Progressing" => Status::Progressing,
        "Degraded" => Status::Degraded,
        "Paused" | "Suspended" => Status::Suspended,
        "Missing" => Status::Missing,
        _ => Status::Unknown,
    }
}

/// Before 0.10 the observed generation was a hash, which tells nothing.
fn is_observed(object: Object<'_>) -> bool {
    if object.at("/status").is_null() {
        return false;
    }
    let observed = number(object, "/status/observedGeneration");
    let generation = object.count("/metadata/generation");
    if observed.is_some_and(|observed| observed < generation) {
        return false;
    }
    if object.at("/spec/workloadRef").is_null() || object.at("/metadata/annotations").is_null() {
        return true;
    }
    let workload = object.annotation(WORKLOAD_GENERATION).and_then(|text| text.parse().ok());
    workload == number(object, "/status/workloadObservedGeneration")
}

fn number(object: Object<'_>, pointer: &str) -> Option<i64> {
    let value = object.at(pointer);
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn unfinished_replicas(object: Object<'_>) -> Option<&'static str> {
    if object.at("/status/currentPodHash").is_null() {
        return Some("Waiting for rollout to finish: status has not been reconciled.");
    }
    let updated = object.count("/status/updatedReplicas");
    if updated < object.at("/spec/replicas").as_i64().unwrap_or(1) {
        return Some("Waiting for roll out to finish: More replicas need to be updated");
    }
    let available = object.count("/status/availableReplicas");
    (available < updated).then_some("Waiting for roll out to finish: updated replicas are still becoming available")
}

fn unfinished_strategy(object: Object<'_>) -> Option<&'static str> {
    let current = object.text("/status/currentPodHash");
    // Before 0.8 it stood below `canary`.
    let stable = match object.text("/status/stableRS") {
        "" => object.text("/status/canary/stableRS"),
        stable => stable,
    };
    if !object.at("/spec/strategy/blueGreen").is_null() {
        if object.text("/status/blueGreen/activeSelector") != current {
            return Some("active service cutover pending");
        }
        return (!stable.is_empty() && stable != current).then_some("waiting for analysis to complete");
    }
    if object.at("/spec/strategy/canary").is_null() {
        return None;
    }
    if object.count("/status/replicas") > object.count("/status/updatedReplicas") {
        return Some("Waiting for roll out to finish: old replicas are pending termination");
    }
    (stable != current).then_some("Waiting for rollout to finish steps")
}

pub(crate) fn analysis_run(object: Object<'_>) -> Verdict {
    if object.at("/status").is_null() {
        return waiting("Waiting for analysis run to finish: status has not been reconciled.");
    }
    let (status, default) = match object.text("/status/phase") {
        "Pending" | "Running" => return waiting("Analysis run is running"),
        "Successful" => (Status::Healthy, "Analysis run completed successfully"),
        "Failed" => (Status::Degraded, "Analysis run failed"),
        "Error" => (Status::Degraded, "Analysis run had an error"),
        "Inconclusive" => (Status::Unknown, "Analysis run was inconclusive"),
        _ => return Verdict::none(),
    };
    Verdict::new(status, object.at("/status/message").as_str().unwrap_or(default))
}
