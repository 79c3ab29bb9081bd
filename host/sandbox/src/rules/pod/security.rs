//! Security contexts, and what goes with an operating system.

use std::collections::BTreeSet;

use super::containers::descending;
use super::spec::Pod;
use crate::error::Cause;
use crate::rules::golang;
use crate::rules::spot::Spot;

const MOST_ID: i64 = i32::MAX as i64;

/// The security context of the Pod as a whole.
pub(super) fn pod(pod: &Pod<'_>) -> Vec<Cause> {
    let context = pod.spec.at("securityContext");
    let mut causes: Vec<Cause> =
        ["fsGroup", "runAsUser", "runAsGroup"].iter().filter_map(|key| context.at(key).between(0, MOST_ID)).collect();
    causes.extend(context.at("supplementalGroups").items().filter_map(|group| group.between(0, MOST_ID)));
    causes.extend(sysctls(pod, &context.at("sysctls")));
    causes.extend(context.at("fsGroupChangePolicy").one_of_if_set(&["Always", "OnRootMismatch"]));
    causes.extend(seccomp(&context.at("seccompProfile")));
    causes.extend(app_armor(&context.at("appArmorProfile")));
    causes.extend(context.at("supplementalGroupsPolicy").one_of_if_set(&["Merge", "Strict"]));
    causes.extend(context.at("seLinuxChangePolicy").one_of_if_set(&["MountOption", "Recursive"]));
    if pod.is_true("shareProcessNamespace") && pod.is_true("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        causes.push(pod.spec.at("shareProcessNamespace").invalid(detail));
    }
    causes
}

fn sysctls(pod: &Pod<'_>, list: &Spot<'_>) -> Vec<Cause> {
    const FORM: &str = "must have at most 253 characters and match regex \
                        ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
    let (mut names, mut causes) = (BTreeSet::new(), Vec::new());
    for name in list.items().map(|sysctl| sysctl.at("name")) {
        let text = name.text();
        if text.is_empty() {
            causes.push(name.required(""));
        } else if text.len() > 253 || !text.split(['.', '/']).all(is_segment) {
            causes.push(name.invalid(FORM));
        } else if names.contains(text) {
            causes.push(name.duplicate());
        }
        names.insert(text);
        let dotted = text.replace('/', ".");
        let of_ipc = ["kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue."].iter().any(|own| dotted.starts_with(own));
        if dotted.starts_with("net.") && pod.is_true("hostNetwork") {
            causes.push(name.invalid("may not be specified when 'hostNetwork' is true"));
        } else if of_ipc && pod.is_true("hostIPC") {
            causes.push(name.invalid("may not be specified when 'hostIPC' is true"));
        }
    }
    causes
}

fn is_segment(text: &str) -> bool {
    let end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(end)
        && bytes.last().is_some_and(end)
        && bytes.iter().all(|byte| end(byte) || matches!(byte, b'-' | b'_'))
}

fn seccomp(profile: &Spot<'_>) -> Vec<Cause> {
    if !profile.is_set() {
        return Vec::new();
    }
    let (kind, file) = (profile.at("type"), profile.at("localhostProfile"));
    let mut causes = Vec::new();
    match kind.text() {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => causes.push(kind.required("type is required when seccompProfile is set")),
        _ => causes.push(kind.unsupported(&["Localhost", "RuntimeDefault", "Unconfined"])),
    }
    match (kind.text() == "Localhost", file.is_set()) {
        (true, false) => causes.push(file.required("must be set when seccomp type is Localhost")),
        (true, true) => causes.extend(descending(&file)),
        (false, true) => {
            let shown = golang::line("core.SeccompProfile", profile.value);
            causes.push(Cause::invalid_shown(file.path, &shown, "can only be set when seccomp type is Localhost"));
        }
        (false, false) => {}
    }
    causes
}

fn app_armor(profile: &Spot<'_>) -> Vec<Cause> {
    if !profile.is_set() {
        return Vec::new();
    }
    let (kind, file) = (profile.at("type"), profile.at("localhostProfile"));
    match kind.text() {
        "Localhost" if file.text().trim() != file.text() => vec![file.invalid("must not be padded with whitespace")],
        "Localhost" if !file.has_text() => vec![file.required("must be set when AppArmor type is Localhost")],
        "RuntimeDefault" | "Unconfined" if file.is_set() => {
            vec![file.invalid("can only be set when AppArmor type is Localhost")]
        }
        "Localhost" | "RuntimeDefault" | "Unconfined" => Vec::new(),
        "" => vec![kind.required("type is required when appArmorProfile is set")],
        _ => vec![kind.unsupported(&["Localhost", "RuntimeDefault", "Unconfined"])],
    }
}

