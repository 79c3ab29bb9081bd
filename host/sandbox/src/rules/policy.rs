//! Autoscalers, disruption budgets and priorities.

use serde_json::json;

use super::{at, fill, fill_status};
use crate::api::Api;
use crate::catalog::{Resource, shelf_of};
use crate::error::{ApiError, Cause, Reason};
use crate::object::{self, Object};
use crate::selector::matches_label_selector;
use crate::store::Range;

pub(super) fn default(resource: &Resource, object: &mut Object) {
    match resource.plural.as_str() {
        "horizontalpodautoscalers" => default_autoscaler(resource, object),
        "poddisruptionbudgets" => fill_status(
            object,
            json!({ "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0 }),
        ),
        "priorityclasses" => fill(object, "preemptionPolicy", "PreemptLowerPriority"),
        _ => {}
    }
}

fn default_autoscaler(resource: &Resource, object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    fill(spec, "minReplicas", 1);
    if resource.version == "v1" {
        fill(spec, "targetCPUUtilizationPercentage", 80);
        fill_status(object, json!({ "currentReplicas": 0, "desiredReplicas": 0 }));
        return;
    }
    let target = json!({ "type": "Utilization", "averageUtilization": 80 });
    fill(spec, "metrics", json!([{ "type": "Resource", "resource": { "name": "cpu", "target": target } }]));
    fill_status(object, json!({ "currentMetrics": null, "desiredReplicas": 0 }));
}

pub(super) fn validate(resource: &Resource, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match (resource.plural.as_str(), live) {
        ("horizontalpodautoscalers", _) => {
            let most = at(object, &["spec", "maxReplicas"]);
            if most.as_i64().unwrap_or(0) < 1 {
                return vec![Cause::invalid(
                    "spec.maxReplicas",
                    &json!(most.as_i64().unwrap_or(0)),
                    "must be greater than 0",
                )];
            }
            if at(object, &["spec", "minReplicas"]).as_i64() > most.as_i64() {
                let detail = "must be greater than or equal to `minReplicas`";
                return vec![Cause::invalid("spec.maxReplicas", most, detail)];
            }
            Vec::new()
        }
        ("poddisruptionbudgets", _) => {
            let both = ["minAvailable", "maxUnavailable"].iter().all(|key| !at(object, &["spec", key]).is_null());
            let detail = "minAvailable and maxUnavailable cannot be both set";
            if both { vec![Cause::invalid("spec", &object["spec"], detail)] } else { Vec::new() }
        }
        ("priorityclasses", Some(live)) if object.get("value") != live.get("value") => {
            vec![Cause::forbidden("value", "may not be changed in an update.")]
        }
        _ => Vec::new(),
    }
}

/// # Errors
/// A budget that selects the Pod allows no disruption now.
pub(super) fn check_eviction(api: &Api, pod: &Object) -> Result<(), ApiError> {
    let shelf = shelf_of("policy", "poddisruptionbudgets");
    let range = Range { namespace: Some(object::namespace(pod)), ..Range::default() };
    let Ok(page) = api.store.list(&shelf, &range) else { return Ok(()) };
    let labels = object::child(object::metadata(pod), "labels");
    for (_, stored) in page.items {
        let Ok(budget) = object::parse(&stored.body) else { continue };
        let selects =
            at(&budget, &["spec", "selector"]).as_object().is_some_and(|one| matches_label_selector(one, labels));
        if selects && at(&budget, &["status", "disruptionsAllowed"]).as_i64().unwrap_or(0) == 0 {
            let message = "Cannot evict pod as it would violate the pod's disruption budget.";
            let name = object::name(&budget);
            let needed = at(&budget, &["status", "desiredHealthy"]).as_i64().unwrap_or(0);
            let healthy = at(&budget, &["status", "currentHealthy"]).as_i64().unwrap_or(0);
            let cause = Cause {
                reason: "DisruptionBudget",
                message: format!(
                    "The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"
                ),
                field: String::new(),
            };
            return Err(ApiError::new(Reason::TooManyRequests, message).with_causes(vec![cause]));
        }
    }
    Ok(())
}
