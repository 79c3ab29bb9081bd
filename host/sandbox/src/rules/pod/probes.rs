//! Probes and hooks of a container.

use super::spec::Pod;
use crate::error::Cause;
use crate::rules::formats;
use crate::rules::spot::Spot;

/// The faults of a container's hooks and probes, for containers that may have them.
pub(super) fn of_container(pod: &Pod<'_>, container: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let grace = pod.spec.at("terminationGracePeriodSeconds").int();
    for hook in ["postStart", "preStop"].map(|hook| container.down(&["lifecycle", hook])) {
        if hook.is_set() {
            causes.extend(handler(&hook, &["exec", "httpGet", "tcpSocket", "sleep"], grace));
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.at(key);
        if !probe.is_set() {
            continue;
        }
        causes.extend(faults(&probe));
        let (successes, grace) = (probe.at("successThreshold"), probe.at("terminationGracePeriodSeconds"));
        match key {
            "readinessProbe" if grace.is_set() => causes.push(grace.invalid("must not be set for readinessProbes")),
            "livenessProbe" | "startupProbe" if successes.number() != 1 => {
                causes.push(successes.invalid_as(successes.number(), "must be 1"));
            }
            _ => {}
        }
    }
    causes
}

fn faults(probe: &Spot<'_>) -> Vec<Cause> {
    const COUNTS: [&str; 5] =
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
    let mut causes = handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], None);
    causes.extend(COUNTS.into_iter().filter_map(|key| probe.at(key).not_negative()));
    let grace = probe.at("terminationGracePeriodSeconds");
    if grace.int().is_some_and(|seconds| seconds <= 0) {
        causes.push(grace.invalid("must be greater than 0"));
    }
    causes
}

/// Exactly one way to act, and that one sound.
fn handler(place: &Spot<'_>, kinds: &[&str], grace: Option<i64>) -> Vec<Cause> {
    let mut ways = kinds.iter().map(|kind| (*kind, place.at(kind))).filter(|(_, way)| way.is_set());
    let Some((kind, first)) = ways.next() else {
        return vec![place.required("must specify a handler type")];
    };
    let mut causes = match kind {
        "exec" if first.at("command").len() == 0 => vec![first.at("command").required("")],
        "httpGet" => http_get(&first),
        "tcpSocket" => port(&first.at("port")),
        "grpc" => first.at("port").between(1, 65_535).into_iter().collect(),
        "sleep" => sleep(&first, grace),
        _ => Vec::new(),
    };
    causes.extend(ways.map(|(_, way)| way.forbidden("may not specify more than 1 handler type")));
    causes
}

fn http_get(get: &Spot<'_>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = get.at("path").required_text().into_iter().collect();
    causes.extend(port(&get.at("port")));
    causes.extend(get.at("scheme").one_of_if_set(&["HTTP", "HTTPS"]));
    for header in get.at("httpHeaders").items() {
        causes.extend(header.at("name").named(format!("{}.httpHeaders", get.path)).breaches(formats::header));
    }
    causes
}

fn sleep(sleep: &Spot<'_>, grace: Option<i64>) -> Vec<Cause> {
    let seconds = sleep.at("seconds").number();
    let outside = grace.filter(|grace| !(0..=*grace).contains(&seconds));
    let detail = |grace| format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
    outside.map(|grace| sleep.invalid_as(seconds, detail(grace))).into_iter().collect()
}

/// A number, or the name of a port.
pub(in crate::rules) fn port(port: &Spot<'_>) -> Vec<Cause> {
    match port.value.as_str() {
        Some(_) => port.breaches(formats::port_name),
        None if (1..=65_535).contains(&port.number()) => Vec::new(),
        None => vec![port.invalid_as(port.number(), "must be between 1 and 65535, inclusive")],
    }
}
