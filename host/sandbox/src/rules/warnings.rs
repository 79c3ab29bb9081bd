//! What a client should know of an object that is taken nevertheless, in the words of the API server.

use std::collections::BTreeSet;

use super::quantity::Quantity;
use super::spot::Spot;
use crate::catalog::Resource;
use crate::object::{self, Object};

/// Volumes that no server mounts any more, and since when.
const GONE: [(&str, &str); 9] = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

pub(super) fn of(resource: &Resource, object: &Object) -> Vec<String> {
    let spec = Spot::of(object, "spec");
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => pod(&spec),
        ("", "services") => service(&spec),
        ("", "persistentvolumeclaims") => claim(&spec),
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") | ("batch", "jobs") => {
            pod(&spec.down(&["template", "spec"]))
        }
        ("batch", "cronjobs") => pod(&spec.down(&["jobTemplate", "spec", "template", "spec"])),
        _ => Vec::new(),
    }
}

/// Nobody has half a byte.
fn claim(spec: &Spot<'_>) -> Vec<String> {
    const MILLI: i128 = 1_000_000;
    let sides = ["requests", "limits"].map(|side| spec.down(&["resources", side]).entry("storage"));
    let in_parts = sides
        .into_iter()
        .filter(|size| Quantity::parse(size.text()).is_some_and(|amount| amount.in_units_of(MILLI) % 1000 != 0));
    in_parts
        .map(|size| format!("{}: fractional byte value {:?} is invalid, must be an integer", size.path, size.text()))
        .collect()
}

fn pod(spec: &Spot<'_>) -> Vec<String> {
    let mut said = Vec::new();
    for constraint in spec.at("topologySpreadConstraints").items() {
        let selector = constraint.at("labelSelector");
        if !selector.is_set() {
            said.push(format!("{}: a null labelSelector results in matching no pod", selector.path));
        }
    }
    for volume in spec.at("volumes").items() {
        let old = GONE.iter().map(|(key, detail)| (volume.at(key), detail)).filter(|(spot, _)| spot.is_set());
        said.extend(old.map(|(spot, detail)| format!("{}: {detail}", spot.path)));
    }
    said.extend(twice(spec.at("hostAliases").items().map(|alias| alias.at("ip")), "ip"));
    let secrets = || spec.at("imagePullSecrets").items().map(|secret| secret.at("name"));
    said.extend(twice(secrets(), "name"));
    said.extend(
        secrets().filter(|name| !name.has_text()).map(|name| format!("{}: invalid empty name \"\"", name.path)),
    );
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        said.extend(spec.at(list).items().flat_map(|container| hidden_variables(&container)));
    }
    said.extend(port_overlaps(spec));
    said
}

fn twice<'a>(values: impl Iterator<Item = Spot<'a>>, what: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let again = values.filter(|value| !seen.insert(value.text()));
    again.map(|value| format!("{}: duplicate {what} {:?}", value.path, value.text())).collect()
}

fn hidden_variables(container: &Spot<'_>) -> Vec<String> {
    let (mut seen, mut said) = (BTreeSet::new(), Vec::new());
    for variable in container.at("env").items() {
        let name = variable.at("name").text();
        if seen.insert(name) {
            continue;
        }
        let own = format!("$({name})");
        let value = variable.at("value").text();
        if variable.at("valueFrom").is_set() || value == own || !value.contains(&own) {
            let path = &variable.path;
            said.push(format!("{path}: hides previous definition of {name:?}, which may be dropped when using apply"));
        }
    }
    said
}

/// Ports that a Pod has twice.
fn port_overlaps(spec: &Spot<'_>) -> Vec<String> {
    let lists = ["initContainers", "containers", "ephemeralContainers"].into_iter();
    let ports: Vec<Spot<'_>> =
        lists.flat_map(|list| spec.at(list).items()).flat_map(|container| container.at("ports").items()).collect();
    let mut said = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let key = |port: &Spot<'_>| (port.at("containerPort").number(), port.at("protocol").text().to_owned());
        for other in ports[..index].iter().filter(|other| key(other) == key(port)) {
            let (host, theirs) = (port.at("hostPort").number(), other.at("hostPort").number());
            let (ip, their_ip) = (port.at("hostIP").text(), other.at("hostIP").text());
            let what = if (host, ip) == (theirs, their_ip) {
                "duplicate"
            } else if host == 0 || theirs == 0 {
                "overlapping"
            } else if host == theirs && ip.is_empty() != their_ip.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            said.push(format!("{}: {what} port definition with {}", port.path, other.path));
        }
    }
    said.extend(port_names(&ports));
    said
}

fn port_names(ports: &[Spot<'_>]) -> Vec<String> {
    let mut said = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let name = port.at("name").text();
        let first = ports[..index].iter().find(|other| !name.is_empty() && other.at("name").text() == name);
        said.extend(first.map(|other| {
            let other = &other.path;
            format!(
                "{}: duplicate port name {name:?} with {other}, services and probes that select ports by name will use \
                 {other}",
                port.path
            )
        }));
    }
    said
}

fn service(spec: &Spot<'_>) -> Vec<String> {
    let kind = object::text(spec.map(), "type");
    let headless = spec.at("clusterIP").text() == "None";
    let outside = spec.at("externalIPs").len() > 0;
    let mut said = Vec::new();
    if headless && kind == "ClusterIP" {
        let ignored = [
            (spec.at("loadBalancerIP").has_text(), "loadBalancerIP"),
            (outside, "externalIPs"),
            (spec.at("sessionAffinity").text() != "None", "SessionAffinity"),
        ];
        let ignored = ignored.into_iter().filter(|(holds, _)| *holds);
        said.extend(ignored.map(|(_, field)| format!("spec.{field} is ignored for headless services")));
    } else if outside && kind != "ExternalName" {
        said.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".into());
    }
    if kind == "ExternalName" && outside {
        said.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".into());
    }
    if kind != "ExternalName" && spec.at("externalName").has_text() {
        said.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".into());
    }
    if spec.at("trafficDistribution").text() == "PreferClose" {
        said.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".into());
    }
    said
}
