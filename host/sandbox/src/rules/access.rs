//! Roles and their bindings.

use serde_json::Value;

use super::{at, each, fill, inside, names};
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
            causes.push(Cause::invalid("roleRef", at(object, &["roleRef"]), "cannot change roleRef"));
        }
        return causes;
    }
    let rules = object.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let namespaced = plural == "roles";
    rules.iter().enumerate().flat_map(|(index, entry)| rule(&format!("rules[{index}]"), entry, namespaced)).collect()
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
    match (text("name"), names::path_fault(text("name"))) {
        ("", _) => causes.push(Cause::required("roleRef.name", "")),
        (name, Some(fault)) => causes.push(Cause::invalid("roleRef.name", &name.into(), fault)),
        _ => {}
    }
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
        causes.extend(names::subdomain_fault(format!("{place}.name"), text("name")));
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
