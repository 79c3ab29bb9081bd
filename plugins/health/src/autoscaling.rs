//! What keeps numbers of pods: HorizontalPodAutoscaler, PodDisruptionBudget.

use serde_json::Value;
use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

/// Where version 1 keeps its conditions, as JSON.
const V1_CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const CANNOT_SCALE: [&str; 2] = ["FailedGetScale", "FailedUpdateScale"];
const NO_METRIC: [&str; 6] = [
    "FailedGetResourceMetric",
    "FailedGetObjectMetric",
    "FailedGetPodsMetric",
    "FailedGetExternalMetric",
    "FailedComputeMetricsReplicas",
    "InvalidSelector",
];

pub(crate) fn horizontal(object: Object<'_>) -> Verdict {
    if object.text("/apiVersion") != "autoscaling/v1" {
        return by_conditions(object);
    }
    let Some(conditions) = object.annotation(V1_CONDITIONS) else { return waiting() };
    match serde_json::from_str::<Vec<Value>>(conditions) {
        Ok(conditions) => by_conditions(Object(&serde_json::json!({ "status": { "conditions": conditions } }))),
        Err(error) => {
            Verdict::new(Status::Unknown, format!("failed to convert conditions annotation to typed: {error}"))
        }
    }
}

fn by_conditions(object: Object<'_>) -> Verdict {
    let degraded = object.conditions().find(|condition| match condition.kind {
        "AbleToScale" => CANNOT_SCALE.contains(&condition.reason),
        "ScalingActive" => NO_METRIC.contains(&condition.reason),
        _ => false,
    });
    let healthy = || object.conditions().find(|c| c.is("AbleToScale", "True") || c.is("ScalingLimited", "True"));
    match (degraded, healthy()) {
        (Some(condition), _) => Verdict::new(Status::Degraded, condition.message),
        (None, Some(condition)) => Verdict::new(Status::Healthy, condition.message),
        (None, None) => waiting(),
    }
}

fn waiting() -> Verdict {
    Verdict::new(Status::Progressing, "Waiting to Autoscale")
}

/// Too few pods is no fault of the budget.
pub(crate) fn disruption_budget(object: Object<'_>) -> Verdict {
    let mut verdict = Verdict::new(Status::Progressing, "Waiting for status");
    for condition in object.conditions() {
        let message = format!("PodDisruptionBudget has {}", condition.reason);
        if condition.status == "False" && condition.reason != "InsufficientPods" {
            return Verdict::new(Status::Degraded, message);
        }
        verdict = Verdict::new(Status::Healthy, message);
    }
    verdict
}
