//! Pods, and the pod templates of everything that makes Pods.

use serde_json::{Value, json};

use super::{at, each, fill, inside};
use crate::error::Cause;
use crate::object::{self, Object};

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
        fill(spec, "enableServiceLinks", true);
        requests_from_limits(spec);
    }
    if is_new {
        let class = quality(object);
        object.insert("status".into(), json!({ "phase": "Pending", "qosClass": class }));
    }
}

/// What the admission plugins that are on by default add.
pub(super) fn admit(object: &mut Object) {
    if let Some(spec) = inside(object, &["spec"]) {
        fill(spec, "preemptionPolicy", "PreemptLowerPriority");
        fill(spec, "priority", 0);
        tolerate_node_faults(spec);
    }
}

fn default_spec(spec: &mut Object) {
    fill(spec, "dnsPolicy", "ClusterFirst");
    fill(spec, "restartPolicy", "Always");
    fill(spec, "schedulerName", "default-scheduler");
    fill(spec, "securityContext", json!({}));
    fill(spec, "terminationGracePeriodSeconds", 30);
    mirror_account(spec);
    let host_network = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        for container in each(spec, list) {
            default_container(container, host_network);
        }
    }
    each(spec, "volumes").for_each(default_volume);
}

/// `serviceAccount` is the old name of `serviceAccountName`; both are kept equal.
fn mirror_account(spec: &mut Object) {
    let name = ["serviceAccountName", "serviceAccount"].iter().find_map(|key| spec.get(*key).cloned());
    if let Some(name) = name {
        spec.insert("serviceAccount".into(), name.clone());
        spec.insert("serviceAccountName".into(), name);
    }
}

fn default_container(container: &mut Object, host_network: bool) {
    let policy = pull_policy(object::text(container, "image"));
    fill(container, "imagePullPolicy", policy);
    fill(container, "resources", json!({}));
    fill(container, "terminationMessagePath", "/dev/termination-log");
    fill(container, "terminationMessagePolicy", "File");
    for port in each(container, "ports") {
        fill(port, "protocol", "TCP");
        if let Some(number) = port.get("containerPort").cloned().filter(|_| host_network) {
            fill(port, "hostPort", number);
        }
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

/// Every Pod endures an unready or unreachable node for five minutes.
fn tolerate_node_faults(spec: &mut Object) {
    let list = spec.entry("tolerations").or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let endures = |entry: &Value| {
            (entry["key"] == key || entry["key"].is_null())
                && (entry["effect"] == "NoExecute" || entry["effect"].is_null())
        };
        if !list.iter().any(endures) {
            list.push(json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }));
        }
    }
}

fn quality(object: &Object) -> &'static str {
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

pub(super) fn validate(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = validate_spec(object::child(object, "spec"), "spec");
    if let Some(live) = live
        && fixed_part(object) != fixed_part(live)
    {
        causes.push(Cause::forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,\
             `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
             tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        ));
    }
    causes
}

/// What of a Pod's spec no update may change. A scheduler may still choose the node.
fn fixed_part(pod: &Object) -> Object {
    let mut spec = object::child(pod, "spec").clone();
    for key in ["activeDeadlineSeconds", "tolerations", "nodeName", "ephemeralContainers", "schedulingGates"] {
        spec.remove(key);
    }
    for list in ["containers", "initContainers"] {
        for container in each(&mut spec, list) {
            container.remove("image");
            container.remove("resources");
        }
    }
    spec
}

/// The faults of a pod spec that stands at `path`.
pub(super) fn validate_spec(spec: &Object, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let containers = spec.get("containers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let mut names = std::collections::BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        let place = format!("{path}.containers[{index}]");
        match container["name"].as_str().unwrap_or_default() {
            "" => causes.push(Cause::required(format!("{place}.name"), "")),
            name if !names.insert(name) => causes.push(Cause::duplicate(format!("{place}.name"), &name.into())),
            name => causes.extend(super::names::label_fault(&format!("{place}.name"), name)),
        }
        if container["image"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{place}.image"), ""));
        }
        causes.extend(ports(container, &place));
        causes.extend(mounts(spec, container, &place));
    }
    causes.extend(super::values::pod_spec(spec, path));
    causes
}

/// Numbers and names of a container's ports.
fn ports(container: &Value, place: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    let list = container["ports"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, port) in list.iter().enumerate() {
        let place = |key: &str| format!("{place}.ports[{index}].{key}");
        match port["name"].as_str().unwrap_or_default() {
            "" => {}
            name if name.len() > 15 => {
                causes.push(Cause::invalid(place("name"), &name.into(), "must be no more than 15 characters"));
            }
            name if !names.insert(name) => causes.push(Cause::duplicate(place("name"), &name.into())),
            _ => {}
        }
        match port["containerPort"].as_i64().unwrap_or(0) {
            0 => causes.push(Cause::required(place("containerPort"), "")),
            number => causes.extend(port_fault(place("containerPort"), number)),
        }
        if let Some(number) = port["hostPort"].as_i64().filter(|number| *number != 0) {
            causes.extend(port_fault(place("hostPort"), number));
        }
    }
    causes
}

fn port_fault(field: String, number: i64) -> Option<Cause> {
    let detail = "must be between 1 and 65535, inclusive";
    (!(1..=65_535).contains(&number)).then(|| Cause::invalid(field, &number.into(), detail))
}

fn mounts(spec: &Object, container: &Value, place: &str) -> Vec<Cause> {
    let volumes = spec.get("volumes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let known = |name: &Value| volumes.iter().any(|volume| volume["name"] == *name);
    let list = container["volumeMounts"].as_array().map_or(&[][..], Vec::as_slice).iter().enumerate();
    let unknown = list.filter(|(_, mount)| !known(&mount["name"]));
    unknown
        .map(|(index, mount)| Cause {
            reason: "FieldValueNotFound",
            message: format!("Not found: {}", mount["name"]),
            field: format!("{place}.volumeMounts[{index}].name"),
        })
        .collect()
}
