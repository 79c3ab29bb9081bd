//! What a container asks for and may use.

use crate::error::Cause;
use crate::rules::spot::Spot;
use crate::rules::{names, quantity};

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
    if any(names::is_huge_page) && !any(computes) {
        causes.push(resources.forbidden("HugePages require cpu or memory"));
    }
    causes
}

fn amount(amount: &Spot<'_>, name: &str) -> Vec<Cause> {
    let mut causes = names::of_containers(amount, name);
    let value = quantity::amount(amount.text());
    if value.is_some_and(|value| value < 0) {
        causes.push(amount.invalid("must be greater than or equal to 0"));
    }
    // What is counted in pieces has no parts.
    const NANO: i128 = 1_000_000_000;
    let counted = name.contains('/') && !names::is_native(name);
    if counted && value.is_some_and(|value| value % NANO != 0) {
        causes.push(amount.invalid("must be an integer"));
    }
    causes
}

fn against_limit(requests: &Spot<'_>, limits: &Spot<'_>, name: &str) -> Option<Cause> {
    let (asked, limit) = (requests.entry(name), limits.entry(name));
    let shareable = names::is_shareable(name);
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
