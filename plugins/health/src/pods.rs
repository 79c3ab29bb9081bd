//! Pods: one that is to run for ever is healthy when ready; one that is to end, when it has.

use serde_json::Value;
use windlass_sdk::health::{Status, Verdict};

use crate::object::Object;

/// Judges a pod that restarts on failure only, or never, like one that is to run for ever; not for hooks.
const IGNORE_RESTART_POLICY: &str = "argocd.argoproj.io/ignore-restart-policy";
const HOOKS: [&str; 2] = ["argocd.argoproj.io/hook", "helm.sh/hook"];

pub(crate) fn pod(object: Object<'_>) -> Verdict {
    let lasting = is_lasting(object);
    let message = object.text("/status/message");
    let containers = || object.list("/status/containerStatuses").iter().map(Object);
    if lasting {
        let stuck: Vec<_> = containers().filter_map(stuck).collect();
        if !stuck.is_empty() {
            return Verdict::new(Status::Degraded, stuck.join(", "));
        }
    }
    let status = match (object.text("/status/phase"), object.text("/spec/restartPolicy")) {
        ("Pending", _) => Status::Progressing,
        ("Succeeded", _) => Status::Healthy,
        ("Failed", _) => return Verdict::new(Status::Degraded, failure(object)),
        ("Running", _) if lasting && is_ready(object) => Status::Healthy,
        ("Running", _) if lasting && containers().any(|c| !c.at("/lastState/terminated").is_null()) => Status::Degraded,
        ("Running", _) if lasting => Status::Progressing,
        ("Running", "OnFailure" | "Never") => Status::Progressing,
        _ => Status::Unknown,
    };
    Verdict::new(status, message)
}

fn is_lasting(object: Object<'_>) -> bool {
    let hook = HOOKS.iter().any(|name| object.annotation(name).is_some_and(|hook| hook.trim() != "Skip"));
    let ignored = object.annotation(IGNORE_RESTART_POLICY) == Some("true");
    object.text("/spec/restartPolicy") == "Always" || (ignored && !hook)
}

/// The message of a container that waits for something that will not come by itself.
fn stuck(container: Object<'_>) -> Option<&str> {
    let reason = container.text("/state/waiting/reason");
    let stuck = reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
    stuck.then(|| container.text("/state/waiting/message"))
}

fn is_ready(object: Object<'_>) -> bool {
    object.conditions().any(|condition| condition.is("Ready", "True"))
}

/// The pod's own message, or that of the first container that has something to say.
fn failure(object: Object<'_>) -> String {
    let own = object.text("/status/message");
    if !own.is_empty() {
        return own.to_owned();
    }
    let containers = ["/status/initContainerStatuses", "/status/containerStatuses"];
    containers.into_iter().flat_map(|list| object.list(list)).find_map(container_failure).unwrap_or_default()
}

fn container_failure(container: &Value) -> Option<String> {
    let container = Object(container);
    let ended = Object(container.at("/state/terminated"));
    let (message, reason, code) = (ended.text("/message"), ended.text("/reason"), ended.count("/exitCode"));
    match () {
        () if !message.is_empty() => Some(message.to_owned()),
        () if reason == "OOMKilled" => Some(reason.to_owned()),
        () if code != 0 => Some(format!("container {:?} failed with exit code {code}", container.text("/name"))),
        () => None,
    }
}
