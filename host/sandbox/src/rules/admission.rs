//! What extends the API: webhook configurations, CRDs, APIServices.

use serde_json::{Value, json};

use super::{at, each, fill, inside};
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
        "apiservices" => {
            if let Some(service) = inside(object, &["spec", "service"]) {
                fill(service, "port", 443);
            }
            fill(object, "status", json!({}));
        }
        _ => {}
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
    fill(names, "listKind", format!("{kind}List"));
    fill(
        object,
        "status",
        json!({ "conditions": [], "acceptedNames": { "plural": "", "kind": "" }, "storedVersions": [] }),
    );
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
    if let Some(list) = status.entry("conditions").or_insert_with(|| json!([])).as_array_mut() {
        list.push(condition);
    }
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    if plural != "customresourcedefinitions" {
        return Vec::new();
    }
    let mut causes = definition(object);
    if let Some(live) = live {
        let fixed: [&[&str]; 2] = [&["spec", "group"], &["spec", "scope"]];
        causes.extend(super::immutable(object, live, &fixed, super::FIELD_IS_IMMUTABLE));
    }
    causes
}

fn definition(object: &Object) -> Vec<Cause> {
    let text = |path: &[&str]| at(object, path).as_str().unwrap_or_default().to_owned();
    let mut causes = Vec::new();
    let wanted = format!("{}.{}", text(&["spec", "names", "plural"]), text(&["spec", "group"]));
    if object::name(object) != wanted {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &object::name(object).into(), detail));
    }
    for field in
        [["spec", "group"].as_slice(), &["spec", "scope"], &["spec", "names", "plural"], &["spec", "names", "kind"]]
    {
        if text(field).is_empty() {
            causes.push(Cause::required(field.join("."), ""));
        }
    }
    let versions = at(object, &["spec", "versions"]).as_array().map_or(&[][..], Vec::as_slice);
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let detail = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &at(object, &["spec", "versions"]).clone(), detail));
    }
    for (index, version) in versions.iter().enumerate() {
        let schema = &version["schema"]["openAPIV3Schema"];
        let place = format!("spec.versions[{index}].schema.openAPIV3Schema");
        let rules_at = rules_place(versions, &place);
        if schema.is_null() {
            causes.push(Cause::required(place, "schemas are required"));
        } else if schema["type"].is_null() && schema["x-kubernetes-preserve-unknown-fields"] != true {
            causes.push(Cause::required(format!("{place}.type"), "must not be empty at the root"));
        } else if schema["type"] != "object" && !schema["type"].is_null() {
            causes.push(Cause::invalid(format!("{place}.type"), &schema["type"], "must be object at the root"));
        }
        causes.extend(crate::crd::rules::check(schema, &rules_at));
    }
    if at(object, &["spec", "conversion", "strategy"]) == &Value::from("Webhook") {
        let detail = "conversion webhooks are not called by this server; use None";
        causes.push(Cause::forbidden("spec.conversion.strategy", detail));
    }
    causes
}

/// One schema for all versions is spoken of as if it stood above them.
fn rules_place(versions: &[Value], own: &str) -> String {
    let shared = versions.windows(2).all(|pair| pair[0]["schema"] == pair[1]["schema"]);
    if shared { "spec.validation.openAPIV3Schema".into() } else { own.into() }
}
