//! Pods, and the pod templates of everything that makes Pods.

mod admit;
mod containers;
mod environment;
pub(super) mod probes;
mod resources;
mod scheduling;
mod security;
mod spec;
pub(super) mod total;
mod update;
mod volumes;

use serde_json::{Value, json};

use super::{at, each, fill, inside};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) use admit::{admit, keep_admitted};
pub(super) use spec::template;

/// Defaults of the template at `spec.template`.
pub(super) fn default_template(spec: &mut Object) {
    if let Some(pod) = inside(spec, &["template", "spec"]) {
        default_spec(pod);
    }
}

pub(super) fn default_pod(object: &mut Object) {
    let is_new = object::child(object, "status").is_empty();
    if let Some(spec) = inside(object, &["spec"]) {
        default_spec(spec);
        default_host_ports(spec);
        fill(spec, "enableServiceLinks", true);
        requests_from_limits(spec);
        if spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).is_some_and(|seconds| seconds < 0) {
            spec.insert("terminationGracePeriodSeconds".into(), 1.into());
        }
    }
    default_addresses(object);
    if is_new {
        let class = quality(object);
        object.insert("status".into(), json!({ "phase": "Pending", "qosClass": class }));
    }
}

/// The old field for one address and the new one for several say the same.
fn default_addresses(object: &mut Object) {
    let Some(status) = inside(object, &["status"]) else { return };
    let first = at(status, &["podIPs"]).get(0).map(|entry| entry["ip"].clone());
    match (status.get("podIP").filter(|ip| *ip != "").cloned(), first) {
        (Some(ip), first) if first.as_ref() != Some(&ip) => {
            status.insert("podIPs".into(), json!([{ "ip": ip }]));
        }
        (None, Some(ip)) => drop(status.insert("podIP".into(), ip)),
        _ => {}
    }
}

/// A Pod that is resized stays in its class, and on a node that can do it.
pub(super) fn validate_resize(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let Some(live) = live else { return Vec::new() };
    let mut causes = Vec::new();
    if quality(live) != quality(object) {
        let class = at(object, &["status", "qosClass"]);
        causes.push(Cause::invalid("spec", class, "Pod QOS Class may not change as a result of resizing"));
    }
    // A kubelet that can do it says what each container has.
    let containers = at(live, &["status", "containerStatuses"]).as_array().into_iter().flatten();
    let running = containers.into_iter().find(|status| status["state"]["running"].is_object());
    if running.is_some_and(|status| status["resources"].is_null()) {
        causes.push(Cause::forbidden("spec", "Pod running on node without support for resize"));
    }
    causes
}

fn default_spec(spec: &mut Object) {
    fill(spec, "dnsPolicy", "ClusterFirst");
    fill(spec, "restartPolicy", "Always");
    fill(spec, "schedulerName", "default-scheduler");
    fill(spec, "securityContext", json!({}));
    fill(spec, "terminationGracePeriodSeconds", 30);
    mirror_account(spec);
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for container in each(spec, list) {
            default_container(container);
        }
    }
    each(spec, "volumes").for_each(default_volume);
    // A secret without a name is one that does not matter.
    each(spec, "imagePullSecrets").for_each(|secret| secret.retain(|_, name| name != ""));
}

/// On the host's network a port is the host's own; in a template that is not said yet.
fn default_host_ports(spec: &mut Object) {
    if spec.get("hostNetwork") != Some(&Value::Bool(true)) {
        return;
    }
    for list in ["containers", "initContainers"] {
        for port in each(spec, list).flat_map(|container| each(container, "ports")) {
            if let Some(number) = port.get("containerPort").cloned() {
                fill(port, "hostPort", number);
            }
        }
    }
}

/// `serviceAccount` is the old name of `serviceAccountName`; both are kept equal.
fn mirror_account(spec: &mut Object) {
    let name = ["serviceAccountName", "serviceAccount"].iter().find_map(|key| spec.get(*key).cloned());
    if let Some(name) = name {
        spec.insert("serviceAccount".into(), name.clone());
        spec.insert("serviceAccountName".into(), name);
    }
}

