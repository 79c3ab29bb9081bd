//! What a Service must be, and what of it may change.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::spot::Spot;
use crate::rules::{formats, golang, metadata, pod};

const BALANCER_ONLY: &str = "may only be used when `type` is 'LoadBalancer'";

pub(in crate::rules) fn validate(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let mut causes = live.map_or_else(Vec::new, |live| changes(&spec, &Spot::of(live, "spec")));
    causes.extend(of_type(&spec));
    causes.extend(ports(&spec));
    causes.extend(metadata::label_faults(&spec.at("selector")));
    causes.extend(affinity(&spec));
    causes.extend(addresses(&spec));
    causes.extend(spec.at("externalIPs").items().flat_map(|ip| external_ip(&ip)));
    causes.extend(spec.at("type").one_of(&["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]));
    causes.extend(port_conflicts(&spec));
    causes.extend(ranges(&spec));
    let balanced = spec.at("type").text() == "LoadBalancer";
    if spec.at("allocateLoadBalancerNodePorts").is_set() && !balanced {
        causes.push(spec.at("allocateLoadBalancerNodePorts").forbidden(BALANCER_ONLY));
    }
    causes.extend(balancer_class(&spec));
    causes.extend(traffic(&spec));
    causes
}

/// Addresses of a balancer are those of Services that have one.
pub(in crate::rules) fn status_faults(object: &Object) -> Vec<Cause> {
    let list = Spot::of(object, "status").at("loadBalancer").at("ingress");
    if list.len() > 0 && Spot::of(object, "spec").at("type").text() != "LoadBalancer" {
        return vec![list.forbidden("may only be used when `spec.type` is 'LoadBalancer'")];
    }
    list.items().flat_map(|entry| entry.at("ip").breaches_if_set(formats::ip)).collect()
}

fn is_headless(spec: &Spot<'_>) -> bool {
    spec.at("clusterIP").text() == "None"
}

fn changes(spec: &Spot<'_>, before: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let external = |spec: &Spot<'_>| spec.at("type").text() == "ExternalName";
    let has_address = |spec: &Spot<'_>| !external(spec) && !is_headless(spec);
    if !external(spec) && !external(before) && (has_address(spec) || has_address(before)) {
        let after = spec.at("clusterIPs");
        let ips: Vec<&str> = after.items().map(|ip| ip.text()).collect();
        for (index, old) in before.at("clusterIPs").items().enumerate() {
            match ips.get(index) {
                Some(new) if *new == old.text() => {}
                Some(_) => {
                    let field = format!("{}[{index}]", after.path);
                    causes.push(Cause::invalid(field, after.value, "may not change once set"));
                }
                None if index == 0 => {
                    causes.push(after.entry_at(0).invalid_as("", "primary clusterIP can not be unset"))
                }
                None => {}
            }
        }
    }
    let balanced = |spec: &Spot<'_>| spec.at("type").text() == "LoadBalancer";
    let class = spec.at("loadBalancerClass");
    if balanced(spec) && balanced(before) && class.value != before.at("loadBalancerClass").value {
        causes.push(class.invalid("may not change once set"));
    }
    let checked = |spec: &Spot<'_>| balanced(spec) && spec.at("externalTrafficPolicy").text() == "Local";
    let port = spec.at("healthCheckNodePort");
    if checked(spec) && checked(before) && port.value != before.at("healthCheckNodePort").value {
        causes.push(port.forbidden("field is immutable"));
    }
    causes
}

fn of_type(spec: &Spot<'_>) -> Vec<Cause> {
    let kind = spec.at("type");
    let mut causes = Vec::new();
    if spec.at("ports").len() == 0 && !is_headless(spec) && kind.text() != "ExternalName" {
        causes.push(spec.at("ports").required(""));
    }
    match kind.text() {
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {} services", kind.text());
            causes.push(Cause::invalid("spec.clusterIPs[0]", &"None".into(), detail));
        }
        "ExternalName" => {
            let foreign = ["clusterIPs", "ipFamilies", "ipFamilyPolicy"].map(|key| spec.at(key));
            let set = foreign.iter().filter(|spot| spot.is_set());
            causes.extend(set.map(|spot| spot.forbidden("may not be set for ExternalName services")));
            let name = spec.at("externalName");
            let target = name.text().strip_suffix('.').unwrap_or(name.text());
            if target.is_empty() {
                causes.push(name.required(""));
            }
            let faults = if target.is_empty() { Vec::new() } else { formats::subdomain(target) };
            causes.extend(faults.into_iter().map(|detail| name.invalid_as(target, detail)));
        }
        _ => {}
    }
    causes
}

fn ports(spec: &Spot<'_>) -> Vec<Cause> {
    let list = spec.at("ports");
    let (mut names, mut causes) = (BTreeSet::new(), Vec::new());
    for port in list.items() {
        let name = port.at("name");
        if list.len() > 1 && !name.has_text() {
            causes.push(name.required(""));
        } else if name.has_text() {
            causes.extend(name.breaches(formats::label));
            if !names.insert(name.text()) {
                causes.push(name.duplicate());
            }
        }
        causes.extend(pod::probes::port(&port.at("port")));
        causes.extend(port.at("protocol").one_of(&["SCTP", "TCP", "UDP"]));
        causes.extend(pod::probes::port(&port.at("targetPort")));
        causes.extend(port.at("appProtocol").breaches_if_set(formats::qualified));
    }
    causes
}

fn affinity(spec: &Spot<'_>) -> Vec<Cause> {
    let (kind, config) = (spec.at("sessionAffinity"), spec.at("sessionAffinityConfig"));
    let mut causes: Vec<Cause> = kind.one_of(&["ClientIP", "None"]).into_iter().collect();
    match kind.text() {
        "ClientIP" => {
            let timeout = config.down(&["clientIP", "timeoutSeconds"]);
            if !(1..=86_400).contains(&timeout.number()) {
                causes.push(timeout.invalid("must be greater than 0 and less than 86400"));
            }
        }
        "None" if config.is_set() => {
            causes.push(config.forbidden("must not be set when session affinity is None"));
        }
        _ => {}
    }
    causes
}

fn addresses(spec: &Spot<'_>) -> Vec<Cause> {
    if spec.at("type").text() == "ExternalName" {
        return Vec::new();
    }
    let (first, all) = (spec.at("clusterIP"), spec.at("clusterIPs"));
    let (families, policy) = (spec.at("ipFamilies"), spec.at("ipFamilyPolicy"));
    let mut causes = Vec::new();
    match (first.has_text(), all.items().next()) {
        (true, None) => causes.push(all.required("")),
        (true, Some(ip)) if ip.text() != first.text() => {
            causes.push(all.invalid("first value must match `clusterIP`"));
        }
        (false, Some(_)) => causes.push(all.invalid("must be empty when `clusterIP` is not specified")),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for family in families.items() {
        causes.extend(family.one_of_if_set(&["IPv4", "IPv6"]));
        if !seen.insert(family.text()) {
            causes.push(family.duplicate());
        }
    }
    causes.extend(policy.one_of_if_set(&["PreferDualStack", "RequireDualStack", "SingleStack"]));
    let before = causes.len();
    if all.len() > 1 && all.items().next().is_some_and(|ip| ip.text() == "None") {
        causes.push(all.invalid("'None' must be the first and only value"));
    }
    causes.extend(all.items().filter(|ip| ip.text() != "None").flat_map(|ip| ip.breaches(formats::ip)));
    let sound = causes.len() == before;
    if all.len() > 2 {
        causes.push(all.invalid("may only hold up to 2 values"));
    }
    if sound {
        causes.extend(of_families(&all, &families));
    }
    causes
}

/// Each address is of the family that stands at its place.
fn of_families(all: &Spot<'_>, families: &Spot<'_>) -> Vec<Cause> {
    let is_v6 = |ip: &Spot<'_>| matches!(formats::parse_ip(ip.text()), Some(IpAddr::V6(_)));
    let mut causes = Vec::new();
    let ips: Vec<Spot<'_>> = all.items().filter(|ip| ip.text() != "None").collect();
    if let [first, second] = ips.as_slice()
        && is_v6(first) == is_v6(second)
    {
        causes.push(all.invalid("may specify no more than one IP for each IP family"));
    }
    for (index, (ip, family)) in ips.iter().zip(families.items()).enumerate() {
        let wanted = match family.text() {
            "IPv4" if is_v6(ip) => "IPv4",
            "IPv6" if !is_v6(ip) => "IPv6",
            _ => continue,
        };
        causes.push(ip.invalid(format!("expected an {wanted} value as indicated by `ipFamilies[{index}]`")));
    }
    causes
}

fn external_ip(ip: &Spot<'_>) -> Vec<Cause> {
    let Some(address) = formats::parse_ip(ip.text()) else { return ip.breaches(formats::ip) };
    let (link_local, multicast) = match address {
        IpAddr::V4(four) => (four.is_link_local(), four.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(six) => (six.is_unicast_link_local(), six.segments()[0] & 0xff0f == 0xff02),
    };
    let unspecified = format!("may not be unspecified ({})", ip.text());
    let reasons = [
        (address.is_unspecified(), unspecified.as_str()),
        (address.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (multicast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ];
    reasons.iter().filter(|(holds, _)| *holds).map(|(_, detail)| ip.invalid(detail)).collect()
}

fn port_conflicts(spec: &Spot<'_>) -> Vec<Cause> {
    let ports: Vec<Spot<'_>> = spec.at("ports").items().collect();
    let mut causes = Vec::new();
    let on_nodes = || ports.iter().map(|port| (port, port.at("nodePort"))).filter(|(_, node)| node.number() != 0);
    if spec.at("type").text() == "ClusterIP" {
        causes.extend(on_nodes().map(|(_, node)| node.forbidden("may not be used when `type` is 'ClusterIP'")));
    }
    let mut seen = BTreeSet::new();
    for (port, node) in on_nodes() {
        if !seen.insert((port.at("protocol").text(), node.number())) {
            causes.push(node.duplicate());
        }
    }
    let mut seen = BTreeSet::new();
    for port in &ports {
        let (protocol, number) = (port.at("protocol").text(), port.at("port").number());
        if !seen.insert((protocol, number)) {
            let shown = golang::line("core.ServicePort", &json!({ "protocol": protocol, "port": number }));
            causes.push(Cause::duplicate_shown(port.path.as_str(), &shown));
        }
    }
    causes
}

fn ranges(spec: &Spot<'_>) -> Vec<Cause> {
    let list = spec.at("loadBalancerSourceRanges").named("spec.LoadBalancerSourceRanges");
    let mut causes = Vec::new();
    if list.len() > 0 && spec.at("type").text() != "LoadBalancer" {
        causes.push(list.forbidden(BALANCER_ONLY));
    }
    for range in list.items() {
        let faults = formats::cidr(range.text().trim());
        causes.extend(faults.into_iter().map(|detail| range.invalid_as(range.text().trim(), detail)));
    }
    causes
}

fn balancer_class(spec: &Spot<'_>) -> Vec<Cause> {
    let class = spec.at("loadBalancerClass");
    match spec.at("type").text() {
        "LoadBalancer" => class.breaches_if_set(formats::qualified),
        _ if class.is_set() => vec![class.forbidden(BALANCER_ONLY)],
        _ => Vec::new(),
    }
}

fn traffic(spec: &Spot<'_>) -> Vec<Cause> {
    let (outer, health) = (spec.at("externalTrafficPolicy"), spec.at("healthCheckNodePort"));
    let mut causes = Vec::new();
    if super::is_exposed(spec.map()) {
        causes.extend(outer.one_of(&["Cluster", "Local"]));
    } else if outer.has_text() {
        causes.push(outer.invalid("may only be set for externally-accessible services"));
    }
    let checked = object::text(spec.map(), "type") == "LoadBalancer" && outer.text() == "Local";
    if !checked && health.number() != 0 {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        causes.push(health.invalid(detail));
    }
    causes.extend(spec.at("internalTrafficPolicy").one_of_if_set(&["Cluster", "Local"]));
    let near = spec.at("trafficDistribution");
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if near.value != &Value::Null && !known.contains(&near.text()) {
        causes.push(near.unsupported(&known));
    }
    causes
}
