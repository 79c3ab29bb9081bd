//! When a Job counts as failed, and when as done.

use std::collections::BTreeSet;

use crate::error::Cause;
use crate::rules::spot::Spot;
use crate::rules::{formats, golang};

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];

pub(super) fn failure(spec: &Spot<'_>) -> Vec<Cause> {
    let rules = spec.down(&["podFailurePolicy", "rules"]);
    let mut causes: Vec<Cause> = rules.too_many(20).into_iter().collect();
    let pod = spec.down(&["template", "spec"]);
    let containers = ["containers", "initContainers"].into_iter().flat_map(|list| pod.at(list).items());
    let containers: BTreeSet<&str> = containers.map(|container| container.at("name").text()).collect();
    for rule in rules.items() {
        causes.extend(action(spec, &rule.at("action")));
        let (codes, conditions) = (rule.at("onExitCodes"), rule.at("onPodConditions"));
        if codes.is_set() {
            causes.extend(exit_codes(&codes, &containers));
        }
        causes.extend(conditions.too_many(20));
        causes.extend(conditions.items().flat_map(|pattern| condition(&pattern)));
        let detail = match (codes.is_set(), conditions.len() > 0) {
            (true, true) => "specifying both OnExitCodes and OnPodConditions is not supported",
            (false, false) => "specifying one of OnExitCodes and OnPodConditions is required",
            _ => continue,
        };
        causes.push(Cause::invalid_alone(rule.path.as_str(), detail));
    }
    causes
}

fn action(spec: &Spot<'_>, action: &Spot<'_>) -> Option<Cause> {
    match action.text() {
        "" => Some(action.required("valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]")),
        "FailIndex" if !spec.at("backoffLimitPerIndex").is_set() => {
            Some(action.invalid("requires the backoffLimitPerIndex to be set"))
        }
        _ => action.one_of_if_set(&ACTIONS),
    }
}

fn condition(pattern: &Spot<'_>) -> Vec<Cause> {
    let mut causes = pattern.at("type").breaches(formats::qualified);
    let status = pattern.at("status");
    causes.extend(match status.text() {
        "" => Some(status.required("valid values: [\"False\" \"True\" \"Unknown\"]")),
        _ => status.one_of_if_set(&["False", "True", "Unknown"]),
    });
    causes
}

fn exit_codes(codes: &Spot<'_>, containers: &BTreeSet<&str>) -> Vec<Cause> {
    let (operator, container, values) = (codes.at("operator"), codes.at("containerName"), codes.at("values"));
    let mut causes: Vec<Cause> = match operator.text() {
        "" => Some(operator.required("valid values: [\"In\" \"NotIn\"]")),
        _ => operator.one_of_if_set(&["In", "NotIn"]),
    }
    .into_iter()
    .collect();
    if container.is_set() && !containers.contains(container.text()) {
        let detail = "must be one of the container or initContainer names in the pod template";
        causes.push(container.invalid(detail));
    }
    if values.len() == 0 {
        causes.push(values.invalid("at least one value is required"));
    }
    causes.extend(values.too_many(255));
    let (mut seen, mut last) = (BTreeSet::new(), None);
    let mut ordered = true;
    for value in values.items() {
        if operator.text() == "In" && value.number() == 0 {
            causes.push(value.invalid("must not be 0 for the In operator"));
        }
        if !seen.insert(value.number()) {
            causes.push(value.duplicate());
        }
        ordered &= last.is_none_or(|last| last <= value.number());
        last = Some(value.number());
    }
    if !ordered {
        causes.push(values.invalid("must be ordered"));
    }
    causes
}

pub(super) fn success(spec: &Spot<'_>) -> Vec<Cause> {
    let policy = spec.at("successPolicy");
    if !policy.is_set() {
        return Vec::new();
    }
    if spec.at("completionMode").text() != "Indexed" {
        let shown = golang::line("batch.SuccessPolicy", policy.value);
        return vec![Cause::invalid_shown(policy.path, &shown, "requires indexed completion mode")];
    }
    let rules = policy.at("rules");
    let mut causes = Vec::new();
    if rules.len() == 0 {
        causes.push(rules.required("at least one rules must be specified when the successPolicy is specified"));
    }
    causes.extend(rules.too_many(20));
    let completions = spec.at("completions").number();
    for rule in rules.items() {
        let (count, indexes) = (rule.at("succeededCount"), rule.at("succeededIndexes"));
        if !count.is_set() && !indexes.is_set() {
            causes.push(rule.required("at least one of succeededCount or succeededIndexes must be specified"));
        }
        causes.extend(count.not_negative());
        if count.number() > completions {
            let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
            causes.push(count.invalid(detail));
        }
    }
    causes
}
