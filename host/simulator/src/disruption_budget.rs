//! Disruption budgets: counts the ready Pods that a budget covers.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::api::ListParams;
use kube::runtime::controller::Action;
use kube::runtime::reflector::{ObjectRef, Store};
use serde_json::json;

use crate::children::{namespaced, write_status};
use crate::conditions::{self, Condition};
use crate::{Context, Error, Outcome};

pub(crate) async fn settle(budget: Arc<PodDisruptionBudget>, ctx: Arc<Context>) -> Outcome {
    if budget.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let pods = namespaced::<Pod>(&ctx, &budget.metadata).list(&ListParams::default()).await;
    let pods = pods.map_err(Error::to("list the pods of a budget"))?.items;
    let covered: Vec<&Pod> = pods.iter().filter(|pod| covers(&budget, pod)).collect();
    let expected = covered.len() as i64;
    let healthy = covered.iter().filter(|pod| is_ready(pod)).count() as i64;
    let desired = desired(&budget, expected);
    let allowed = (healthy - desired).max(0);
    let before = budget.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    let condition = Condition::new("DisruptionAllowed", allowed > 0, reason, "");
    let status = json!({
        "observedGeneration": budget.metadata.generation,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "disruptionsAllowed": allowed,
        "conditions": conditions::list(&before, &[condition], false),
    });
    write_status(&namespaced::<PodDisruptionBudget>(&ctx, &budget.metadata), &budget, status).await?;
    Ok(Action::await_change())
}

/// The budgets that have to be counted again when a Pod changes.
pub(crate) fn of_pod(budgets: &Store<PodDisruptionBudget>, pod: &Pod) -> Vec<ObjectRef<PodDisruptionBudget>> {
    budgets.state().iter().filter(|budget| covers(budget, pod)).map(|budget| ObjectRef::from_obj(&**budget)).collect()
}

fn covers(budget: &PodDisruptionBudget, pod: &Pod) -> bool {
    let empty = BTreeMap::new();
    let labels = pod.metadata.labels.as_ref().unwrap_or(&empty);
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref()?.match_labels.as_ref());
    budget.metadata.namespace == pod.metadata.namespace
        && selector.is_some_and(|wanted| wanted.iter().all(|(name, value)| labels.get(name) == Some(value)))
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// How many Pods have to stay: `minAvailable`, or what `maxUnavailable` leaves; shares are rounded up.
fn desired(budget: &PodDisruptionBudget, expected: i64) -> i64 {
    let spec = budget.spec.as_ref();
    let minimum = spec.and_then(|spec| spec.min_available.as_ref());
    let maximum = spec.and_then(|spec| spec.max_unavailable.as_ref());
    match (minimum, maximum) {
        (Some(minimum), _) => scaled(minimum, expected),
        (None, Some(maximum)) => expected - scaled(maximum, expected),
        (None, None) => expected,
    }
    .max(0)
}

fn scaled(amount: &IntOrString, of: i64) -> i64 {
    match amount {
        IntOrString::Int(count) => i64::from(*count),
        IntOrString::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            (of * percent + 99) / 100
        }
    }
}
