//! Services: defaults, and what an update keeps or drops.

mod addresses;
mod check;

use serde_json::{Value, json};

use super::{each, fill};
use crate::object::{self, Object};

pub(super) use addresses::allocate;
pub(super) use check::{status_faults, validate};

pub(super) fn default(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    fill(spec, "sessionAffinity", "None");
    fill(spec, "type", "ClusterIP");
    if object::text(spec, "sessionAffinity") == "None" {
        spec.remove("sessionAffinityConfig");
    }
    if object::text(spec, "sessionAffinity") == "ClientIP" {
        let config = object::child_mut(object::child_mut(spec, "sessionAffinityConfig"), "clientIP");
        fill(config, "timeoutSeconds", 10_800);
    }
    for port in each(spec, "ports") {
        fill(port, "protocol", "TCP");
        if let Some(number) = port.get("port").cloned() {
            if port.get("targetPort") == Some(&json!(0)) {
                port.remove("targetPort");
            }
            fill(port, "targetPort", number);
        }
    }
    match object::text(spec, "type") {
        "ExternalName" => {}
        kind => {
            let balanced = kind == "LoadBalancer";
            let exposed = is_exposed(spec);
            fill(spec, "internalTrafficPolicy", "Cluster");
            if exposed {
                fill(spec, "externalTrafficPolicy", "Cluster");
            }
            if balanced {
                fill(spec, "allocateLoadBalancerNodePorts", true);
            }
        }
    }
    fill(object, "status", json!({ "loadBalancer": {} }));
}

/// What an update does not name, it keeps.
pub(super) fn inherit(object: &mut Object, live: &Object) {
    let before = object::child(live, "spec").clone();
    let spec = object::child_mut(object, "spec");
    if object::text(spec, "type") == "ExternalName" {
        return;
    }
    // Whoever writes one of the two fields for the address means both.
    let ips_are_kept = spec.get("clusterIPs").is_none_or(|ips| Some(ips) == before.get("clusterIPs"));
    let changed = spec.get("clusterIP").filter(|ip| *ip != "" && Some(*ip) != before.get("clusterIP"));
    if let Some(ip) = changed.cloned().filter(|_| ips_are_kept) {
        spec.insert("clusterIPs".into(), json!([ip]));
    }
    if object::text(&before, "type") != "ExternalName" {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"] {
            if let Some(value) = before.get(key).filter(|_| spec.get(key).is_none_or(|value| value == "")) {
                spec.insert(key.into(), value.clone());
            }
        }
    }
    let ports = before.get("ports").and_then(Value::as_array).cloned().unwrap_or_default();
    if !matches!(object::text(spec, "type"), "NodePort" | "LoadBalancer") {
        return;
    }
    for port in each(spec, "ports") {
        let same = |old: &&Value| {
            old["port"] == port["port"] && old["protocol"] == *port.get("protocol").unwrap_or(&json!("TCP"))
        };
        if let Some(node) = ports.iter().find(same).and_then(|old| old.get("nodePort")) {
            fill(port, "nodePort", node.clone());
        }
    }
}

/// What only the former type had goes with it, unless the client changed it.
pub(super) fn drop_dependent(object: &mut Object, live: &Object) {
    let before = object::child(live, "spec");
    let spec = object::child_mut(object, "spec");
    let balanced = |spec: &Object| object::text(spec, "type") == "LoadBalancer";
    let checked = |spec: &Object| balanced(spec) && object::text(spec, "externalTrafficPolicy") == "Local";
    let ports = |spec: &Object| matches!(object::text(spec, "type"), "NodePort" | "LoadBalancer");
    let addressed = |spec: &Object| object::text(spec, "type") != "ExternalName";
    let mut gone: Vec<&str> = Vec::new();
    let mut ended = |had: bool, has: bool, keys: &[&'static str]| {
        if had && !has {
            gone.extend(keys);
        }
    };
    const ADDRESSES: [&str; 5] = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"];
    ended(addressed(before), addressed(spec), &ADDRESSES);
    ended(checked(before), checked(spec), &["healthCheckNodePort"]);
    ended(balanced(before), balanced(spec), &["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
    ended(is_exposed(before), is_exposed(spec), &["externalTrafficPolicy"]);
    for key in gone {
        if spec.get(key) == before.get(key) {
            spec.remove(key);
        }
    }
    if ports(before) && !ports(spec) {
        let old: Vec<Value> = before.get("ports").and_then(Value::as_array).cloned().unwrap_or_default();
        for (port, old) in each(spec, "ports").zip(&old) {
            if port.get("nodePort") == old.get("nodePort") {
                port.remove("nodePort");
            }
        }
    }
}

/// Whether anything outside the cluster can reach it.
fn is_exposed(spec: &Object) -> bool {
    let outside = spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    match object::text(spec, "type") {
        "NodePort" | "LoadBalancer" => true,
        "ClusterIP" => outside,
        _ => false,
    }
}
