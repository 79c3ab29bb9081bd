//! Containers of a pod spec: names, ports, mounts, and what only some of them may have.

use std::collections::BTreeSet;

use serde_json::Value;

use super::spec::Pod;
use super::{environment, probes, resources, security};
use crate::error::Cause;
use crate::rules::formats;
use crate::rules::spot::Spot;

pub(super) fn faults(pod: &Pod<'_>) -> Vec<Cause> {
    let mut causes = regular(pod);
    causes.extend(initial(pod));
    causes.extend(ephemeral(pod));
    causes
}

fn regular(pod: &Pod<'_>) -> Vec<Cause> {
    let containers = pod.spec.at("containers");
    if containers.len() == 0 {
        return vec![containers.required("")];
    }
    let (mut names, mut causes) = (BTreeSet::new(), Vec::new());
    for container in containers.items() {
        causes.extend(common(pod, &container));
        if !names.insert(container.at("name").text()) {
            causes.push(container.at("name").duplicate());
        }
        causes.extend(probes::of_container(pod, &container));
        causes.extend(container.at("restartPolicy").one_of_if_set(&["Always", "Never", "OnFailure"]));
    }
    causes.extend(host_port_conflicts(containers.items()));
    causes
}

fn initial(pod: &Pod<'_>) -> Vec<Cause> {
    let list = pod.spec.at("containers");
    let mut names: BTreeSet<&str> = list.items().map(|container| container.at("name").text()).collect();
    let mut causes = Vec::new();
    for container in pod.spec.at("initContainers").items() {
        causes.extend(common(pod, &container));
        let policy = container.at("restartPolicy");
        causes.extend(policy.one_of_if_set(&["Always", "Never", "OnFailure"]));
        let name = container.at("name");
        if names.contains(name.text()) {
            causes.push(name.duplicate());
        } else if name.has_text() {
            names.insert(name.text());
        }
        causes.extend(host_port_conflicts(std::iter::once(container.clone())));
        if policy.text() == "Always" {
            causes.extend(probes::of_container(pod, &container));
        } else {
            let later = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"].map(|key| container.at(key));
            let detail = "may not be set for init containers without restartPolicy=Always";
            causes.extend(later.into_iter().filter(Spot::is_set).map(|spot| spot.forbidden(detail)));
        }
    }
    causes
}

fn ephemeral(pod: &Pod<'_>) -> Vec<Cause> {
    let others = ["containers", "initContainers"].into_iter().flat_map(|list| pod.spec.at(list).items());
    let others: BTreeSet<&str> = others.map(|container| container.at("name").text()).collect();
    let mut names = others.clone();
    let mut causes = Vec::new();
    for container in pod.spec.at("ephemeralContainers").items() {
        causes.extend(common(pod, &container));
        let image = container.at("image");
        if image.text().trim() != image.text() {
            causes.push(image.invalid("must not have leading or trailing whitespace"));
        }
        if !names.insert(container.at("name").text()) {
            causes.push(container.at("name").duplicate());
        }
        let target = container.at("targetContainerName");
        if target.has_text() && !others.contains(target.text()) {
            causes.push(target.not_found());
        }
        causes.extend(not_ephemeral(&container));
    }
    causes
}

