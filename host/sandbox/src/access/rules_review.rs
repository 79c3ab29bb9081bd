//! SelfSubjectRulesReview: everything the caller may do in a namespace, as `kubectl auth can-i --list` shows it.

use serde_json::{Map, Value, json};

use super::rbac::Rule;
use crate::api::{Api, Call};
use crate::error::ApiError;
use crate::object::{self, Object};

/// # Errors
/// No namespace is named.
pub fn status(api: &Api, call: &Call, review: &Object) -> Result<Value, ApiError> {
    let namespace = object::text(object::child(review, "spec"), "namespace");
    if namespace.is_empty() {
        return Err(ApiError::bad_request("no namespace on request"));
    }
    let (rules, missing) = api.access.roles.policy(&api.store).rules_for(&call.user, namespace);
    let of_resources = rules.iter().filter(|rule| !rule.resources.is_empty()).map(resource_rule);
    let of_paths = rules.iter().filter(|rule| !rule.paths.is_empty());
    let of_paths = of_paths.map(|rule| json!({ "verbs": rule.verbs, "nonResourceURLs": rule.paths }));
    let mut status = json!({
        "resourceRules": of_resources.collect::<Vec<Value>>(),
        "nonResourceRules": of_paths.collect::<Vec<Value>>(),
        "incomplete": !missing.is_empty(),
    });
    if !missing.is_empty() {
        status["evaluationError"] = missing.join(", ").into();
    }
    Ok(status)
}

fn resource_rule(rule: &Rule) -> Value {
    let mut shown = Map::new();
    shown.insert("verbs".into(), rule.verbs.clone().into());
    for (key, words) in [("apiGroups", &rule.groups), ("resources", &rule.resources), ("resourceNames", &rule.names)] {
        if !words.is_empty() {
            shown.insert(key.into(), words.clone().into());
        }
    }
    Value::Object(shown)
}
