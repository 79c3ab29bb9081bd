//! Autoscalers, disruption budgets, priorities and leases.

use serde_json::json;

mod autoscaler;

use super::spot::Spot;
use super::{at, fill, fill_status, golang, selectors, workloads};
use crate::api::Api;
use crate::catalog::{Resource, shelf_of};
use crate::error::{ApiError, Cause, Reason};
use crate::object::{self, Object};
use crate::selector::matches_label_selector;
use crate::store::Range;

/// Classes of the server's own.
const SYSTEM_CLASSES: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

pub(super) fn default(resource: &Resource, object: &mut Object) {
    match resource.plural.as_str() {
        "horizontalpodautoscalers" => autoscaler::default(resource, object),
        "poddisruptionbudgets" => fill_status(
            object,
            json!({ "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0 }),
        ),
        "priorityclasses" => fill(object, "preemptionPolicy", "PreemptLowerPriority"),
        _ => {}
    }
}

pub(super) fn validate(resource: &Resource, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match resource.plural.as_str() {
        "horizontalpodautoscalers" => autoscaler::faults(object),
        "poddisruptionbudgets" => budget(&Spot::of(object, "spec")),
        "priorityclasses" => priority_class(object, live),
        _ => Vec::new(),
    }
}

/// Leases that servers elect among themselves are off by default, and their fields with them: whoever sets them owns
/// them nevertheless.
pub(super) fn drop_election(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    spec.remove("strategy");
    spec.remove("preferredHolder");
}

pub(super) fn lease(object: &Object) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let (length, changes) = (spec.at("leaseDurationSeconds"), spec.at("leaseTransitions"));
    let mut causes = Vec::new();
    if length.int().is_some_and(|seconds| seconds <= 0) {
        causes.push(length.invalid("must be greater than 0"));
    }
    causes.extend(changes.not_negative());
    causes
}

fn budget(spec: &Spot<'_>) -> Vec<Cause> {
    let counts = ["minAvailable", "maxUnavailable"].map(|key| spec.at(key));
    let mut causes = Vec::new();
    if counts.iter().all(Spot::is_set) {
        let shown = golang::line("policy.PodDisruptionBudgetSpec", spec.value);
        let detail = "minAvailable and maxUnavailable cannot be both set";
        causes.push(Cause::invalid_shown(spec.path.as_str(), &shown, detail));
    }
    for count in counts.iter().filter(|count| count.is_set()) {
        causes.extend(workloads::share(count));
        causes.extend(workloads::at_most_all(count));
    }
    causes.extend(selectors::faults(&spec.at("selector")));
    causes.extend(spec.at("unhealthyPodEvictionPolicy").one_of_if_set(&["AlwaysAllow", "IfHealthyBudget"]));
    causes
}

fn priority_class(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    const HIGHEST: i64 = 1_000_000_000;
    let (value, policy) = (Spot::of(object, "value"), Spot::of(object, "preemptionPolicy"));
    let mut causes = Vec::new();
    if let Some(live) = live {
        if value.number() != Spot::of(live, "value").number() {
            causes.push(value.forbidden("may not be changed in an update."));
        }
        causes.extend(policy.unchanged(&Spot::of(live, "preemptionPolicy")));
        return causes;
    }
    let name = object::name(object);
    if name.starts_with("system-") {
        if !SYSTEM_CLASSES.contains(&(name, value.number())) {
            causes.push(Cause::forbidden("metadata.name", &format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known \
                 system priority class"
            )));
        }
    } else if value.number() > HIGHEST {
        causes.push(value.forbidden(format!("maximum allowed value of a user defined priority is {HIGHEST}")));
    }
    causes.extend(policy.one_of_if_set(&["PreemptLowerPriority", "Never"]));
    causes
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
        let seen = at(&budget, &["status", "observedGeneration"]).as_i64().unwrap_or(0);
        let wanted = at(&budget, &["metadata", "generation"]).as_i64().unwrap_or(0);
        if selects && seen < wanted {
            return Err(unseen(object::name(&budget)));
        }
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

/// No controller has looked at the budget as it is now: what it allows is not known yet.
fn unseen(name: &str) -> ApiError {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    let detail = format!("The disruption budget {name} is still being processed by the server.");
    let cause = Cause { reason: "DisruptionBudget", message: detail, field: String::new() };
    let mut error = ApiError::new(Reason::TooManyRequests, message).with_causes(vec![cause]);
    error.details.get_or_insert_default().retry_after_seconds = 10;
    error
}
