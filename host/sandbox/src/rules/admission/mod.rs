//! What extends the API: webhook configurations, CRDs, APIServices.

mod definition;
pub(super) mod services;
mod webhooks;

use serde_json::{Value, json};

use super::{at, each, fill, fill_status, inside};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        "validatingwebhookconfigurations" => each(object, "webhooks").for_each(default_webhook),
        "mutatingwebhookconfigurations" => each(object, "webhooks").for_each(|webhook| {
            fill(webhook, "reinvocationPolicy", "Never");
            default_webhook(webhook);
        }),
        "customresourcedefinitions" => default_definition(object),
        "validatingadmissionpolicies" | "mutatingadmissionpolicies" => {
            let spec = object::child_mut(object, "spec");
            fill(spec, "failurePolicy", "Fail");
            if plural == "mutatingadmissionpolicies" {
                fill(spec, "reinvocationPolicy", "Never");
            }
            if let Some(matched) = inside(spec, &["matchConstraints"]) {
                default_matched(matched);
            }
        }
        "validatingadmissionpolicybindings" | "mutatingadmissionpolicybindings" => {
            if let Some(matched) = inside(object, &["spec", "matchResources"]) {
                default_matched(matched);
            }
        }
        "apiservices" => {
            if let Some(service) = inside(object, &["spec", "service"]) {
                fill(service, "port", 443);
            }
            fill_status(object, json!({}));
        }
        _ => {}
    }
}

fn default_matched(matched: &mut Object) {
    fill(matched, "matchPolicy", "Equivalent");
    fill(matched, "namespaceSelector", json!({}));
    fill(matched, "objectSelector", json!({}));
    for list in ["resourceRules", "excludeResourceRules"] {
        each(matched, list).for_each(|rule| fill(rule, "scope", "*"));
    }
}

fn default_webhook(webhook: &mut Object) {
    fill(webhook, "failurePolicy", "Fail");
    fill(webhook, "matchPolicy", "Equivalent");
    fill(webhook, "namespaceSelector", json!({}));
    fill(webhook, "objectSelector", json!({}));
    fill(webhook, "timeoutSeconds", 10);
    each(webhook, "rules").for_each(|rule| fill(rule, "scope", "*"));
    if let Some(service) = inside(webhook, &["clientConfig", "service"]) {
        fill(service, "port", 443);
    }
}

fn default_definition(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    fill(object::child_mut(spec, "conversion"), "strategy", "None");
    let names = object::child_mut(spec, "names");
    let kind = object::text(names, "kind").to_owned();
    fill(names, "singular", kind.to_lowercase());
    if !kind.is_empty() {
        fill(names, "listKind", format!("{kind}List"));
    }
    let versions = at(object, &["spec", "versions"]).as_array().into_iter().flatten();
    let stored: Vec<Value> =
        versions.filter(|version| version["storage"] == true).map(|version| version["name"].clone()).take(1).collect();
    let stored = if stored.is_empty() { Value::Null } else { Value::Array(stored) };
    fill_status(
        object,
        json!({ "conditions": null, "acceptedNames": { "plural": "", "kind": "" }, "storedVersions": stored }),
    );
}

/// What was once the version that objects rest in is remembered.
pub(super) fn store_version(object: &mut Object) {
    let versions = at(object, &["spec", "versions"]).as_array().into_iter().flatten();
    let stored = versions.filter(|version| version["storage"] == true).map(|version| version["name"].clone()).next();
    let (Some(stored), Some(Value::Array(known))) =
        (stored, object::child_mut(object, "status").get_mut("storedVersions"))
    else {
        return;
    };
    if !known.contains(&stored) {
        known.push(stored);
    }
}

/// A CRD that ends says so.
pub(super) fn end_definition(object: &mut Object) {
    let condition = json!({
        "type": "Terminating",
        "status": "True",
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
        "lastTransitionTime": object::now(),
    });
    let status = object::child_mut(object, "status");
    match status.get_mut("conditions") {
        Some(Value::Array(list)) => list.push(condition),
        _ => drop(status.insert("conditions".into(), json!([condition]))),
    }
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match plural {
        "customresourcedefinitions" => definition::faults(object, live),
        "validatingwebhookconfigurations" | "mutatingwebhookconfigurations" => webhooks::faults(object),
        "apiservices" => services::faults(object),
        _ => Vec::new(),
    }
}