fn default_container(container: &mut Object) {
    let policy = pull_policy(object::text(container, "image"));
    fill(container, "imagePullPolicy", policy);
    fill(container, "resources", json!({}));
    fill(container, "terminationMessagePath", "/dev/termination-log");
    fill(container, "terminationMessagePolicy", "File");
    for port in each(container, "ports") {
        fill(port, "protocol", "TCP");
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = inside(container, &[probe]) {
            default_probe(probe);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(get) = inside(container, &["lifecycle", hook, "httpGet"]) {
            default_http_get(get);
        }
    }
    for variable in each(container, "env") {
        if let Some(field) = inside(variable, &["valueFrom", "fieldRef"]) {
            fill(field, "apiVersion", "v1");
        }
    }
}

/// An image without a tag, or tagged `latest`, is pulled each time.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let tag = name.split_once(':').map_or("latest", |(_, tag)| tag);
    if name.contains('@') || tag != "latest" { "IfNotPresent" } else { "Always" }
}

fn default_probe(probe: &mut Object) {
    fill(probe, "timeoutSeconds", 1);
    fill(probe, "periodSeconds", 10);
    fill(probe, "successThreshold", 1);
    fill(probe, "failureThreshold", 3);
    if let Some(get) = inside(probe, &["httpGet"]) {
        default_http_get(get);
    }
    if let Some(grpc) = inside(probe, &["grpc"]) {
        fill(grpc, "service", "");
    }
}

fn default_http_get(get: &mut Object) {
    fill(get, "path", "/");
    fill(get, "scheme", "HTTP");
}

fn default_volume(volume: &mut Object) {
    if volume.len() == 1 {
        volume.insert("emptyDir".into(), json!({}));
    }
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        if let Some(source) = inside(volume, &[source]) {
            fill(source, "defaultMode", 0o644);
            default_items(source);
        }
    }
    if let Some(path) = inside(volume, &["hostPath"]) {
        fill(path, "type", "");
    }
    if let Some(projected) = inside(volume, &["projected"]) {
        for source in each(projected, "sources") {
            if let Some(token) = inside(source, &["serviceAccountToken"]) {
                fill(token, "expirationSeconds", 3600);
            }
            if let Some(downward) = inside(source, &["downwardAPI"]) {
                default_items(downward);
            }
        }
    }
    if let Some(template) = inside(volume, &["ephemeral", "volumeClaimTemplate", "spec"]) {
        fill(template, "volumeMode", "Filesystem");
    }
}

fn default_items(source: &mut Object) {
    for item in each(source, "items") {
        if let Some(field) = inside(item, &["fieldRef"]) {
            fill(field, "apiVersion", "v1");
        }
    }
}

fn requests_from_limits(spec: &mut Object) {
    for list in ["containers", "initContainers"] {
        for container in each(spec, list) {
            let Some(limits) = inside(container, &["resources", "limits"]).map(|limits| limits.clone()) else {
                continue;
            };
            let requests = object::child_mut(object::child_mut(container, "resources"), "requests");
            for (name, amount) in limits {
                fill(requests, &name, amount);
            }
        }
    }
}

/// Says again of what quality a Pod is served, after its resources have changed.
pub(super) fn judge_quality(object: &mut Object) {
    let class = quality(object);
    object::child_mut(object, "status").insert("qosClass".into(), class.into());
}

pub(super) fn quality(object: &Object) -> &'static str {
    let containers = at(object, &["spec", "containers"]).as_array().cloned().unwrap_or_default();
    let amounts = |container: &Value, side: &str| container["resources"][side].as_object().cloned().unwrap_or_default();
    let has_any =
        |container: &Value| !amounts(container, "limits").is_empty() || !amounts(container, "requests").is_empty();
    let is_full = |container: &Value| {
        let (limits, requests) = (amounts(container, "limits"), amounts(container, "requests"));
        ["cpu", "memory"].iter().all(|name| limits.contains_key(*name) && limits.get(*name) == requests.get(*name))
    };
    if !containers.iter().any(has_any) {
        "BestEffort"
    } else if containers.iter().all(is_full) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

pub(super) fn grace_period(object: &Object, asked: Option<i64>) -> i64 {
    let ended = matches!(at(object, &["status", "phase"]).as_str(), Some("Succeeded" | "Failed"));
    if ended || at(object, &["spec", "nodeName"]).as_str().unwrap_or_default().is_empty() {
        return 0;
    }
    let wish = at(object, &["spec", "terminationGracePeriodSeconds"]).as_i64();
    asked.or(wish).unwrap_or(30).max(0)
}

/// Containers for debugging can be added, and stay as they are.
pub(super) fn validate_ephemeral(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = spec::pod_faults(object, live);
    causes.extend(live.into_iter().flat_map(|live| update::ephemeral(object, live)));
    causes
}

pub(super) fn validate(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = spec::pod_faults(object, live);
    causes.extend(live.into_iter().flat_map(|live| update::faults(object, live)));
    causes
}
