//! Services: defaults, cluster IPs and node ports.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{at, each, fill};
use crate::api::Api;
use crate::catalog::Resource;
use crate::error::{ApiError, Cause, Subject};
use crate::object::{self, Object};
use crate::store::Range;

/// `10.96.0.0/16`, without its network address and the `kubernetes` Service itself.
const FIRST_IP: u32 = 0x0a60_0002;
const LAST_IP: u32 = 0x0a60_fffe;
const FIRST_PORT: u64 = 30_000;
const LAST_PORT: u64 = 32_767;

pub(super) fn default(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    fill(spec, "sessionAffinity", "None");
    fill(spec, "type", "ClusterIP");
    if object::text(spec, "sessionAffinity") == "ClientIP" {
        let config = object::child_mut(object::child_mut(spec, "sessionAffinityConfig"), "clientIP");
        fill(config, "timeoutSeconds", 10_800);
    }
    for port in each(spec, "ports") {
        fill(port, "protocol", "TCP");
        if let Some(number) = port.get("port").cloned() {
            fill(port, "targetPort", number);
        }
    }
    match object::text(spec, "type") {
        "ExternalName" => {}
        kind => {
            let exposed = matches!(kind, "NodePort" | "LoadBalancer");
            let balanced = kind == "LoadBalancer";
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

/// Gives a Service the addresses it needs and has not named; an update keeps those it had.
///
/// # Errors
/// None are left, or one that it names belongs to another Service.
pub(super) fn allocate(
    api: &Api,
    resource: &Resource,
    object: &mut Object,
    live: Option<&Object>,
) -> Result<(), ApiError> {
    let uid = live.map(|live| object::uid(live).to_owned());
    if let Some(live) = live {
        inherit(object, live);
    }
    let name = object::name(object).to_owned();
    let refuse = |cause| {
        ApiError::invalid(Subject { group: &resource.group, resource: &resource.kind, name: &name }, vec![cause])
    };
    let spec = object::child_mut(object, "spec");
    let kind = object::text(spec, "type").to_owned();
    if kind == "ExternalName" {
        return Ok(());
    }
    fill(spec, "ipFamilies", json!(["IPv4"]));
    fill(spec, "ipFamilyPolicy", "SingleStack");
    let needs_ip = object::text(spec, "clusterIP").is_empty();
    let needs_ports = matches!(kind.as_str(), "NodePort" | "LoadBalancer")
        && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false));
    let fixed_ip = object::text(spec, "clusterIP") != "None" && live.is_none() && !needs_ip;
    if !needs_ip && !needs_ports && !fixed_ip {
        return mirror(spec);
    }
    let taken = Taken::read(api, resource, uid.as_deref());
    if fixed_ip && taken.ips.contains(object::text(spec, "clusterIP")) {
        let detail = "failed to allocate IP: provided IP is already allocated";
        return Err(refuse(Cause::invalid("spec.clusterIPs", &json!([object::text(spec, "clusterIP")]), detail)));
    }
    if needs_ip {
        let ip = taken.free_ip().ok_or_else(|| ApiError::internal("Internal error occurred: no cluster IP is left"))?;
        spec.insert("clusterIP".into(), ip.into());
    }
    if needs_ports {
        assign_ports(spec, taken.ports).map_err(refuse)?;
    }
    mirror(spec)
}

fn mirror(spec: &mut Object) -> Result<(), ApiError> {
    let ip = spec.get("clusterIP").cloned().unwrap_or(Value::Null);
    if ip.is_string() {
        fill(spec, "clusterIPs", json!([ip]));
    }
    Ok(())
}

/// What an update does not name, it keeps.
fn inherit(object: &mut Object, live: &Object) {
    let before = object::child(live, "spec").clone();
    let spec = object::child_mut(object, "spec");
    if object::text(spec, "type") == "ExternalName" {
        return;
    }
    if object::text(&before, "type") != "ExternalName" {
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
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

/// Addresses of the other Services.
#[derive(Default)]
struct Taken {
    ips: BTreeSet<String>,
    ports: BTreeSet<u64>,
}

impl Taken {
    fn read(api: &Api, resource: &Resource, but: Option<&str>) -> Self {
        let mut taken = Taken::default();
        let Ok(page) = api.store.list(&resource.shelf, &Range::default()) else { return taken };
        for (_, stored) in page.items {
            let Ok(service) = object::parse(&stored.body) else { continue };
            if Some(object::uid(&service)) == but {
                continue;
            }
            let ips = at(&service, &["spec", "clusterIPs"]).as_array().into_iter().flatten();
            taken.ips.extend(ips.filter_map(Value::as_str).map(str::to_owned));
            let ports = at(&service, &["spec", "ports"]).as_array().into_iter().flatten();
            taken.ports.extend(ports.filter_map(|port| port["nodePort"].as_u64()));
        }
        taken
    }

    /// The next after the highest, so that an address is not used again at once; then the first gap.
    fn free_ip(&self) -> Option<String> {
        let highest = self.ips.iter().filter_map(|ip| ip.parse::<Ipv4Addr>().ok()).map(u32::from).max();
        let start = highest.map_or(FIRST_IP, |ip| (ip + 1).clamp(FIRST_IP, LAST_IP));
        let candidates = (start..=LAST_IP).chain(FIRST_IP..start);
        candidates.map(|ip| Ipv4Addr::from(ip).to_string()).find(|ip| !self.ips.contains(ip))
    }
}

fn assign_ports(spec: &mut Object, mut taken: BTreeSet<u64>) -> Result<(), Cause> {
    for (index, port) in each(spec, "ports").enumerate() {
        match port.get("nodePort").and_then(Value::as_u64).filter(|node| *node != 0) {
            Some(node) if taken.contains(&node) => {
                let field = format!("spec.ports[{index}].nodePort");
                return Err(Cause::invalid(field, &node.into(), "provided port is already allocated"));
            }
            Some(node) => drop(taken.insert(node)),
            None => {
                let Some(free) = (FIRST_PORT..=LAST_PORT).find(|node| !taken.contains(node)) else { continue };
                taken.insert(free);
                port.insert("nodePort".into(), free.into());
            }
        }
    }
    Ok(())
}

pub(super) fn validate(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let kind = at(object, &["spec", "type"]).as_str().unwrap_or_default();
    let ports = at(object, &["spec", "ports"]).as_array().map_or(&[][..], Vec::as_slice);
    let headless = at(object, &["spec", "clusterIP"]) == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        if ports.len() > 1 && port["name"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("spec.ports[{index}].name"), ""));
        }
        if !port["port"].as_i64().is_some_and(|number| (1..=65_535).contains(&number)) {
            let detail = "must be between 1 and 65535, inclusive";
            causes.push(Cause::invalid(format!("spec.ports[{index}].port"), &port["port"], detail));
        }
    }
    if let Some(live) = live {
        let (before, after) = (at(live, &["spec", "clusterIP"]), at(object, &["spec", "clusterIP"]));
        let was_external = at(live, &["spec", "type"]) == "ExternalName";
        if before != after && before.is_string() && kind != "ExternalName" && !was_external {
            let detail = "may not change once set";
            causes.push(Cause::invalid("spec.clusterIPs[0]", &json!([after]), detail));
        }
    }
    causes
}
