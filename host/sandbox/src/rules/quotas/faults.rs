//! What a ResourceQuota must be.

use std::collections::BTreeSet;

use crate::error::Cause;
use crate::object::Object;
use crate::rules::spot::Spot;
use crate::rules::{FIELD_IS_IMMUTABLE, names, quantity};

const PAIRS: [[&str; 2]; 2] = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];

pub(in crate::rules) fn faults(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let mut causes = amount_faults(&spec.at("hard"));
    causes.extend(scope_faults(&spec));
    causes.extend(selector_faults(&spec));
    match live {
        None => causes.extend(status_faults(object)),
        Some(live) => {
            let scopes = |object: &Object| -> BTreeSet<String> {
                Spot::of(object, "spec").at("scopes").items().map(|scope| scope.text().to_owned()).collect()
            };
            if scopes(object) != scopes(live) {
                causes.push(spec.at("scopes").invalid(FIELD_IS_IMMUTABLE));
            }
        }
    }
    causes
}

pub(in crate::rules) fn status_faults(object: &Object) -> Vec<Cause> {
    let status = Spot::of(object, "status");
    ["hard", "used"].iter().flat_map(|key| amount_faults(&status.at(key))).collect()
}

fn amount_faults(list: &Spot<'_>) -> Vec<Cause> {
    const NANO: i128 = 1_000_000_000;
    let mut causes = Vec::new();
    for name in list.map().keys() {
        let amount = list.entry(name);
        causes.extend(names::of_quotas(&amount, name));
        let value = quantity::amount(amount.text()).unwrap_or(0);
        if value < 0 {
            causes.push(amount.invalid("must be greater than or equal to 0"));
        }
        if names::is_whole(name) && value % NANO != 0 {
            causes.push(amount.invalid("must be an integer"));
        }
    }
    causes
}

fn scope_faults(spec: &Spot<'_>) -> Vec<Cause> {
    let scopes = spec.at("scopes");
    let mut causes = Vec::new();
    for scope in scopes.items() {
        if !is_scope(scope.text()) {
            causes.push(scopes.invalid("unsupported scope"));
        }
        causes.extend(misfits(spec, scope.text()).map(|()| scopes.invalid("unsupported scope applied to resource")));
    }
    let named: Vec<&str> = scopes.items().map(|scope| scope.text()).collect();
    let both = PAIRS.iter().filter(|pair| pair.iter().all(|scope| named.contains(scope)));
    causes.extend(both.map(|_| scopes.invalid("conflicting scopes")));
    causes
}

fn selector_faults(spec: &Spot<'_>) -> Vec<Cause> {
    let selector = spec.at("scopeSelector");
    let place = selector.at("matchExpressions");
    let mut causes = Vec::new();
    for one in place.items() {
        let (scope, operator, values) = (one.at("scopeName"), one.at("operator"), one.at("values"));
        let [scope_place, operator_place, values_place] =
            ["scopeName", "operator", "values"].map(|key| format!("{}.{key}", place.path));
        if !is_scope(scope.text()) {
            causes.push(scope.named(scope_place).invalid("unsupported scope"));
        }
        let shown = selector.named(place.path.as_str());
        causes.extend(misfits(spec, scope.text()).map(|()| shown.invalid("unsupported scope applied to resource")));
        if is_plain(scope.text()) && operator.text() != "Exists" {
            causes.push(operator.named(operator_place.as_str()).invalid(MUST_EXIST));
        }
        match operator.text() {
            "In" | "NotIn" if values.len() == 0 => {
                let detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                causes.push(values.named(values_place).required(detail));
            }
            "Exists" | "DoesNotExist" if values.len() > 0 => {
                let detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                causes.push(values.named(values_place).invalid(detail));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => causes.push(operator.named(operator_place).invalid("not a valid selector operator")),
        }
    }
    causes
}

const MUST_EXIST: &str = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
     ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

/// Whether a scope is there or not, without values.
fn is_plain(scope: &str) -> bool {
    matches!(scope, "BestEffort" | "NotBestEffort" | "Terminating" | "NotTerminating" | "CrossNamespacePodAffinity")
}

fn is_scope(scope: &str) -> bool {
    is_plain(scope) || matches!(scope, "PriorityClass" | "VolumeAttributesClass")
}

/// One for each amount that the scope cannot be about.
fn misfits(spec: &Spot<'_>, scope: &str) -> impl Iterator<Item = ()> {
    let hard = spec.at("hard").map();
    hard.keys().filter(|name| names::is_of_quotas(name) && !fits(scope, name)).map(|_| ())
}

fn fits(scope: &str, name: &str) -> bool {
    const COMPUTED: [&str; 6] = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    match scope {
        "BestEffort" => name == "pods",
        "VolumeAttributesClass" => matches!(name, "persistentvolumeclaims" | "requests.storage"),
        _ if is_scope(scope) => name == "pods" || COMPUTED.contains(&name),
        _ => true,
    }
}
