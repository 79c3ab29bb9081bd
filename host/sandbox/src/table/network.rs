//! Columns of Services and of what leads to them.

use serde_json::Value;

use super::cells::{NONE, View, joined};
use super::{AGE, Column, NAME, column};

pub(super) fn columns(key: (&str, &str)) -> Option<&'static [Column]> {
    Some(match key {
        ("", "services") => SERVICES,
        ("", "endpoints") => ENDPOINTS,
        ("discovery.k8s.io", "endpointslices") => SLICES,
        ("networking.k8s.io", "ingresses") => INGRESSES,
        ("networking.k8s.io", "ingressclasses") => INGRESS_CLASSES,
        ("networking.k8s.io", "networkpolicies") => POLICIES,
        _ => return None,
    })
}

const SERVICES: &[Column] = &[
    NAME,
    column("Type", |service| service.text("spec.type").into()),
    column("Cluster-IP", |service| service.or_none("spec.clusterIP")),
    column("External-IP", external_ip),
    column("Port(s)", |service| joined(service.list("spec.ports").iter().map(port))),
    AGE,
    column("Selector", |service| service.pairs("spec.selector")).wide(),
];

fn port(port: &Value) -> String {
    let (number, protocol) = (&port["port"], port["protocol"].as_str().unwrap_or("TCP"));
    match port["nodePort"].as_i64().unwrap_or(0) {
        0 => format!("{number}/{protocol}"),
        node => format!("{number}:{node}/{protocol}"),
    }
}

fn addresses<'a>(view: &View<'a>) -> impl Iterator<Item = String> + use<'a> {
    let entries = view.list("status.loadBalancer.ingress").iter();
    entries.filter_map(|entry| entry["ip"].as_str().or_else(|| entry["hostname"].as_str())).map(str::to_owned)
}

fn external_ip(service: &View<'_>) -> Value {
    let given = service.list("spec.externalIPs").iter().filter_map(Value::as_str).map(str::to_owned);
    match service.text("spec.type") {
        "ExternalName" => service.text("spec.externalName").into(),
        "LoadBalancer" => match joined(addresses(service).chain(given)) {
            none if none == NONE => "<pending>".into(),
            found => found,
        },
        _ => joined(given),
    }
}

const ENDPOINTS: &[Column] = &[
    NAME,
    column("Endpoints", |object| {
        let subsets = object.list("subsets").iter();
        joined(subsets.flat_map(|subset| {
            let list = |key: &str| subset[key].as_array().cloned().unwrap_or_default();
            let ports = list("ports");
            list("addresses").into_iter().flat_map(move |address| {
                let ip = address["ip"].as_str().unwrap_or_default().to_owned();
                ports.clone().into_iter().map(move |port| format!("{ip}:{}", port["port"]))
            })
        }))
    }),
    AGE,
];

const SLICES: &[Column] = &[
    NAME,
    column("AddressType", |object| object.text("addressType").into()),
    column("Ports", |object| joined(object.list("ports").iter().map(|port| port["port"].to_string()))),
    column("Endpoints", |object| {
        let endpoints = object.list("endpoints").iter();
        joined(endpoints.filter_map(|endpoint| endpoint["addresses"][0].as_str()).map(str::to_owned))
    }),
    AGE,
];

const INGRESSES: &[Column] = &[
    NAME,
    column("Class", |ingress| ingress.or_none("spec.ingressClassName")),
    column("Hosts", |ingress| {
        let hosts = ingress.list("spec.rules").iter().filter_map(|rule| rule["host"].as_str());
        match joined(hosts.map(str::to_owned)) {
            none if none == NONE => "*".into(),
            hosts => hosts,
        }
    }),
    column("Address", |ingress| addresses(ingress).collect::<Vec<_>>().join(",").into()),
    column("Ports", |ingress| if ingress.list("spec.tls").is_empty() { "80" } else { "80, 443" }.into()),
    AGE,
];

const INGRESS_CLASSES: &[Column] = &[
    NAME,
    column("Controller", |class| class.text("spec.controller").into()),
    column("Parameters", |class| match class.map("spec.parameters") {
        Some(_) => {
            let (kind, name) = (class.text("spec.parameters.kind"), class.text("spec.parameters.name"));
            match class.text("spec.parameters.apiGroup") {
                "" => format!("{kind}/{name}").into(),
                group => format!("{kind}.{group}/{name}").into(),
            }
        }
        None => NONE.into(),
    }),
    AGE,
];

const POLICIES: &[Column] = &[NAME, column("Pod-Selector", |policy| policy.selector("spec.podSelector")), AGE];
