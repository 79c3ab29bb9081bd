//! StatefulSets: Pods with ordinals, made in order, each with its claims.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use serde_json::json;

use crate::children::{create, delete, is_active, is_ready, namespaced, owned, pod, template_hash, write_status};
use crate::error::Error;
use crate::{Context, Outcome};

const REVISION: &str = "controller-revision-hash";

pub(crate) async fn settle(set: Arc<StatefulSet>, ctx: Arc<Context>) -> Outcome {
    let spec = &set.spec;
    if set.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let mut pods: Vec<Pod> = owned(&ctx, &set.metadata).await?;
    pods.retain(is_active);
    let revision = format!("{}-{}", set.name_any(), template_hash(&spec.template));
    let wanted = spec.replicas.unwrap_or(1);
    step(&ctx, &set, &pods, wanted, &revision).await?;
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let updated = pods.iter().filter(|pod| has_revision(pod, &revision)).count();
    let before = set.status.as_ref().and_then(|status| status.current_revision.clone());
    let done = updated == pods.len() && pods.len() == usize::try_from(wanted).unwrap_or(0);
    let status = json!({
        "observedGeneration": set.metadata.generation,
        "replicas": pods.len(),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": if done { updated } else { pods.len() - updated },
        "updatedReplicas": updated,
        "currentRevision": if done { Some(revision.clone()) } else { before.or_else(|| Some(revision.clone())) },
        "updateRevision": revision,
        "collisionCount": 0,
    });
    write_status(&namespaced::<StatefulSet>(&ctx, &set.metadata), &set, status).await?;
    Ok(Action::await_change())
}

fn has_revision(pod: &Pod, revision: &str) -> bool {
    pod.labels().get(REVISION).is_some_and(|label| label == revision)
}

/// The next thing to do: one Pod made, ended or renewed at a time, unless management is parallel.
async fn step(ctx: &Context, set: &StatefulSet, pods: &[Pod], wanted: i32, revision: &str) -> Result<(), Error> {
    let api = namespaced::<Pod>(ctx, &set.metadata);
    let spec = &set.spec;
    let parallel = spec.pod_management_policy.as_deref() == Some("Parallel");
    let name = |ordinal: i32| format!("{}-{ordinal}", set.name_any());
    for ordinal in 0..wanted {
        match pods.iter().find(|pod| pod.name_any() == name(ordinal)) {
            Some(pod) if is_ready(pod) || parallel => {}
            Some(_) => return Ok(()),
            None => {
                make(ctx, set, &name(ordinal), ordinal, revision).await?;
                if !parallel {
                    return Ok(());
                }
            }
        }
    }
    let ordinal_of = |pod: &Pod| pod.name_any().rsplit('-').next().and_then(|text| text.parse::<i32>().ok());
    if let Some(surplus) =
        pods.iter().filter(|pod| ordinal_of(pod).is_some_and(|at| at >= wanted)).max_by_key(|pod| ordinal_of(pod))
    {
        return delete(&api, &surplus.name_any()).await;
    }
    let rolling = spec.update_strategy.as_ref().and_then(|update| update.type_.as_deref());
    if rolling != Some("OnDelete")
        && let Some(old) = pods.iter().filter(|pod| !has_revision(pod, revision)).max_by_key(|pod| ordinal_of(pod))
    {
        return delete(&api, &old.name_any()).await;
    }
    Ok(())
}

async fn make(ctx: &Context, set: &StatefulSet, name: &str, ordinal: i32, revision: &str) -> Result<(), Error> {
    let spec = &set.spec;
    let mut template = spec.template.clone();
    for claim in spec.volume_claim_templates.iter().flatten() {
        let stem = claim.name_any();
        let object = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": format!("{stem}-{name}"),
                "namespace": set.namespace(),
                "labels": spec.selector.match_labels,
                "annotations": claim.metadata.annotations,
            },
            "spec": claim.spec,
        });
        create(&namespaced::<PersistentVolumeClaim>(ctx, &set.metadata), &object).await?;
        let volume = json!({ "name": stem, "persistentVolumeClaim": { "claimName": format!("{stem}-{name}") } });
        if let (Some(pod), Ok(volume)) = (template.spec.as_mut(), serde_json::from_value(volume)) {
            pod.volumes.get_or_insert_default().push(volume);
        }
    }
    let index = ordinal.to_string();
    let labels = [
        (REVISION, revision),
        ("statefulset.kubernetes.io/pod-name", name),
        ("apps.kubernetes.io/pod-index", index.as_str()),
    ];
    let object = pod(set, json!({ "name": name }), &template, &labels);
    create(&namespaced::<Pod>(ctx, &set.metadata), &object).await
}