/// The security context of one container.
pub(super) fn container(pod: &Pod<'_>, context: &Spot<'_>) -> Vec<Cause> {
    if !context.is_set() {
        return Vec::new();
    }
    let mut causes: Vec<Cause> =
        ["runAsUser", "runAsGroup"].iter().filter_map(|key| context.at(key).between(0, MOST_ID)).collect();
    let mount = context.at("procMount");
    causes.extend(mount.one_of_if_set(&["Default", "Unmasked"]));
    if mount.text() == "Unmasked" && pod.spec.at("hostUsers").value != &serde_json::Value::Bool(false) {
        causes.push(mount.invalid("`hostUsers` must be false to use `Unmasked`"));
    }
    causes.extend(seccomp(&context.at("seccompProfile")));
    if context.at("allowPrivilegeEscalation").value == &serde_json::Value::Bool(false) {
        causes.extend(escalation(context));
    }
    causes.extend(app_armor(&context.at("appArmorProfile")));
    causes
}

/// What would give more rights to a container that may not get any.
fn escalation(context: &Spot<'_>) -> Vec<Cause> {
    let fault = |what: &str| {
        let shown = golang::line("core.SecurityContext", context.value);
        let detail = format!("cannot set `allowPrivilegeEscalation` to false and {what}");
        Cause::invalid_shown(context.path.as_str(), &shown, &detail)
    };
    let mut causes = Vec::new();
    if context.at("privileged").is_true() {
        causes.push(fault("`privileged` to true"));
    }
    let added = context.down(&["capabilities", "add"]);
    if added.items().any(|capability| capability.text() == "CAP_SYS_ADMIN") {
        causes.push(fault("`capabilities.Add` CAP_SYS_ADMIN"));
    }
    causes
}

/// The operating system that the Pod is for, and what that one does not have.
pub(super) fn system(pod: &Pod<'_>) -> Vec<Cause> {
    let system = pod.spec.at("os");
    let name = system.at("name");
    match name.text() {
        "" => vec![name.required("")],
        "linux" => not_of_linux(pod),
        "windows" => not_of_windows(pod),
        other => vec![Cause::unsupported(system.path, &other.into(), &["linux", "windows"])],
    }
}

fn contexts<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Spot<'a>> + use<'a> {
    let spec = pod.spec.clone();
    let lists = ["initContainers", "containers", "ephemeralContainers"].into_iter();
    let containers = lists.flat_map(move |list| spec.at(list).items());
    containers.map(|container| container.at("securityContext"))
}

fn not_of_linux(pod: &Pod<'_>) -> Vec<Cause> {
    let all = std::iter::once(pod.spec.at("securityContext")).chain(contexts(pod));
    let options = all.map(|context| context.at("windowsOptions")).filter(Spot::is_set);
    options.map(|options| options.forbidden("windows options cannot be set for a linux pod")).collect()
}

fn not_of_windows(pod: &Pod<'_>) -> Vec<Cause> {
    const OF_POD: [&str; 11] = [
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "runAsUser",
        "runAsGroup",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "seLinuxChangePolicy",
    ];
    const OF_CONTAINER: [&str; 10] = [
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "runAsUser",
        "runAsGroup",
    ];
    let own = pod.spec.at("securityContext");
    let mut set: Vec<Spot<'_>> = OF_POD.iter().map(|key| own.at(key)).collect();
    set.push(pod.spec.at("hostUsers"));
    set.extend(["hostPID", "hostIPC"].map(|key| pod.spec.at(key)).into_iter().filter(Spot::is_true));
    set.push(pod.spec.at("shareProcessNamespace"));
    set.extend(contexts(pod).flat_map(|context| OF_CONTAINER.map(|key| context.at(key))));
    set.iter().filter(|spot| spot.is_set()).map(|spot| spot.forbidden("cannot be set for a windows pod")).collect()
}
