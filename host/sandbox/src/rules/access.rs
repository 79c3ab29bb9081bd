//! Roles and their bindings.

use serde_json::Value;

use super::spot::Spot;
use super::{FIELD_IS_IMMUTABLE, at, each, fill, formats, golang, inside, selectors};
use crate::error::Cause;
use crate::object::{self, Object};

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn default(object: &mut Object) {
    if let Some(role) = inside(object, &["roleRef"]) {
        fill(role, "apiGroup", GROUP);
    }
    for subject in each(object, "subjects") {
        match object::text(subject, "kind") {
            "User" | "Group" => fill(subject, "apiGroup", GROUP),
            _ => {}
        }
    }
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    if plural.ends_with("bindings") {
        let mut causes = role_ref(plural, object);
        let subjects = object.get("subjects").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let namespaced = plural == "rolebindings";
        let faults = |(index, entry)| subject(&format!("subjects[{index}]"), entry, namespaced);
        causes.extend(subjects.iter().enumerate().flat_map(faults));
        if live.is_some_and(|live| live.get("roleRef") != object.get("roleRef")) {
            let shown = golang::line("rbac.RoleRef", at(object, &["roleRef"]));
            causes.push(Cause::invalid_shown("roleRef", &shown, FIELD_IS_IMMUTABLE));
        }
        return causes;
    }
    let mut causes = aggregation(&Spot::of(object, "aggregationRule"));
    let rules = object.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let namespaced = plural == "roles";
    causes.extend(
        rules.iter().enumerate().flat_map(|(index, entry)| rule(&format!("rules[{index}]"), entry, namespaced)),
    );
    causes
}

/// A role that is made of others names them by their labels.
fn aggregation(aggregation: &Spot<'_>) -> Vec<Cause> {
    if !aggregation.is_set() {
        return Vec::new();
    }
    let list = aggregation.at("clusterRoleSelectors");
    let mut causes = Vec::new();
    if list.len() == 0 {
        causes.push(list.required("at least one clusterRoleSelector required if aggregationRule is non-nil"));
    }
    for selector in list.items() {
        let faults = selectors::faults(&selector);
        let sound = faults.is_empty();
        causes.extend(faults);
        if !sound {
            causes.push(selector.invalid_as(Value::Null, "invalid label selector."));
        }
    }
    causes
}

fn role_ref(plural: &str, object: &Object) -> Vec<Cause> {
    let text = |key: &str| at(object, &["roleRef", key]).as_str().unwrap_or_default();
    let kinds: &[&str] = if plural == "rolebindings" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    let mut causes = Vec::new();
    if text("apiGroup") != GROUP {
        causes.push(Cause::unsupported("roleRef.apiGroup", at(object, &["roleRef", "apiGroup"]), &[GROUP]));
    }
    if !kinds.contains(&text("kind")) {
        causes.push(Cause::unsupported("roleRef.kind", at(object, &["roleRef", "kind"]), kinds));
    }
    causes.extend(Spot::of(object, "roleRef").at("name").breaches_or_required(formats::path_segment));
    causes
}

fn subject(place: &str, entry: &Value, namespaced: bool) -> Vec<Cause> {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let mut causes = Vec::new();
    if text("name").is_empty() {
        causes.push(Cause::required(format!("{place}.name"), ""));
    }
    let (group, is_account) = match text("kind") {
        "ServiceAccount" => ("", true),
        "User" | "Group" => (GROUP, false),
        _ => {
            let kinds = ["ServiceAccount", "User", "Group"];
            causes.push(Cause::unsupported(format!("{place}.kind"), &entry["kind"], &kinds));
            return causes;
        }
    };
    if is_account && !text("name").is_empty() {
        causes.extend(Spot::new(format!("{place}.name"), &entry["name"]).breaches(formats::subdomain));
    }
    if text("apiGroup") != group {
        causes.push(Cause::unsupported(format!("{place}.apiGroup"), &entry["apiGroup"], &[group]));
    }
    // In a RoleBinding, an account without a namespace is one of the binding's own.
    if is_account && !namespaced && text("namespace").is_empty() {
        causes.push(Cause::required(format!("{place}.namespace"), ""));
    }
    causes
}

fn rule(place: &str, rule: &Value, namespaced: bool) -> Vec<Cause> {
    let empty = |key: &str| rule[key].as_array().is_none_or(Vec::is_empty);
    let required = |key: &str, detail: &str| Cause::required(format!("{place}.{key}"), detail);
    let urls = format!("{place}.nonResourceURLs");
    let mut causes = Vec::new();
    if empty("verbs") {
        causes.push(required("verbs", ""));
    }
    if !empty("nonResourceURLs") {
        let refused = |detail: &str| Cause::invalid(urls.as_str(), &rule["nonResourceURLs"], detail);
        if namespaced {
            causes.push(refused("namespaced rules cannot apply to non-resource URLs"));
        } else if ["apiGroups", "resources", "resourceNames"].iter().any(|key| !empty(key)) {
            causes.push(refused("rules cannot apply to both regular resources and non-resource URLs"));
        }
        return causes;
    }
    if empty("apiGroups") {
        causes.push(required("apiGroups", "resource rules must supply at least one api group"));
    }
    if empty("resources") {
        causes.push(required("resources", "resource rules must supply at least one resource"));
    }
    causes
}