/// What a container that is there for debugging cannot have.
fn not_ephemeral(container: &Spot<'_>) -> Vec<Cause> {
    const FIELDS: [&str; 6] = ["ports", "resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];
    let detail = "cannot be set for an Ephemeral Container";
    let is_set = |spot: &Spot<'_>| match spot.value {
        Value::Object(entries) => !entries.is_empty() || !spot.path.ends_with("resources"),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    let mut causes: Vec<Cause> = FIELDS
        .map(|key| container.at(key))
        .iter()
        .filter(|spot| is_set(spot))
        .map(|spot| spot.forbidden(detail))
        .collect();
    for mount in container.at("volumeMounts").items() {
        let paths = ["subPath", "subPathExpr"].map(|key| mount.at(key));
        causes.extend(paths.iter().filter(|path| path.has_text()).map(|path| path.forbidden(detail)));
    }
    causes
}

/// What every container must be.
fn common(pod: &Pod<'_>, container: &Spot<'_>) -> Vec<Cause> {
    let mut causes = container.at("name").breaches_or_required(formats::label);
    causes.extend(container.at("image").required_text());
    causes.extend(container.at("terminationMessagePolicy").one_of(&["File", "FallbackToLogsOnError"]));
    causes.extend(ports(&container.at("ports")));
    causes.extend(environment::faults(container));
    causes.extend(mounts(pod, container));
    causes.extend(devices(pod, container));
    causes.extend(container.at("imagePullPolicy").one_of(&["Always", "IfNotPresent", "Never"]));
    causes.extend(resources::faults(&container.at("resources")));
    causes.extend(security::container(pod, &container.at("securityContext")));
    causes
}

fn ports(ports: &Spot<'_>) -> Vec<Cause> {
    let (mut names, mut causes) = (BTreeSet::new(), Vec::new());
    for port in ports.items() {
        let name = port.at("name");
        if name.has_text() {
            let faults = name.breaches(formats::port_name);
            if faults.is_empty() && !names.insert(name.text()) {
                causes.push(name.duplicate());
            }
            causes.extend(faults);
        }
        let (own, host) = (port.at("containerPort"), port.at("hostPort"));
        causes.extend(if own.number() == 0 { Some(own.required("")) } else { own.between(1, 65_535) });
        if host.number() != 0 {
            causes.extend(host.between(1, 65_535));
        }
        causes.extend(port.at("protocol").one_of(&["SCTP", "TCP", "UDP"]));
    }
    causes
}

fn host_port_conflicts<'a>(containers: impl Iterator<Item = Spot<'a>>) -> Vec<Cause> {
    let mut taken = BTreeSet::new();
    let ports =
        containers.flat_map(|container| container.at("ports").items()).filter(|port| port.at("hostPort").number() != 0);
    let place = |port: &Spot<'_>| {
        format!("{}/{}/{}", port.at("protocol").text(), port.at("hostIP").text(), port.at("hostPort").number())
    };
    let twice = ports.filter_map(|port| {
        let key = place(&port);
        (!taken.insert(key.clone())).then(|| Cause::duplicate(port.at("hostPort").path, &key.into()))
    });
    twice.collect()
}

fn mounts(pod: &Pod<'_>, container: &Spot<'_>) -> Vec<Cause> {
    let list = container.at("volumeMounts");
    let devices = container.at("volumeDevices");
    let (mut paths, mut causes) = (BTreeSet::new(), Vec::new());
    for mount in list.items() {
        let (name, path) = (mount.at("name"), mount.at("mountPath"));
        causes.extend(name.required_text());
        if pod.volume(name.text()).is_none() {
            causes.push(name.not_found());
        }
        causes.extend(path.required_text());
        if !paths.insert(path.text()) {
            causes.push(path.invalid("must be unique"));
        }
        if devices.items().any(|device| device.at("name").text() == name.text()) {
            causes.push(name.invalid("must not already exist in volumeDevices"));
        }
        if devices.items().any(|device| device.at("devicePath").text() == path.text()) {
            causes.push(path.invalid("must not already exist as a path in volumeDevices"));
        }
        causes.extend(sub_paths(&list, &mount));
    }
    causes
}

/// These the real server puts at the list, not at the mount.
fn sub_paths(list: &Spot<'_>, mount: &Spot<'_>) -> Vec<Cause> {
    let at_list = |key: &str| mount.at(key).named(format!("{}.{key}", list.path));
    let mut causes = descending(&at_list("subPath"));
    let expression = mount.at("subPathExpr");
    if expression.has_text() && mount.at("subPath").has_text() {
        causes.push(expression.invalid("subPathExpr and subPath are mutually exclusive"));
    }
    causes.extend(descending(&at_list("subPathExpr")));
    causes.extend(at_list("mountPropagation").one_of_if_set(&["Bidirectional", "HostToContainer", "None"]));
    causes
}

/// A path that stays below where it begins.
pub(super) fn descending(path: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if path.text().starts_with('/') {
        causes.push(path.invalid("must be a relative path"));
    }
    if path.text().split('/').any(|part| part == "..") {
        causes.push(path.invalid("must not contain '..'"));
    }
    causes
}

fn devices(pod: &Pod<'_>, container: &Spot<'_>) -> Vec<Cause> {
    let (mut names, mut paths, mut causes) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for device in container.at("volumeDevices").items() {
        let (name, path) = (device.at("name"), device.at("devicePath"));
        causes.extend(name.required_text());
        if name.has_text() && !names.insert(name.text()) {
            causes.push(name.invalid("must be unique"));
        }
        match pod.volume(name.text()) {
            None => causes.push(name.not_found()),
            Some(source) if source.get("persistentVolumeClaim").is_none() && source.get("ephemeral").is_none() => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                causes.push(name.invalid(detail));
            }
            Some(_) => {}
        }
        causes.extend(path.required_text());
        if !paths.insert(path.text()) {
            causes.push(path.invalid("must be unique"));
        }
        if path.text().split('/').any(|part| part == "..") {
            causes.push(path.invalid("can not contain backsteps ('..')"));
        }
    }
    causes
}
