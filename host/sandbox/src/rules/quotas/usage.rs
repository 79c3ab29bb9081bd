//! What an object takes from the quotas of its namespace, by the names that quotas have for it.

use serde_json::Value;

use crate::catalog::Resource;
use crate::object::{self, Object};
use crate::rules::amounts::{self, Amounts};
use crate::rules::quantity::Quantity;
use crate::rules::{at, pod};

const OF_CLASS: &str = ".storageclass.storage.k8s.io/";
const OF_CLAIMS: [&str; 2] = ["persistentvolumeclaims", "requests.storage"];
const DEVICE_CLASS: &str = "deviceclass.resource.kubernetes.io/";

/// How much of an object is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Pod,
    Service,
    Claim,
    /// That it is there; some kinds have an older name for it too.
    Number(Option<&'static str>),
}

impl Counted {
    /// `None` for what no quota counts.
    pub(super) fn of(resource: &Resource) -> Option<Self> {
        if !resource.namespaced || resource.creatable_only || matches!(resource.shelf.as_str(), "events" | "bindings") {
            return None;
        }
        Some(match resource.shelf.as_str() {
            "pods" => Counted::Pod,
            "services" => Counted::Service,
            "persistentvolumeclaims" => Counted::Claim,
            "configmaps" => Counted::Number(Some("configmaps")),
            "replicationcontrollers" => Counted::Number(Some("replicationcontrollers")),
            "resourcequotas" => Counted::Number(Some("resourcequotas")),
            "secrets" => Counted::Number(Some("secrets")),
            _ => Counted::Number(None),
        })
    }

    /// Whether a quota's amount of this name is about the kind.
    pub(super) fn concerns(self, resource: &Resource, name: &str) -> bool {
        if name.strip_prefix("count/") == Some(resource.shelf.as_str()) {
            return true;
        }
        match self {
            Counted::Pod => is_of_pods(name),
            Counted::Service => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
            Counted::Claim => {
                let of_class = name.split_once(OF_CLASS).map(|(_, of)| of);
                OF_CLAIMS.contains(&of_class.unwrap_or(name))
            }
            Counted::Number(other) => other == Some(name),
        }
    }

    pub(super) fn usage(self, resource: &Resource, object: &Object) -> Amounts {
        let mut usage = Amounts::from([(format!("count/{}", resource.shelf.as_str()), Quantity::count(1))]);
        match self {
            Counted::Pod => usage.extend(of_pod(object)),
            Counted::Service => usage.extend(of_service(object)),
            Counted::Claim => usage.extend(of_claim(object)),
            Counted::Number(other) => usage.extend(other.map(|name| (name.to_owned(), Quantity::count(1)))),
        }
        usage
    }
}

fn is_of_pods(name: &str) -> bool {
    const PLAIN: [&str; 4] = ["pods", "cpu", "memory", "ephemeral-storage"];
    let is_compute = |name: &str| PLAIN[1..].contains(&name);
    if PLAIN.contains(&name) || name.starts_with("hugepages-") {
        return true;
    }
    if name.strip_prefix("limits.").is_some_and(is_compute) {
        return true;
    }
    let is_foreign = name.contains('/') && !name.contains("kubernetes.io/");
    name.strip_prefix("requests.").is_some_and(|name| {
        is_compute(name) || name.starts_with("hugepages-") || name.starts_with(DEVICE_CLASS) || is_foreign
    })
}

/// A Pod that has ended takes nothing but its place in the store.
fn of_pod(pod: &Object) -> Amounts {
    if has_ended(pod) {
        return Amounts::new();
    }
    let spec = object::child(pod, "spec");
    let overhead = amounts::read(at(spec, &["overhead"]));
    let (mut requests, mut limits) = (pod::total::of(spec, "requests"), pod::total::of(spec, "limits"));
    amounts::add(&mut requests, &overhead);
    let bounded = amounts::only(&overhead, |name| limits.contains_key(name));
    amounts::add(&mut limits, &bounded);
    let mut usage = computed(&requests, &limits);
    usage.insert("pods".into(), Quantity::count(1));
    usage
}

/// Requests and limits under the names of quotas.
pub(super) fn computed(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut usage = Amounts::new();
    for (name, amount) in requests {
        let plain = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        let foreign = name.contains('/') && !name.contains("kubernetes.io/") || name.starts_with(DEVICE_CLASS);
        if plain {
            usage.insert(name.clone(), *amount);
        }
        if plain || foreign {
            usage.insert(format!("requests.{name}"), *amount);
        }
    }
    for name in ["cpu", "memory", "ephemeral-storage"] {
        usage.extend(limits.get(name).map(|amount| (format!("limits.{name}"), *amount)));
    }
    usage
}

fn has_ended(pod: &Object) -> bool {
    if matches!(at(pod, &["status", "phase"]).as_str(), Some("Failed" | "Succeeded")) {
        return true;
    }
    let metadata = object::metadata(pod);
    let end = object::text(metadata, "deletionTimestamp").parse::<jiff::Timestamp>().ok();
    let grace = metadata.get("deletionGracePeriodSeconds").and_then(Value::as_i64);
    let (Some(end), Some(grace)) = (end, grace) else { return false };
    jiff::Timestamp::now().as_second() > end.as_second().saturating_add(grace)
}

fn of_service(service: &Object) -> Amounts {
    let spec = object::child(service, "spec");
    let ports = spec.get("ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let balanced = object::text(spec, "type") == "LoadBalancer";
    let asked = ports.iter().filter(|port| port["nodePort"].as_i64().unwrap_or(0) != 0).count();
    let node_ports = match object::text(spec, "type") {
        "LoadBalancer" if spec.get("allocateLoadBalancerNodePorts") == Some(&Value::Bool(false)) => asked,
        "NodePort" | "LoadBalancer" => ports.len(),
        _ => 0,
    };
    let usage = [("services", 1), ("services.nodeports", node_ports), ("services.loadbalancers", balanced.into())];
    usage.into_iter().map(|(name, number)| (name.to_owned(), Quantity::count(number))).collect()
}

fn of_claim(claim: &Object) -> Amounts {
    let spec = object::child(claim, "spec");
    let annotated = at(claim, &["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"]).as_str();
    let class = annotated.unwrap_or_else(|| object::text(spec, "storageClassName"));
    let amount = |place: &Value| place["storage"].as_str().and_then(Quantity::parse).map(Quantity::rounded_up);
    let (asked, given) =
        (amount(at(spec, &["resources", "requests"])), amount(at(claim, &["status", "allocatedResources"])));
    let size = asked.map(|asked| given.filter(|given| given.nano() > asked.nano()).unwrap_or(asked));
    let mut usage = Amounts::new();
    for (name, amount) in OF_CLAIMS.into_iter().zip([Some(Quantity::count(1)), size]) {
        let Some(amount) = amount else { continue };
        usage.insert(name.to_owned(), amount);
        if !class.is_empty() {
            usage.insert(format!("{class}{OF_CLASS}{name}"), amount);
        }
    }
    usage
}
