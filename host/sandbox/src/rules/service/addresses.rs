//! Cluster IPs and node ports: what a Service asks for, and what it is given.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::api::Api;
use crate::catalog::Resource;
use crate::error::{ApiError, Cause, Subject};
use crate::object::{self, Object};
use crate::rules::{at, each, fill};
use crate::store::Range;

/// `10.96.0.0/16`, without its network address and the `kubernetes` Service itself.
const FIRST_IP: u32 = 0x0a60_0002;
const LAST_IP: u32 = 0x0a60_fffe;
const FIRST_PORT: u64 = 30_000;
const LAST_PORT: u64 = 32_767;

/// Gives a Service the addresses it needs and has not named; an update keeps those it had.
///
/// # Errors
/// None are left, or one that it names belongs to another Service.
pub(in crate::rules) fn allocate(
    api: &Api,
    resource: &Resource,
    object: &mut Object,
    live: Option<&Object>,
) -> Result<(), ApiError> {
    let uid = live.map(|live| object::uid(live).to_owned());
    if let Some(live) = live {
        super::drop_dependent(object, live);
        super::inherit(object, live);
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
    if let Some(cause) = unknown_family(spec) {
        return Err(refuse(cause));
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
    if fixed_ip && let Some(cause) = taken.refuses(object::text(spec, "clusterIP")) {
        return Err(refuse(cause));
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

/// The cluster has IPv4 alone.
fn unknown_family(spec: &Object) -> Option<Cause> {
    if object::text(spec, "ipFamilyPolicy") == "RequireDualStack" {
        let detail = "this cluster is not configured for dual-stack services";
        return Some(Cause::invalid("spec.ipFamilyPolicy", &spec["ipFamilyPolicy"], detail));
    }
    let families = spec.get("ipFamilies").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let index = families.iter().position(|family| family == "IPv6")?;
    Some(Cause::invalid(format!("spec.ipFamilies[{index}]"), &families[index], "not configured on this cluster"))
}

fn mirror(spec: &mut Object) -> Result<(), ApiError> {
    let ip = spec.get("clusterIP").cloned().unwrap_or(Value::Null);
    if ip.is_string() {
        fill(spec, "clusterIPs", json!([ip]));
    }
    Ok(())
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
            taken.ports.extend(at(&service, &["spec", "healthCheckNodePort"]).as_u64());
        }
        taken
    }

    /// Why an address that a Service asks for cannot be its own; what is no address, validation refuses.
    fn refuses(&self, ip: &str) -> Option<Cause> {
        let number = u32::from(ip.parse::<Ipv4Addr>().ok()?);
        let reason = if self.ips.contains(ip) {
            "provided IP is already allocated".to_owned()
        } else if (FIRST_IP - 2..=LAST_IP + 1).contains(&number) {
            return None;
        } else {
            format!("the provided IP ({ip}) is not in the valid range. The range of valid IPs is 10.96.0.0/16")
        };
        Some(Cause::invalid("spec.clusterIPs", &json!([ip]), format!("failed to allocate IP {ip}: {reason}")))
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
    let checked =
        object::text(spec, "type") == "LoadBalancer" && object::text(spec, "externalTrafficPolicy") == "Local";
    if checked && spec.get("healthCheckNodePort").and_then(Value::as_u64).unwrap_or(0) == 0 {
        // From the far end, where fewest are asked for by number.
        if let Some(free) = (FIRST_PORT..=LAST_PORT).rev().find(|node| !taken.contains(node)) {
            taken.insert(free);
            spec.insert("healthCheckNodePort".into(), free.into());
        }
    }
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
