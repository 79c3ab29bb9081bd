//! HorizontalPodAutoscalers: what they default to, and what they must be.

use serde_json::{Value, json};

use crate::catalog::Resource;
use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::spot::Spot;
use crate::rules::{fill, fill_status, formats, inside, quantity};

const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];
const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

pub(super) fn default(resource: &Resource, object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    fill(spec, "minReplicas", 1);
    if resource.version == "v1" {
        fill(spec, "targetCPUUtilizationPercentage", 80);
        fill_status(object, json!({ "currentReplicas": 0, "desiredReplicas": 0 }));
        return;
    }
    let target = json!({ "type": "Utilization", "averageUtilization": 80 });
    fill(spec, "metrics", json!([{ "type": "Resource", "resource": { "name": "cpu", "target": target } }]));
    if let Some(behavior) = inside(spec, &["behavior"]) {
        default_behavior(behavior);
    }
    fill_status(object, json!({ "currentMetrics": null, "desiredReplicas": 0 }));
}

/// Whoever says something of the behaviour is told the rest of it.
fn default_behavior(behavior: &mut Object) {
    let policy = |kind: &str, value: i64| json!({ "type": kind, "value": value, "periodSeconds": 15 });
    let up = object::child_mut(behavior, "scaleUp");
    fill(up, "stabilizationWindowSeconds", 0);
    fill(up, "selectPolicy", "Max");
    fill(up, "policies", json!([policy("Pods", 4), policy("Percent", 100)]));
    let down = object::child_mut(behavior, "scaleDown");
    fill(down, "selectPolicy", "Max");
    fill(down, "policies", json!([policy("Percent", 100)]));
}

pub(super) fn faults(object: &Object) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let (least, most) = (spec.at("minReplicas"), spec.at("maxReplicas"));
    let mut causes = Vec::new();
    if most.number() < least.number() {
        causes.push(most.invalid_as(most.number(), "must be greater than or equal to `minReplicas`"));
    }
    causes.extend(target(&spec.at("scaleTargetRef"), false));
    causes.extend(metrics(&spec, least.number()));
    for direction in ["scaleUp", "scaleDown"].map(|key| spec.down(&["behavior", key])) {
        if direction.is_set() {
            causes.extend(scaling(&direction));
        }
    }
    // These the real server finds by its schema, after all others.
    causes.extend(least.not_negative());
    match most.number() {
        0 => causes.push(most.required("")),
        count if count < 0 => causes.push(most.invalid("must be greater than or equal to 1")),
        _ => {}
    }
    causes
}

fn target(reference: &Spot<'_>, any_group: bool) -> Vec<Cause> {
    let mut causes: Vec<Cause> =
        ["kind", "name"].iter().flat_map(|key| reference.at(key).breaches_or_required(formats::path_segment)).collect();
    let version = reference.at("apiVersion");
    match version.text().matches('/').count() {
        0 if any_group || version.text() == "v1" && reference.at("kind").text() == "ReplicationController" => {}
        0 => causes.push(version.invalid_as(version.text(), "apiVersion must specify API group")),
        1 => {}
        _ => causes.push(version.invalid(format!("unexpected GroupVersion string: {}", version.text()))),
    }
    causes
}

fn metrics(spec: &Spot<'_>, least: i64) -> Vec<Cause> {
    let list = spec.at("metrics");
    let v1 = Spot::new(
        "spec.metrics[0].resource.target.averageUtilization",
        spec.at("targetCPUUtilizationPercentage").value,
    );
    let mut causes = Vec::new();
    if v1.int().is_some_and(|share| share < 1) {
        causes.push(v1.invalid("must be greater than 0"));
    }
    causes.extend(list.items().flat_map(|metric| metric_faults(&metric)));
    let outside = list.items().any(|metric| matches!(metric.at("type").text(), "Object" | "External"));
    if least == 0 && spec.at("minReplicas").is_set() && !outside {
        let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
        causes.push(list.forbidden(detail));
    }
    causes
}

