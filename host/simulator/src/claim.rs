//! Volume claims: bound after their delay, let go of when nobody uses them.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;
use kube::api::{ListParams, Patch, PatchParams};
use kube::runtime::controller::Action;
use serde_json::json;

use crate::children::{namespaced, write_status};
use crate::error::{Error, unless_gone};
use crate::{Context, Outcome, steering};

const PROTECTION: &str = "kubernetes.io/pvc-protection";

pub(crate) async fn settle(claim: Arc<PersistentVolumeClaim>, ctx: Arc<Context>) -> Outcome {
    let meta = &claim.metadata;
    let api = namespaced::<PersistentVolumeClaim>(&ctx, meta);
    if meta.deletion_timestamp.is_some() {
        return let_go(&ctx, &claim).await;
    }
    let bound = claim.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Bound");
    if bound || steering::fails(meta) {
        return Ok(Action::await_change());
    }
    let Some(spec) = claim.spec.as_ref() else { return Ok(Action::await_change()) };
    if spec.volume_name.is_none() {
        let volume = format!("pvc-{}", claim.uid().unwrap_or_default());
        let patch = Patch::Merge(json!({ "spec": { "volumeName": volume } }));
        let outcome = api.patch(&claim.name_any(), &PatchParams::default(), &patch).await;
        unless_gone(outcome).map_err(Error::to("bind a claim"))?;
        return Ok(Action::requeue(steering::delay(meta, ctx.options.delay)));
    }
    let capacity = spec.resources.as_ref().and_then(|resources| resources.requests.clone());
    let status = json!({ "phase": "Bound", "accessModes": spec.access_modes, "capacity": capacity });
    write_status(&api, &claim, status).await?;
    Ok(Action::await_change())
}

async fn let_go(ctx: &Context, claim: &PersistentVolumeClaim) -> Outcome {
    let pods = namespaced::<Pod>(ctx, &claim.metadata).list(&ListParams::default()).await;
    let pods = pods.map_err(Error::to("list Pods"))?;
    let name = claim.name_any();
    let uses = |pod: &Pod| {
        let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref()).into_iter().flatten();
        volumes
            .into_iter()
            .any(|volume| volume.persistent_volume_claim.as_ref().is_some_and(|source| source.claim_name == name))
    };
    if pods.items.iter().any(uses) {
        return Ok(Action::requeue(std::time::Duration::from_secs(1)));
    }
    let mut finalizers = claim.metadata.finalizers.clone().unwrap_or_default();
    if !finalizers.iter().any(|entry| entry == PROTECTION) {
        return Ok(Action::await_change());
    }
    finalizers.retain(|entry| entry != PROTECTION);
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": finalizers } }));
    let outcome =
        namespaced::<PersistentVolumeClaim>(ctx, &claim.metadata).patch(&name, &PatchParams::default(), &patch).await;
    unless_gone(outcome).map_err(Error::to("let go of a claim"))?;
    Ok(Action::await_change())
}
