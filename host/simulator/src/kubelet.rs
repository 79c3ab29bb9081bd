//! Scheduler and kubelet in one: Pods are bound to the only node, become ready, end, and go.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::runtime::controller::Action;
use serde_json::{Value, json};

use crate::children::{namespaced, phase, write_status};
use crate::conditions::{self, Condition, now};
use crate::error::{Error, unless_gone};
use crate::{Context, Outcome, steering};

const NODE: &str = "simulated-node";
/// From the range for documentation: it leads nowhere.
const NODE_ADDRESS: &str = "192.0.2.1";

pub(crate) async fn settle(pod: Arc<Pod>, ctx: Arc<Context>) -> Outcome {
    let meta = &pod.metadata;
    if meta.deletion_timestamp.is_some() {
        return end(&ctx, &pod).await;
    }
    let bound = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).is_some_and(|node| !node.is_empty());
    if !bound {
        return bind(&ctx, &pod).await;
    }
    let runs_once = pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()) != Some("Always");
    let fails = steering::fails(meta);
    let next = match (phase(&pod), runs_once) {
        ("Pending", _) => {
            if let Some(left) = time_left(&ctx, &pod) {
                return Ok(Action::requeue(left));
            }
            if fails && !runs_once { Life::Crashing } else { Life::Running }
        }
        ("Running", true) if fails => Life::Failed,
        ("Running", true) if makes_an_end(&pod) => Life::Succeeded,
        _ => return Ok(Action::await_change()),
    };
    write_status(&namespaced::<Pod>(&ctx, meta), &pod, status(&pod, next)).await?;
    Ok(Action::await_change())
}

/// A Pod on its own runs on; a Job's Pod ends.
fn makes_an_end(pod: &Pod) -> bool {
    pod.owner_references().iter().any(|owner| owner.kind == "Job")
}

/// How long the Pod still takes; its times are whole seconds, so it is counted from when it was first seen here.
fn time_left(ctx: &Context, pod: &Pod) -> Option<Duration> {
    let delay = steering::delay(&pod.metadata, ctx.options.delay);
    let scheduled = pod.status.as_ref().and_then(|status| status.start_time.as_ref()).map(|time| time.0);
    let passed = scheduled.map(|start| jiff::Timestamp::now().duration_since(start).unsigned_abs());
    delay.checked_sub(passed.unwrap_or_default()).filter(|left| !left.is_zero())
}

async fn bind(ctx: &Context, pod: &Pod) -> Outcome {
    let api = namespaced::<Pod>(ctx, &pod.metadata);
    let name = pod.name_any();
    let binding = json!({
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": { "name": name, "namespace": pod.namespace() },
        "target": { "apiVersion": "v1", "kind": "Node", "name": NODE },
    });
    let outcome = api.create_subresource::<Value, Value>("binding", &name, &PostParams::default(), &binding).await;
    unless_gone(outcome).map_err(Error::to("bind a Pod"))?;
    let conditions = conditions::list(&json!([]), &[Condition::new("PodScheduled", true, "", "")], false);
    let patch = Patch::Merge(json!({ "status": { "conditions": conditions, "startTime": now() } }));
    let outcome = api.patch_status(&name, &PatchParams::default(), &patch).await;
    unless_gone(outcome).map_err(Error::to("write a Pod's status"))?;
    Ok(Action::requeue(steering::delay(&pod.metadata, ctx.options.delay)))
}

async fn end(ctx: &Context, pod: &Pod) -> Outcome {
    let now = DeleteParams {
        grace_period_seconds: Some(0),
        preconditions: Some(Preconditions { uid: pod.uid(), resource_version: None }),
        ..DeleteParams::default()
    };
    let outcome = namespaced::<Pod>(ctx, &pod.metadata).delete(&pod.name_any(), &now).await;
    unless_gone(outcome).map_err(Error::to("end a Pod"))?;
    Ok(Action::await_change())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Running,
    Crashing,
    Succeeded,
    Failed,
}

fn status(pod: &Pod, life: Life) -> Value {
    let before = pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let running = life == Life::Running;
    let why = match life {
        Life::Running => ("", ""),
        Life::Succeeded => ("PodCompleted", ""),
        Life::Failed => ("PodFailed", ""),
        Life::Crashing => ("ContainersNotReady", "containers with unready status"),
    };
    let readiness = |kind| Condition::new(kind, running, why.0, why.1);
    let conditions = [
        Condition::new("PodReadyToStartContainers", matches!(life, Life::Running | Life::Crashing), "", ""),
        Condition::new("Initialized", true, "", ""),
        readiness("Ready"),
        readiness("ContainersReady"),
        Condition::new("PodScheduled", true, "", ""),
    ];
    let phase = match life {
        Life::Running | Life::Crashing => "Running",
        Life::Succeeded => "Succeeded",
        Life::Failed => "Failed",
    };
    json!({
        "phase": phase,
        "conditions": conditions::list(&before, &conditions, false),
        "containerStatuses": containers(pod, life),
        "hostIP": NODE_ADDRESS,
        "hostIPs": [{ "ip": NODE_ADDRESS }],
        "podIP": address(pod),
        "podIPs": [{ "ip": address(pod) }],
        "observedGeneration": pod.metadata.generation,
    })
}

/// An address of the Pod's own, from its uid.
fn address(pod: &Pod) -> String {
    let uid = pod.uid().unwrap_or_default();
    let sum = uid.bytes().fold(7u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(byte)));
    format!("10.244.{}.{}", sum >> 8, sum & 0xff)
}

fn containers(pod: &Pod, life: Life) -> Vec<Value> {
    let list = pod.spec.as_ref().map_or(&[][..], |spec| &spec.containers);
    let ended = |reason: &str, code: i32| json!({ "terminated": { "reason": reason, "exitCode": code, "startedAt": now(), "finishedAt": now() } });
    let crashing = json!({ "waiting": {
        "reason": "CrashLoopBackOff",
        "message": "back-off 10s restarting failed container: it is annotated to fail",
    }});
    let state = match life {
        Life::Running => json!({ "running": { "startedAt": now() } }),
        Life::Crashing => crashing,
        Life::Succeeded => ended("Completed", 0),
        Life::Failed => ended("Error", 1),
    };
    let entry = |container: &k8s_openapi::api::core::v1::Container| {
        json!({
            "name": container.name,
            "image": container.image,
            "imageID": "",
            "ready": life == Life::Running,
            "started": life == Life::Running,
            "restartCount": i32::from(life == Life::Crashing),
            "state": state,
        })
    };
    list.iter().map(entry).collect()
}
