//! Ingresses and NetworkPolicies.

use serde_json::{Value, json};

use super::{at, each, fill};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        "ingresses" => fill(object, "status", json!({ "loadBalancer": {} })),
        "networkpolicies" => default_policy(object::child_mut(object, "spec")),
        _ => {}
    }
}

fn default_policy(spec: &mut Object) {
    let kinds = if spec.contains_key("egress") { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    fill(spec, "policyTypes", kinds);
    fill(spec, "podSelector", json!({}));
    for direction in ["ingress", "egress"] {
        for rule in each(spec, direction) {
            each(rule, "ports").for_each(|port| fill(port, "protocol", "TCP"));
        }
    }
}

pub(super) fn validate(plural: &str, object: &Object) -> Vec<Cause> {
    if plural != "ingresses" {
        return Vec::new();
    }
    let rules = at(object, &["spec", "rules"]).as_array().map_or(&[][..], Vec::as_slice);
    if rules.is_empty() && at(object, &["spec", "defaultBackend"]).is_null() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        return vec![Cause::invalid("spec", &Value::Array(Vec::new()), detail)];
    }
    let mut causes = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let paths = rule["http"]["paths"].as_array().map_or(&[][..], Vec::as_slice).iter().enumerate();
        for (place, path) in paths {
            if path["pathType"].is_null() {
                let field = format!("spec.rules[{index}].http.paths[{place}].pathType");
                causes.push(Cause::required(field, "pathType must be specified"));
            }
        }
    }
    causes
}
