//! Roles and their bindings.

use serde_json::Value;

use super::{at, each, fill, inside};
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
    let mut causes = Vec::new();
    if plural.ends_with("bindings") {
        if at(object, &["roleRef", "name"]).as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required("roleRef.name", ""));
        }
        if live.is_some_and(|live| live.get("roleRef") != object.get("roleRef")) {
            causes.push(Cause::invalid("roleRef", at(object, &["roleRef"]), "cannot change roleRef"));
        }
        return causes;
    }
    let rules = object.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (index, rule) in rules.iter().enumerate() {
        if rule["verbs"].as_array().is_none_or(Vec::is_empty) {
            causes.push(Cause::required(format!("rules[{index}].verbs"), "verbs must contain at least one value"));
        }
    }
    causes
}
