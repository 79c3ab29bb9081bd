//! Ingresses and NetworkPolicies.

use serde_json::{Value, json};

use super::spot::Spot;
use super::{each, fill, formats, selectors};
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

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match plural {
        "ingresses" => ingress(object, live),
        "networkpolicies" => policy(&Spot::of(object, "spec")),
        _ => Vec::new(),
    }
}

fn ingress(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let (default, rules) = (spec.at("defaultBackend"), spec.at("rules"));
    let mut causes = Vec::new();
    if rules.len() == 0 && !default.is_set() {
        causes.push(spec.invalid_as(Value::Null, "either `defaultBackend` or `rules` must be specified"));
    }
    if default.is_set() {
        causes.extend(backend(&default));
    }
    causes.extend(rules.items().flat_map(|rule| ingress_rule(&rule)));
    for tls in spec.at("tls").items() {
        causes.extend(tls.at("hosts").items().flat_map(|host| host_faults(&host)));
        causes.extend(tls.at("secretName").breaches_if_set(formats::subdomain));
    }
    let class = spec.at("ingressClassName");
    if class.is_set() {
        causes.extend(class.breaches(formats::subdomain));
    }
    const OLD_CLASS: &str = "kubernetes.io/ingress.class";
    let old = Spot::of(object, "metadata").at("annotations").entry(OLD_CLASS).named(format!("annotations.{OLD_CLASS}"));
    if live.is_none() && old.is_set() && class.is_set() && old.text() != class.text() {
        causes.push(old.invalid("must match `ingressClassName` when both are specified"));
    }
    causes
}

fn host_faults(host: &Spot<'_>) -> Vec<Cause> {
    if host.text().contains('*') { host.breaches(formats::wildcard) } else { host.breaches(formats::subdomain) }
}

fn ingress_rule(rule: &Spot<'_>) -> Vec<Cause> {
    let (host, http) = (rule.at("host"), rule.at("http"));
    let mut causes = Vec::new();
    if host.has_text() {
        if formats::parse_ip(host.text()).is_some() {
            causes.push(host.invalid("must be a DNS name, not an IP address"));
        }
        causes.extend(host_faults(&host));
    }
    if http.is_set() {
        if http.at("paths").len() == 0 {
            causes.push(http.at("paths").required(""));
        }
        causes.extend(http.at("paths").items().flat_map(|path| ingress_path(&path)));
    }
    causes
}

fn ingress_path(entry: &Spot<'_>) -> Vec<Cause> {
    let (kind, path) = (entry.at("pathType"), entry.at("path"));
    if !kind.is_set() {
        return vec![kind.required("pathType must be specified")];
    }
    let relative = !path.text().starts_with('/');
    let mut causes = Vec::new();
    match kind.text() {
        "Exact" | "Prefix" => {
            if relative {
                causes.push(path.invalid_as(path.text(), "must be an absolute path"));
            }
            let inside = ["//", "/./", "/../", "%2f", "%2F"].into_iter().filter(|part| path.text().contains(part));
            causes.extend(inside.map(|part| path.invalid(format!("must not contain '{part}'"))));
            let ends = ["/..", "/."].into_iter().filter(|end| path.text().ends_with(end));
            causes.extend(ends.map(|end| path.invalid(format!("cannot end with '{end}'"))));
        }
        "ImplementationSpecific" if path.has_text() && relative => {
            causes.push(path.invalid("must be an absolute path"));
        }
        "ImplementationSpecific" => {}
        _ => causes.push(kind.unsupported(&["Exact", "ImplementationSpecific", "Prefix"])),
    }
    causes.extend(backend(&entry.at("backend")));
    causes
}

/// A Service with a port, or another object.
fn backend(backend: &Spot<'_>) -> Vec<Cause> {
    let (resource, service) = (backend.at("resource"), backend.at("service"));
    match (resource.is_set(), service.is_set()) {
        (true, true) => vec![backend.invalid_as("", "cannot set both resource and service backends")],
        (false, false) => vec![backend.invalid_as("", "resource or service backend is required")],
        (true, false) => {
            let mut causes = resource.at("apiGroup").breaches_if_set(formats::subdomain);
            causes.extend(
                ["kind", "name"].iter().flat_map(|key| resource.at(key).breaches_or_required(formats::path_segment)),
            );
            causes
        }
        (false, true) => {
            let mut causes = service.at("name").breaches_or_required(formats::label);
            let (name, number) = (service.down(&["port", "name"]), service.down(&["port", "number"]));
            match (name.has_text(), number.number() != 0) {
                (true, true) => causes.push(backend.invalid_as("", "cannot set both port name & port number")),
                (true, false) => causes.extend(name.breaches(formats::port_name)),
                (false, true) => causes.extend(number.between(1, 65_535)),
                (false, false) => causes.push(backend.required("port name or number is required")),
            }
            causes
        }
    }
}

fn policy(spec: &Spot<'_>) -> Vec<Cause> {
    let mut causes = selectors::faults(&spec.at("podSelector"));
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.at(direction).items() {
            causes.extend(rule.at("ports").items().flat_map(|port| policy_port(&port)));
            causes.extend(rule.at(peers).items().flat_map(|peer| policy_peer(&peer)));
        }
    }
    let kinds = spec.at("policyTypes");
    if kinds.len() > 2 {
        causes.push(kinds.invalid("may not specify more than two policyTypes"));
        return causes;
    }
    causes.extend(kinds.items().filter_map(|kind| kind.one_of(&["Ingress", "Egress"])));
    causes
}

fn policy_port(entry: &Spot<'_>) -> Vec<Cause> {
    let (port, end) = (entry.at("port"), entry.at("endPort"));
    let mut causes: Vec<Cause> = entry.at("protocol").one_of_if_set(&["TCP", "UDP", "SCTP"]).into_iter().collect();
    match port.value {
        Value::Null if end.is_set() => causes.push(end.invalid("may not be specified when `port` is not specified")),
        Value::Null => {}
        Value::String(_) => {
            if end.is_set() {
                causes.push(end.invalid("may not be specified when `port` is non-numeric"));
            }
            causes.extend(port.breaches(formats::port_name));
        }
        _ => {
            causes.extend(port.between(1, 65_535));
            if end.int().is_some_and(|last| last < port.number()) {
                causes.push(end.invalid("must be greater than or equal to `port`"));
            }
            causes.extend(end.between(1, 65_535));
        }
    }
    causes
}

fn policy_peer(peer: &Spot<'_>) -> Vec<Cause> {
    let (pods, namespaces, block) = (peer.at("podSelector"), peer.at("namespaceSelector"), peer.at("ipBlock"));
    let mut causes = selectors::faults(&pods);
    causes.extend(selectors::faults(&namespaces));
    if block.is_set() {
        causes.extend(ip_block(&block));
    }
    let selected = pods.is_set() || namespaces.is_set();
    if !selected && !block.is_set() {
        causes.push(peer.required("must specify a peer"));
    } else if selected && block.is_set() {
        causes.push(peer.forbidden("may not specify both ipBlock and another peer"));
    }
    causes
}

fn ip_block(block: &Spot<'_>) -> Vec<Cause> {
    let range = block.at("cidr");
    let mut causes = range.breaches_or_required(formats::cidr);
    let Some(outer) = formats::parse_cidr(range.text()) else { return causes };
    for except in block.at("except").items() {
        causes.extend(except.breaches(formats::cidr));
        let inner = formats::parse_cidr(except.text());
        if inner.is_some_and(|inner| !outer.holds_strictly(&inner)) {
            causes.push(except.invalid("must be a strict subset of `cidr`"));
        }
    }
    causes
}
