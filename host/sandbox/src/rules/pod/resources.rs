//! What a container asks for and may use.

use crate::error::Cause;
use crate::rules::spot::Spot;
use crate::rules::{formats, quantity};

/// Names without a prefix that a container can ask for.
const OF_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Further names that mean something somewhere.
const STANDARD: [&str; 27] = [
    "storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
    "count/deviceclasses",
    "deviceclasses",
    "resourceclaims",
    "nodes",
    "serviceaccounts",
    "endpoints",
    "events",
    "limitranges",
    "podtemplates",
    "bindings",
];

pub(super) fn faults(resources: &Spot<'_>) -> Vec<Cause> {
    let (limits, requests) = (resources.at("limits"), resources.at("requests"));
    let mut causes = Vec::new();
    for name in limits.map().keys() {
        causes.extend(amount(&limits.entry(name), name));
    }
    for name in requests.map().keys() {
        causes.extend(amount(&requests.entry(name), name));
        causes.extend(against_limit(&requests, &limits, name));
    }
    let named = |list: &Spot<'_>, test: fn(&str) -> bool| list.map().keys().any(|name| test(name));
    let computes = |name: &str| matches!(name, "cpu" | "memory");
    let any = |test: fn(&str) -> bool| named(&limits, test) || named(&requests, test);
    if any(is_huge_page) && !any(computes) {
        causes.push(resources.forbidden("HugePages require cpu or memory"));
    }
    causes
}

fn amount(amount: &Spot<'_>, name: &str) -> Vec<Cause> {
    let mut causes = resource_name(amount, name);
    let value = quantity::amount(amount.text());
    if value.is_some_and(|value| value < 0) {
        causes.push(amount.invalid("must be greater than or equal to 0"));
    }
    // What is counted in pieces has no parts.
    const NANO: i128 = 1_000_000_000;
    let counted = name.contains('/') && !is_native(name);
    if counted && value.is_some_and(|value| value % NANO != 0) {
        causes.push(amount.invalid("must be an integer"));
    }
    causes
}

fn resource_name(amount: &Spot<'_>, name: &str) -> Vec<Cause> {
    let invalid = |detail: &str| amount.invalid_as(name, detail);
    let mut causes: Vec<Cause> = formats::qualified(name).iter().map(|detail| invalid(detail)).collect();
    if name.contains('/') {
        if causes.is_empty() && !is_native(name) && name.starts_with("requests.") {
            causes.push(invalid("doesn't follow extended resource name standard"));
        }
        return causes;
    }
    let usable = OF_CONTAINERS.contains(&name) || is_huge_page(name);
    if causes.is_empty() && !usable && !STANDARD.contains(&name) {
        causes.push(invalid("must be a standard resource type or fully qualified"));
    }
    if !usable {
        causes.push(invalid("must be a standard resource for containers"));
    }
    causes
}

fn against_limit(requests: &Spot<'_>, limits: &Spot<'_>, name: &str) -> Option<Cause> {
    let (asked, limit) = (requests.entry(name), limits.entry(name));
    let shareable = OF_CONTAINERS.contains(&name) || is_native(name) && !is_huge_page(name);
    if !limit.is_set() {
        return (!shareable).then(|| limits.required("Limit must be set for non overcommitable resources"));
    }
    let (wanted, most) = (quantity::amount(asked.text())?, quantity::amount(limit.text())?);
    let detail = match (wanted == most, wanted > most) {
        (false, _) if !shareable => format!("must be equal to {name} limit of {}", limit.text()),
        (_, true) => format!("must be less than or equal to {name} limit of {}", limit.text()),
        _ => return None,
    };
    Some(requests.invalid_as(asked.text(), detail))
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}
