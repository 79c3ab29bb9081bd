//! Deployments: one ReplicaSet for each template, the newest scaled up, the others down.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::Action;
use serde_json::{Value, json};

use crate::children::{create, namespaced, owned, owner_of, template_hash, write_status};
use crate::conditions::{self, Condition};
use crate::error::Error;
use crate::{Context, Outcome};

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

pub(crate) async fn settle(deployment: Arc<Deployment>, ctx: Arc<Context>) -> Outcome {
    let spec = &deployment.spec;
    if deployment.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let sets: Vec<ReplicaSet> = owned(&ctx, &deployment.metadata).await?;
    let hash = template_hash(&spec.template);
    let name = format!("{}-{hash}", deployment.name_any());
    let current = sets.iter().find(|set| set.name_any() == name);
    let newest = sets.iter().filter_map(revision).max().unwrap_or(0);
    let wanted = if spec.paused == Some(true) { None } else { Some(spec.replicas.unwrap_or(1)) };
    match current {
        None if wanted.is_some() => {
            let object = replica_set(&deployment, &name, &hash, newest + 1);
            create(&namespaced::<ReplicaSet>(&ctx, &deployment.metadata), &object).await?;
        }
        None => {}
        Some(set) => {
            note_revision(&ctx, &deployment, revision(set).unwrap_or(1)).await?;
            scale(&ctx, set, spec.replicas.unwrap_or(1)).await?;
            if ready(set) >= spec.replicas.unwrap_or(1) {
                for old in sets.iter().filter(|old| old.name_any() != name) {
                    scale(&ctx, old, 0).await?;
                }
            }
        }
    }
    tell(&ctx, &deployment, &sets, &name).await
}

fn revision(set: &ReplicaSet) -> Option<i64> {
    set.annotations().get(REVISION)?.parse().ok()
}

fn count(set: &ReplicaSet, of: impl Fn(&k8s_openapi::api::apps::v1::ReplicaSetStatus) -> Option<i32>) -> i32 {
    set.status.as_ref().and_then(of).unwrap_or(0)
}

fn ready(set: &ReplicaSet) -> i32 {
    count(set, |status| status.ready_replicas)
}

fn replica_set(deployment: &Deployment, name: &str, hash: &str, revision: i64) -> Value {
    let spec = json!(deployment.spec);
    let mut template = spec["template"].clone();
    template["metadata"]["labels"][HASH] = hash.into();
    let mut selector = spec["selector"].clone();
    selector["matchLabels"][HASH] = hash.into();
    let mut annotations = deployment.annotations().clone();
    annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    annotations.insert(REVISION.into(), revision.to_string());
    annotations.insert("deployment.kubernetes.io/desired-replicas".into(), spec["replicas"].to_string());
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": deployment.namespace(),
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
            "ownerReferences": owner_of(deployment),
        },
        "spec": {
            "replicas": spec["replicas"],
            "selector": selector,
            "template": template,
            "minReadySeconds": spec["minReadySeconds"].as_i64().unwrap_or(0),
        },
    })
}

async fn scale(ctx: &Context, set: &ReplicaSet, replicas: i32) -> Result<(), Error> {
    if set.spec.replicas == Some(replicas) {
        return Ok(());
    }
    let api = namespaced::<ReplicaSet>(ctx, &set.metadata);
    let patch = Patch::Merge(json!({ "spec": { "replicas": replicas } }));
    api.patch(&set.name_any(), &PatchParams::default(), &patch).await.map(drop).map_err(Error::to("scale a ReplicaSet"))
}

async fn note_revision(ctx: &Context, deployment: &Deployment, revision: i64) -> Result<(), Error> {
    let revision = revision.to_string();
    if deployment.annotations().get(REVISION) == Some(&revision) {
        return Ok(());
    }
    // Through the status, as the real controller does: an annotation on the object would count as a new generation.
    let patch = Patch::Merge(json!({ "metadata": { "annotations": { REVISION: revision } } }));
    let api = namespaced::<Deployment>(ctx, &deployment.metadata);
    let outcome = api.patch_status(&deployment.name_any(), &PatchParams::default(), &patch).await;
    outcome.map(drop).map_err(Error::to("note the revision"))
}

async fn tell(ctx: &Context, deployment: &Deployment, sets: &[ReplicaSet], current: &str) -> Outcome {
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let total = |of: fn(&ReplicaSet) -> i32| sets.iter().map(of).sum::<i32>();
    let replicas = total(|set| set.status.as_ref().map_or(0, |status| status.replicas));
    let available = total(|set| count(set, |status| status.available_replicas));
    let newest = sets.iter().find(|set| set.name_any() == current);
    let updated = newest.and_then(|set| set.status.as_ref()).map_or(0, |status| status.replicas);
    let done = updated == wanted && replicas == wanted && available == wanted;
    let late = !done && overdue(deployment);
    let status = json!({
        "observedGeneration": deployment.metadata.generation,
        "replicas": replicas,
        "updatedReplicas": updated,
        "readyReplicas": total(ready),
        "availableReplicas": available,
        "unavailableReplicas": (wanted.max(replicas) - available).max(0),
        "conditions": conditions(deployment, current, available >= least(deployment, wanted), done, late),
    });
    write_status(&namespaced::<Deployment>(ctx, &deployment.metadata), deployment, status).await?;
    Ok(if done || late { Action::await_change() } else { Action::requeue(std::time::Duration::from_secs(5)) })
}

/// How many replicas must be available, a quarter of them missing at most.
fn least(deployment: &Deployment, wanted: i32) -> i32 {
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
    let strategy = deployment.spec.strategy.as_ref();
    let missing = strategy.and_then(|strategy| strategy.rolling_update.as_ref()).and_then(|rolling| {
        match rolling.max_unavailable.as_ref()? {
            IntOrString::Int(count) => Some(*count),
            IntOrString::String(text) => Some(text.strip_suffix('%')?.parse::<i32>().ok()? * wanted / 100),
        }
    });
    wanted - missing.unwrap_or(0)
}

/// Whether the deadline for progress has passed since the last sign of it.
fn overdue(deployment: &Deployment) -> bool {
    let seconds = deployment.spec.progress_deadline_seconds.unwrap_or(600);
    let conditions = deployment.status.as_ref().and_then(|status| status.conditions.as_ref()).into_iter().flatten();
    let progressing = conditions.into_iter().find(|entry| entry.type_.as_deref() == Some("Progressing"));
    let since = progressing.and_then(|entry| entry.last_update_time.as_ref()).map(|time| time.0.as_second());
    since.is_some_and(|since| jiff::Timestamp::now().as_second() - since > i64::from(seconds))
}

fn conditions(deployment: &Deployment, current: &str, available: bool, done: bool, late: bool) -> Value {
    let before = deployment.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let first = if available {
        Condition::new("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        Condition::new(
            "Available",
            false,
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    };
    let said = |what: &str| format!("ReplicaSet \"{current}\" {what}.");
    let second = match (done, late) {
        (true, _) => Condition::new("Progressing", true, "NewReplicaSetAvailable", said("has successfully progressed")),
        (_, true) => {
            Condition::new("Progressing", false, "ProgressDeadlineExceeded", said("has timed out progressing"))
        }
        _ => Condition::new("Progressing", true, "ReplicaSetUpdated", said("is progressing")),
    };
    conditions::list(&before, &[first, second], true)
}
