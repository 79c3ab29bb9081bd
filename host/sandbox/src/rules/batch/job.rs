//! What a Job must be, and what of it may change.

use serde_json::Value;

use super::policies;
use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::spot::Spot;
use crate::rules::{FIELD_IS_IMMUTABLE, formats, golang, pod, selectors};

const MOST_PARALLEL: i64 = 100_000;
const MANY_COMPLETIONS: i64 = 100_000;
const PARALLEL_OF_MANY: i64 = 10_000;

pub(super) fn faults(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let mut causes = if live.is_none() { generated_selector(object) } else { Vec::new() };
    causes.extend(spec_faults(&spec));
    let selector = spec.at("selector");
    if selector.is_set() {
        causes.extend(selectors::faults(&selector));
    } else {
        causes.push(selector.required(""));
    }
    let template = spec.at("template");
    if selectors::is_sound(&selector) && !selectors::selects(&selector, &template.down(&["metadata", "labels"])) {
        causes.push(selectors::mismatch(&template));
    }
    if let Some(live) = live {
        causes.extend(changes(&spec, live));
    }
    causes.extend(host_names(object));
    causes
}

/// A selector that the server makes is the server's.
fn generated_selector(object: &Object) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let selector = spec.at("selector");
    if spec.at("manualSelector").is_true() || !selector.is_set() {
        return Vec::new();
    }
    let labels = spec.down(&["template", "metadata", "labels"]);
    let (uid, name) = (object::uid(object), object::name(object));
    let wanted = [
        ("controller-uid", uid),
        ("job-name", name),
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
    ];
    let mut causes = Vec::new();
    for (key, value) in wanted {
        let label = labels.entry(key);
        match label.value.as_str() {
            None => causes.push(label.required(&format!("must be '{value}'"))),
            Some(found) if found != value => {
                causes.push(label.invalid_as(labels.value.clone(), format!("must be '{value}'")));
            }
            Some(_) => {}
        }
    }
    let expected: Object = wanted.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    let expected = Value::Object(expected);
    if selectors::is_sound(&selector) && !selectors::selects(&selector, &Spot::new("", &expected)) {
        causes.push(shown(&selector, "`selector` not auto-generated"));
    }
    causes
}

pub(super) fn shown(selector: &Spot<'_>, detail: &str) -> Cause {
    Cause::invalid_shown(selector.path.as_str(), &golang::line("*LabelSelector", selector.value), detail)
}

/// The faults of a Job's spec but for its selector, which a template of Jobs does not have.
pub(super) fn spec_faults(spec: &Spot<'_>) -> Vec<Cause> {
    const COUNTS: [&str; 7] = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    let mut causes: Vec<Cause> = COUNTS.iter().filter_map(|key| spec.at(key).not_negative()).collect();
    if spec.at("maxFailedIndexes").is_set() && !spec.at("backoffLimitPerIndex").is_set() {
        causes.push(spec.at("backoffLimitPerIndex").required("when maxFailedIndexes is specified"));
    }
    causes.extend(manager(&spec.at("managedBy")));
    causes.extend(completion(spec));
    causes.extend(policies::failure(spec));
    causes.extend(policies::success(spec));
    let replacement = spec.at("podReplacementPolicy");
    let allowed: &[&str] =
        if spec.at("podFailurePolicy").is_set() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    causes.extend(replacement.one_of_if_set(allowed));
    let template = spec.at("template");
    causes.extend(pod::template(&template));
    causes.extend(restarts(spec, &template.down(&["spec", "restartPolicy"])));
    causes
}

fn manager(manager: &Spot<'_>) -> Vec<Cause> {
    if !manager.is_set() {
        return Vec::new();
    }
    let mut causes = match manager.text().split_once('/') {
        _ if !manager.has_text() => vec![manager.required("")],
        Some((host, path)) if !host.is_empty() && !path.is_empty() => {
            formats::subdomain(host).into_iter().map(|detail| manager.invalid_as(host, detail)).collect()
        }
        _ => vec![manager.invalid("must be a domain-prefixed path (such as \"acme.io/foo\")")],
    };
    if manager.text().len() > 63 {
        causes.push(Cause::too_long(manager.path.as_str(), 63));
    }
    causes
}

fn completion(spec: &Spot<'_>) -> Vec<Cause> {
    let mode = spec.at("completionMode");
    let (per_index, failed) = (spec.at("backoffLimitPerIndex"), spec.at("maxFailedIndexes"));
    let mut causes: Vec<Cause> = mode.one_of_if_set(&["NonIndexed", "Indexed"]).into_iter().collect();
    match mode.text() {
        "Indexed" => causes.extend(indexed(spec)),
        "" | "NonIndexed" => {
            let set = [per_index, failed].into_iter().filter(Spot::is_set);
            causes.extend(set.map(|spot| spot.invalid("requires indexed completion mode")));
        }
        _ => {}
    }
    causes
}

