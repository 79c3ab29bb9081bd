//! What the webhooks of a configuration must be.

use std::collections::BTreeSet;

use crate::error::Cause;
use crate::object::Object;
use crate::rules::spot::Spot;
use crate::rules::{formats, selectors};

const FORM: &str = "; desired format: https://host[/path]";

pub(super) fn faults(object: &Object) -> Vec<Cause> {
    let (mut names, mut causes) = (BTreeSet::new(), Vec::new());
    for hook in Spot::of(object, "webhooks").items() {
        causes.extend(hook_faults(&hook));
        causes.extend(review_versions(&hook.at("admissionReviewVersions"), "must specify one of v1, v1beta1"));
        let name = hook.at("name");
        if name.has_text() && !names.insert(name.text()) {
            causes.push(name.duplicate());
        }
    }
    causes
}

fn hook_faults(hook: &Spot<'_>) -> Vec<Cause> {
    let mut causes = hook.at("name").breaches_or_required(|name| formats::domain(name, 3));
    causes.extend(hook.at("rules").items().flat_map(|rule| rule_faults(&rule)));
    causes.extend(hook.at("failurePolicy").one_of_if_set(&["Fail", "Ignore"]));
    causes.extend(hook.at("matchPolicy").one_of_if_set(&["Equivalent", "Exact"]));
    let effects = hook.at("sideEffects");
    causes.extend(match effects.text() {
        "" => Some(effects.required("must specify one of None, NoneOnDryRun")),
        _ => effects.one_of_if_set(&["None", "NoneOnDryRun"]),
    });
    let timeout = hook.at("timeoutSeconds");
    if timeout.int().is_some_and(|seconds| !(1..=30).contains(&seconds)) {
        causes.push(timeout.invalid("the timeout value must be between 1 and 30 seconds"));
    }
    causes.extend(selectors::faults(&hook.at("namespaceSelector")));
    causes.extend(selectors::faults(&hook.at("objectSelector")));
    causes.extend(hook.at("reinvocationPolicy").one_of_if_set(&["IfNeeded", "Never"]));
    causes.extend(client(&hook.at("clientConfig")));
    causes
}

/// A webhook is reached by its address or through a Service.
pub(super) fn client(client: &Spot<'_>) -> Vec<Cause> {
    let (url, service) = (client.at("url"), client.at("service"));
    match (url.is_set(), service.is_set()) {
        (true, false) => url_faults(&url),
        (false, true) => service_faults(&service),
        _ => vec![client.required("exactly one of url or service is required")],
    }
}

fn url_faults(url: &Spot<'_>) -> Vec<Cause> {
    let text = url.text();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = if scheme.is_empty() { "" } else { rest.split('/').next().unwrap_or_default() };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let mut causes = Vec::new();
    if scheme != "https" {
        causes.push(url.invalid_as(scheme, format!("'https' is the only allowed URL scheme{FORM}")));
    }
    if host.is_empty() {
        causes.push(url.invalid_as(host, format!("host must be specified{FORM}")));
    }
    let parts = [
        (user, "user information is not permitted in the URL"),
        (fragment, "fragments are not permitted in the URL"),
        (query, "query parameters are not permitted in the URL"),
    ];
    let present = parts.into_iter().filter(|(part, _)| !part.is_empty());
    causes.extend(present.map(|(part, detail)| url.invalid_as(part, detail)));
    causes
}