fn metric_faults(metric: &Spot<'_>) -> Vec<Cause> {
    let kind = metric.at("type");
    let mut causes = Vec::new();
    let given: Vec<(&str, Spot<'_>)> =
        SOURCES.iter().map(|(_, key)| (*key, metric.at(key))).filter(|(_, source)| source.is_set()).collect();
    if !kind.has_text() {
        causes.push(kind.required("must specify a metric source type"));
    }
    let wanted = SOURCES.iter().find(|(name, _)| *name == kind.text()).map(|(_, key)| *key);
    if wanted.is_none() {
        causes.push(Cause::unsupported(kind.path.as_str(), &kind.text().into(), &TYPES));
    }
    causes.extend(given.first().into_iter().flat_map(|(key, source)| source_faults(key, source)));
    match wanted {
        Some(key) if !metric.at(key).is_set() => {
            causes.push(metric.at(key).required("must populate information for the given metric source"));
        }
        _ => {}
    }
    if given.len() != 1 {
        let others = given.iter().filter(|(key, _)| Some(*key) != wanted);
        causes.extend(others.map(|(_, source)| source.forbidden("must populate the given metric source only")));
    }
    causes
}

fn source_faults(kind: &str, source: &Spot<'_>) -> Vec<Cause> {
    let goal = source.at("target");
    let (value, average, share) = (goal.at("value"), goal.at("averageValue"), goal.at("averageUtilization"));
    let mut causes = Vec::new();
    match kind {
        "object" => causes.extend(target(&source.at("describedObject"), true)),
        "resource" | "containerResource" if !source.at("name").has_text() => {
            causes.push(source.at("name").required("must specify a resource name"));
        }
        _ => {}
    }
    if kind == "containerResource" && !source.at("container").has_text() {
        causes.push(source.at("container").required("must specify a container"));
    }
    if matches!(kind, "object" | "external" | "pods") {
        let name = source.down(&["metric", "name"]);
        if !name.has_text() {
            causes.push(name.required("must specify a metric name"));
        }
        causes.extend(name.breaches_if_set(formats::path_segment));
    }
    causes.extend(goal_faults(&goal));
    match kind {
        "object" if !value.is_set() && !average.is_set() => {
            causes.push(average.required("must set either a target value or averageValue"));
        }
        "external" if !value.is_set() && !average.is_set() => {
            causes.push(average.required("must set either a target value for metric or a per-pod target"));
        }
        "external" if value.is_set() && average.is_set() => {
            causes.push(value.forbidden("may not set both a target value for metric and a per-pod target"));
        }
        "pods" if !average.is_set() => causes.push(average.required("must specify a positive target averageValue")),
        "resource" | "containerResource" if !share.is_set() && !average.is_set() => {
            causes.push(share.required("must set either a target raw value or a target utilization"));
        }
        "resource" | "containerResource" if share.is_set() && average.is_set() => {
            causes.push(average.forbidden("may not set both a target raw value and a target utilization"));
        }
        _ => {}
    }
    causes
}

fn goal_faults(goal: &Spot<'_>) -> Vec<Cause> {
    let kind = goal.at("type");
    let mut causes = Vec::new();
    if !kind.has_text() {
        causes.push(kind.required("must specify a metric target type"));
    }
    if !matches!(kind.text(), "Utilization" | "Value" | "AverageValue") {
        causes.push(kind.invalid_as(kind.text(), "must be either Utilization, Value, or AverageValue"));
    }
    for amount in ["value", "averageValue"].map(|key| goal.at(key)) {
        if quantity::amount(amount.text()).is_some_and(|number| number <= 0) {
            causes.push(amount.invalid("must be positive"));
        }
    }
    let share = goal.at("averageUtilization");
    if share.int().is_some_and(|share| share < 1) {
        causes.push(share.invalid("must be greater than 0"));
    }
    causes
}

fn scaling(rules: &Spot<'_>) -> Vec<Cause> {
    const LONGEST_WINDOW: i64 = 3600;
    const LONGEST_PERIOD: i64 = 1800;
    let (window, policies, tolerance) =
        (rules.at("stabilizationWindowSeconds"), rules.at("policies"), rules.at("tolerance"));
    let mut causes = Vec::new();
    if window.number() < 0 {
        causes.push(window.invalid("must be greater than or equal to zero"));
    }
    if window.number() > LONGEST_WINDOW {
        causes.push(window.invalid(format!("must be less than or equal to {LONGEST_WINDOW}")));
    }
    causes.extend(rules.at("selectPolicy").one_of_if_set(&["Disabled", "Max", "Min"]));
    if policies.len() == 0 {
        causes.push(policies.required("must specify at least one Policy"));
    }
    for policy in policies.items() {
        let (kind, period) = (policy.at("type"), policy.at("periodSeconds"));
        if !matches!(kind.text(), "Pods" | "Percent") {
            causes.push(Cause::unsupported(kind.path.as_str(), &kind.text().into(), &["Percent", "Pods"]));
        }
        for number in [policy.at("value"), period.clone()].iter().filter(|spot| spot.number() <= 0) {
            causes.push(number.invalid_as(number.number(), "must be greater than zero"));
        }
        if period.number() > LONGEST_PERIOD {
            causes.push(period.invalid(format!("must be less than or equal to {LONGEST_PERIOD}")));
        }
    }
    if quantity::amount(tolerance.text()).is_some_and(|share| share < 0) {
        causes.push(tolerance.invalid_as(Value::from(tolerance.text()), "must be greater than or equal to 0"));
    }
    causes
}
