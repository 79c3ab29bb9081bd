//! Autoscalers: content with what they find; there is no load to scale by.

use std::sync::Arc;

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::runtime::controller::Action;
use serde_json::json;

use crate::children::{namespaced, write_status};
use crate::conditions::{self, Condition};
use crate::{Context, Outcome};

pub(crate) async fn settle(scaler: Arc<HorizontalPodAutoscaler>, ctx: Arc<Context>) -> Outcome {
    let spec = &scaler.spec;
    if scaler.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let before = scaler.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let conditions = [
        Condition::new("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size"),
        Condition::new("ScalingActive", true, "ValidMetricFound", "the metrics are simulated"),
        Condition::new(
            "ScalingLimited",
            false,
            "DesiredWithinRange",
            "the desired count is within the acceptable range",
        ),
    ];
    let replicas = spec.min_replicas.unwrap_or(1);
    let status = json!({
        "currentReplicas": replicas,
        "desiredReplicas": replicas,
        "conditions": conditions::list(&before, &conditions, false),
    });
    write_status(&namespaced::<HorizontalPodAutoscaler>(&ctx, &scaler.metadata), &scaler, status).await?;
    Ok(Action::await_change())
}