fn service_faults(service: &Spot<'_>) -> Vec<Cause> {
    // The real server takes one for the other, which shows in the order alone.
    let mut causes: Vec<Cause> = ["namespace", "name"]
        .iter()
        .zip(["name", "namespace"])
        .filter(|(given, _)| !service.at(given).has_text())
        .map(|(_, named)| service.at(named).required(""))
        .collect();
    causes.reverse();
    let (port, path) = (service.at("port"), service.at("path"));
    if !(1..=65_535).contains(&port.number()) {
        causes.push(port.invalid("port is not valid: must be between 1 and 65535, inclusive"));
    }
    if matches!(path.text(), "" | "/") {
        return causes;
    }
    if path.text() == "//" {
        causes.push(path.invalid("segment[0] may not be empty"));
        return causes;
    }
    if !path.text().starts_with('/') {
        causes.push(path.invalid("must start with a '/'"));
    }
    let inner = path.text().get(1..).unwrap_or_default();
    for (index, step) in inner.strip_suffix('/').unwrap_or(inner).split('/').enumerate() {
        if step.is_empty() {
            causes.push(path.invalid(format!("segment[{index}] may not be empty")));
            continue;
        }
        let faults = formats::subdomain(step).into_iter();
        causes.extend(faults.map(|fault| path.invalid(format!("segment[{index}]: {fault}"))));
    }
    causes
}

/// Versions of the reviews that a webhook understands: one of them has to be one that is sent.
pub(super) fn review_versions(versions: &Spot<'_>, required: &str) -> Vec<Cause> {
    if versions.len() == 0 {
        return vec![versions.required(required)];
    }
    let (mut seen, mut causes) = (BTreeSet::new(), Vec::new());
    for version in versions.items() {
        if !seen.insert(version.text()) {
            causes.push(version.invalid("duplicate version"));
            continue;
        }
        causes.extend(version.breaches(formats::old_label));
    }
    if !["v1", "v1beta1"].iter().any(|known| seen.contains(known)) {
        causes.push(versions.invalid("must include at least one of v1, v1beta1"));
    }
    causes
}

fn rule_faults(rule: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let operations = rule.at("operations");
    causes.extend(some_or_all(&operations, "operations"));
    const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    causes.extend(operations.items().filter_map(|one| one.one_of_if_set(&OPERATIONS)));
    causes.extend(some_or_all(&rule.at("apiGroups"), "API groups"));
    let versions = rule.at("apiVersions");
    causes.extend(some_or_all(&versions, "API versions"));
    causes.extend(versions.items().filter_map(|version| version.required_text()));
    causes.extend(resources(&rule.at("resources")));
    causes.extend(rule.at("scope").one_of_if_set(&["*", "Cluster", "Namespaced"]));
    causes
}

/// There has to be one, and beside the one that stands for all there is no other.
fn some_or_all(list: &Spot<'_>, what: &str) -> Option<Cause> {
    if list.len() == 0 {
        return Some(list.required(""));
    }
    let has_all = list.items().any(|one| one.text() == "*");
    (list.len() > 1 && has_all).then(|| list.invalid(format!("if '*' is present, must not specify other {what}")))
}

fn resources(list: &Spot<'_>) -> Vec<Cause> {
    if list.len() == 0 {
        return vec![list.required("")];
    }
    let mut causes = Vec::new();
    let (mut whole, mut parts) = (BTreeSet::new(), BTreeSet::new());
    let mut plain = false;
    for one in list.items() {
        let Some((resource, part)) = one.text().split_once('/') else {
            causes.extend(one.required_text());
            plain |= one.has_text() && one.text() != "*";
            continue;
        };
        if whole.contains(resource) {
            causes.push(one.invalid(format!("if '{resource}/*' is present, must not specify {}", one.text())));
        }
        if parts.contains(part) {
            causes.push(one.invalid(format!("if '*/{part}' is present, must not specify {}", one.text())));
        }
        if part == "*" {
            whole.insert(resource);
        }
        if resource == "*" {
            parts.insert(part);
        }
    }
    let has = |text: &str| list.items().any(|one| one.text() == text);
    if list.len() > 1 && has("*/*") {
        causes.push(list.invalid("if '*/*' is present, must not specify other resources"));
    }
    if has("*") && plain {
        causes.push(list.invalid("if '*' is present, must not specify other resources without subresources"));
    }
    causes
}