fn indexed(spec: &Spot<'_>) -> Vec<Cause> {
    let (completions, parallel, failed) = (spec.at("completions"), spec.at("parallelism"), spec.at("maxFailedIndexes"));
    let mut causes = Vec::new();
    if !completions.is_set() {
        causes.push(completions.required("when completion mode is Indexed"));
    }
    if parallel.number() > MOST_PARALLEL {
        let detail = format!("must be less than or equal to {MOST_PARALLEL} when completion mode is Indexed");
        causes.push(parallel.invalid(detail));
    }
    if completions.is_set() && failed.number() > completions.number() {
        causes.push(failed.invalid("must be less than or equal to completions"));
    }
    if failed.number() > MOST_PARALLEL {
        causes.push(failed.invalid(format!("must be less than or equal to {MOST_PARALLEL}")));
    }
    if completions.number() > MANY_COMPLETIONS && spec.at("backoffLimitPerIndex").is_set() {
        if !failed.is_set() {
            causes.push(failed.required(&format!("must be specified when completions is above {MANY_COMPLETIONS}")));
        }
        let over = [parallel, failed].into_iter().filter(|spot| spot.number() > PARALLEL_OF_MANY);
        causes.extend(over.map(|spot| {
            spot.invalid(format!(
                "must be less than or equal to {PARALLEL_OF_MANY} when completions are above {MANY_COMPLETIONS} and used \
                 with backoff limit per index"
            ))
        }));
    }
    causes
}

/// A Job's Pods end.
fn restarts(spec: &Spot<'_>, policy: &Spot<'_>) -> Option<Cause> {
    match policy.text() {
        "Always" | "" => Some(policy.required("valid values: \"OnFailure\", \"Never\"")),
        "OnFailure" if spec.at("podFailurePolicy").is_set() => {
            Some(policy.invalid("only \"Never\" is supported when podFailurePolicy is specified"))
        }
        "OnFailure" | "Never" => None,
        _ => Some(policy.unsupported(&["OnFailure", "Never"])),
    }
}

fn changes(spec: &Spot<'_>, live: &Object) -> Vec<Cause> {
    let before = Spot::of(live, "spec");
    let suspended = before.at("suspend").is_true();
    let begun = Spot::of(live, "status").at("startTime").is_set();
    let mut causes = Vec::new();
    let (completions, parallel) = (spec.at("completions"), spec.at("parallelism"));
    let resized = completions.unchanged(&before.at("completions"));
    // An indexed Job may grow and shrink, as long as all its Pods may run at once.
    if spec.at("completionMode").text() != "Indexed" {
        causes.extend(resized);
    } else if resized.is_some() && completions.is_set() && completions.value != parallel.value {
        causes.push(completions.invalid("can only be modified in tandem with spec.parallelism"));
    }
    let selector = spec.at("selector");
    if selector.value != before.at("selector").value {
        causes.push(shown(&selector, FIELD_IS_IMMUTABLE));
    }
    let template = spec.at("template");
    let fixed = |template: &Spot<'_>| {
        if suspended && !begun { without_directives(template.value) } else { template.value.clone() }
    };
    if fixed(&template) != fixed(&before.at("template")) {
        let shown = golang::line("core.PodTemplateSpec", template.value);
        causes.push(Cause::invalid_shown(template.path.as_str(), &shown, FIELD_IS_IMMUTABLE));
    }
    for key in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        causes.extend(spec.at(key).unchanged(&before.at(key)));
    }
    causes
}

/// A suspended Job's Pods may still be sent elsewhere, and be given other amounts.
fn without_directives(template: &Value) -> Value {
    let mut template = template.clone();
    for key in ["labels", "annotations"] {
        if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove(key);
        }
    }
    let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) else { return template };
    for key in ["nodeSelector", "tolerations", "schedulingGates"] {
        spec.remove(key);
    }
    if let Some(affinity) = spec.get_mut("affinity").and_then(Value::as_object_mut) {
        affinity.remove("nodeAffinity");
        if affinity.is_empty() {
            spec.remove("affinity");
        }
    }
    for list in ["containers", "initContainers"] {
        crate::rules::each(spec, list).for_each(|container| drop(container.remove("resources")));
    }
    template
}

/// An indexed Job's Pods carry its name and their index as host name.
fn host_names(object: &Object) -> Option<Cause> {
    let spec = Spot::of(object, "spec");
    let last = spec.at("completions").int().filter(|count| *count > 0)? - 1;
    if spec.at("completionMode").text() != "Indexed" {
        return None;
    }
    let host = format!("{}-{last}", object::name(object));
    let name = Spot::of(object, "metadata").at("name");
    let detail = format!("will not able to create pod with invalid DNS label: {host}");
    (!formats::label(&host).is_empty()).then(|| name.invalid(detail))
}
