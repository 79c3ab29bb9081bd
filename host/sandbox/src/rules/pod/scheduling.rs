//! Where a Pod may run: affinity, tolerations, spread.

use serde_json::Value;

use crate::error::Cause;
use crate::rules::spot::Spot;
use crate::rules::{formats, selectors};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn affinity(affinity: &Spot<'_>) -> Vec<Cause> {
    let mut causes = nodes(&affinity.at("nodeAffinity"));
    for kind in ["podAffinity", "podAntiAffinity"] {
        let kind = affinity.at(kind);
        causes.extend(kind.at(REQUIRED).items().flat_map(|term| pods(&term)));
        for weighted in kind.at(PREFERRED).items() {
            causes.extend(weight(&weighted));
            causes.extend(pods(&weighted.at("podAffinityTerm")));
        }
    }
    causes
}

fn nodes(affinity: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let required = affinity.at(REQUIRED);
    if required.is_set() {
        let terms = required.at("nodeSelectorTerms");
        if terms.len() == 0 {
            causes.push(terms.required("must have at least one node selector term"));
        }
        causes.extend(terms.items().flat_map(|term| node_term(&term, true)));
    }
    for preferred in affinity.at(PREFERRED).items() {
        causes.extend(weight(&preferred));
        causes.extend(node_term(&preferred.at("preference"), false));
    }
    causes
}

fn weight(term: &Spot<'_>) -> Option<Cause> {
    let weight = term.at("weight");
    (!(1..=100).contains(&weight.number())).then(|| weight.invalid_as(weight.number(), "must be in the range 1-100"))
}

fn node_term(term: &Spot<'_>, checks_values: bool) -> Vec<Cause> {
    let mut causes: Vec<Cause> =
        term.at("matchExpressions").items().flat_map(|one| node_requirement(&one, checks_values)).collect();
    causes.extend(term.at("matchFields").items().flat_map(|one| field_requirement(&one)));
    causes
}

