//! Columns of Nodes, and of the requests for certificates with which they join.

use serde_json::Value;

use super::cells::{NONE, View, joined};
use super::{AGE, Column, NAME, age, column};

pub(super) fn columns(key: (&str, &str)) -> Option<&'static [Column]> {
    Some(match key {
        ("", "nodes") => NODES,
        ("certificates.k8s.io", "certificatesigningrequests") => REQUESTS,
        _ => return None,
    })
}

const NODES: &[Column] = &[
    NAME,
    column("Status", |node| {
        let ready = node.list("status.conditions").iter().find(|entry| entry["type"] == "Ready");
        let status = match ready {
            Some(entry) if entry["status"] == "True" => "Ready",
            Some(_) => "NotReady",
            None => "Unknown",
        };
        let suffix = if node.at("spec.unschedulable") == true { ",SchedulingDisabled" } else { "" };
        format!("{status}{suffix}").into()
    }),
    column("Roles", |node| {
        let labels = node.map("metadata.labels").into_iter().flatten();
        joined(labels.filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/")).map(str::to_owned))
    }),
    AGE,
    column("Version", |node| node.text("status.nodeInfo.kubeletVersion").into()),
    column("Internal-IP", |node| address(node, "InternalIP")).wide(),
    column("External-IP", |node| address(node, "ExternalIP")).wide(),
    column("OS-Image", |node| known(node, "status.nodeInfo.osImage")).wide(),
    column("Kernel-Version", |node| known(node, "status.nodeInfo.kernelVersion")).wide(),
    column("Container-Runtime", |node| known(node, "status.nodeInfo.containerRuntimeVersion")).wide(),
];

fn address(node: &View<'_>, kind: &str) -> Value {
    let entry = node.list("status.addresses").iter().find(|entry| entry["type"] == kind);
    entry.and_then(|entry| entry["address"].as_str()).unwrap_or(NONE).into()
}

fn known(node: &View<'_>, path: &str) -> Value {
    match node.text(path) {
        "" => "<unknown>".into(),
        text => text.into(),
    }
}

const REQUESTS: &[Column] = &[
    NAME,
    AGE,
    column("SignerName", |request| request.or_none("spec.signerName")),
    column("Requestor", |request| request.text("spec.username").into()),
    column("RequestedDuration", |request| match request.at("spec.expirationSeconds").as_i64() {
        Some(seconds) => age::human(seconds).into(),
        None => NONE.into(),
    }),
    column("Condition", |request| condition(request).into()),
];

/// Denied and failed requests stay so, whatever else is said of them.
fn condition(request: &View<'_>) -> String {
    let has = |kind: &str| request.list("status.conditions").iter().any(|entry| entry["type"] == kind);
    let mut words: Vec<&str> = ["Approved", "Denied"].into_iter().filter(|kind| has(kind)).take(1).collect();
    if words.is_empty() {
        words.push("Pending");
    }
    if has("Failed") {
        words.push("Failed");
    }
    if !request.text("status.certificate").is_empty() {
        words.push("Issued");
    }
    words.join(",")
}