fn node_requirement(one: &Spot<'_>, checks_values: bool) -> Vec<Cause> {
    let (operator, values) = (one.at("operator"), one.at("values"));
    let mut causes = Vec::new();
    match operator.text() {
        "In" | "NotIn" if values.len() == 0 => {
            causes.push(values.required("must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if values.len() > 0 => {
            causes.push(values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        }
        "Gt" | "Lt" if values.len() != 1 => {
            causes.push(values.required("must be specified single value when `operator` is 'Lt' or 'Gt'"));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => causes.push(operator.invalid_as(other, "not a valid selector operator")),
    }
    causes.extend(one.at("key").breaches(formats::qualified));
    if checks_values {
        causes.extend(values.items().flat_map(|value| value.breaches(formats::label_value)));
    }
    causes
}

fn field_requirement(one: &Spot<'_>) -> Vec<Cause> {
    let (operator, values, key) = (one.at("operator"), one.at("values"), one.at("key"));
    let mut causes = Vec::new();
    match operator.text() {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            causes.push(values.required(detail));
        }
        other => causes.push(operator.invalid_as(other, "not a valid selector operator")),
    }
    if key.text() == "metadata.name" {
        causes.extend(values.items().flat_map(|value| value.breaches(formats::subdomain)));
    } else {
        causes.push(key.invalid_as(key.text(), "not a valid field selector key"));
    }
    causes
}

fn pods(term: &Spot<'_>) -> Vec<Cause> {
    let mut causes = selectors::faults(&term.at("labelSelector"));
    causes.extend(selectors::faults(&term.at("namespaceSelector")));
    let at_term = format!("{}.namespace", term.path);
    causes.extend(term.at("namespaces").items().flat_map(|name| name.named(at_term.as_str()).breaches(formats::label)));
    causes.extend(label_keys(term, &["matchLabelKeys", "mismatchLabelKeys"]));
    let topology = term.at("topologyKey");
    if !topology.has_text() {
        causes.push(topology.required("can not be empty"));
    }
    causes.extend(topology.breaches(formats::qualified));
    causes
}

/// Keys whose values are taken from the Pod and put into the selector, so there has to be one.
fn label_keys(term: &Spot<'_>, lists: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for list in lists.iter().map(|list| term.at(list)).filter(|list| list.len() > 0) {
        if !term.at("labelSelector").is_set() {
            causes.push(list.forbidden("must not be specified when labelSelector is not set"));
        }
        causes.extend(list.items().flat_map(|key| key.breaches(formats::qualified)));
    }
    causes
}

pub(super) fn spread(constraints: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let all: Vec<Spot<'_>> = constraints.items().collect();
    for (index, one) in all.iter().enumerate() {
        let (skew, topology, action) = (one.at("maxSkew"), one.at("topologyKey"), one.at("whenUnsatisfiable"));
        if skew.number() <= 0 {
            causes.push(skew.invalid_as(skew.number(), "must be greater than zero"));
        }
        if !topology.has_text() {
            causes.push(topology.required("can not be empty"));
        }
        const ACTIONS: [&str; 2] = ["DoNotSchedule", "ScheduleAnyway"];
        if !ACTIONS.contains(&action.text()) {
            causes.push(Cause::unsupported(action.path.as_str(), &action.text().into(), &ACTIONS));
        }
        let same = |other: &Spot<'_>| {
            other.at("topologyKey").text() == topology.text() && other.at("whenUnsatisfiable").text() == action.text()
        };
        if all[index + 1..].iter().any(same) {
            let pair = Value::from(format!("{{{}, {}}}", topology.text(), action.text()));
            causes.push(Cause::duplicate(format!("{}.{{topologyKey, whenUnsatisfiable}}", one.path), &pair));
        }
        causes.extend(domains(&one.at("minDomains"), action.text()));
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            causes.extend(one.at(policy).one_of_if_set(&["Honor", "Ignore"]));
        }
        causes.extend(label_keys(one, &["matchLabelKeys"]));
        causes.extend(selectors::faults(&one.at("labelSelector")));
    }
    causes
}

fn domains(least: &Spot<'_>, action: &str) -> Vec<Cause> {
    let Some(count) = least.int() else { return Vec::new() };
    let mut causes = Vec::new();
    if count <= 0 {
        causes.push(least.invalid("must be greater than zero"));
    }
    if action != "DoNotSchedule" {
        let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
        causes.push(least.invalid(detail));
    }
    causes
}

pub(super) fn tolerations(list: &Spot<'_>) -> Vec<Cause> {
    list.items().flat_map(|one| toleration(&one)).collect()
}

fn toleration(one: &Spot<'_>) -> Vec<Cause> {
    let (key, operator, value, effect) = (one.at("key"), one.at("operator"), one.at("value"), one.at("effect"));
    let mut causes = key.breaches_if_set(formats::qualified);
    if !key.has_text() && operator.text() != "Exists" {
        let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        causes.push(operator.invalid_as(operator.text(), detail));
    }
    if one.at("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
        causes.push(effect.invalid_as(effect.text(), "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    match operator.text() {
        "Equal" | "" => {
            let faults = formats::label_value(value.text());
            if !faults.is_empty() {
                causes.push(operator.invalid_as(value.text(), faults.join(";")));
            }
        }
        "Exists" if value.has_text() => {
            causes.push(operator.invalid_as(value.text(), "value must be empty when `operator` is 'Exists'"));
        }
        "Exists" => {}
        "Lt" | "Gt" => causes.push(operator.unsupported(&["Equal", "Exists", "Lt", "Gt"])),
        _ => causes.push(operator.unsupported(&["Equal", "Exists"])),
    }
    causes.extend(effect.one_of_if_set(&["NoSchedule", "PreferNoSchedule", "NoExecute"]));
    causes
}
