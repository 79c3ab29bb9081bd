//! DaemonSets: one Pod, for there is one node.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use serde_json::json;

use crate::children::{create, delete, is_active, is_ready, namespaced, owned, pod, template_hash, write_status};
use crate::{Context, Outcome};

const REVISION: &str = "controller-revision-hash";

pub(crate) async fn settle(set: Arc<DaemonSet>, ctx: Arc<Context>) -> Outcome {
    let spec = &set.spec;
    if set.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let mut pods: Vec<Pod> = owned(&ctx, &set.metadata).await?;
    pods.retain(is_active);
    let revision = template_hash(&spec.template);
    let api = namespaced::<Pod>(&ctx, &set.metadata);
    let is_current = |pod: &&Pod| pod.labels().get(REVISION) == Some(&revision);
    for old in pods.iter().filter(|pod| !is_current(pod)) {
        delete(&api, &old.name_any()).await?;
    }
    if pods.is_empty() {
        let name = json!({ "generateName": format!("{}-", set.name_any()) });
        create(&api, &pod(&*set, name, &spec.template, &[(REVISION, &revision)])).await?;
    }
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let status = json!({
        "observedGeneration": set.metadata.generation,
        "currentNumberScheduled": pods.len(),
        "desiredNumberScheduled": 1,
        "numberMisscheduled": 0,
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": 1usize.saturating_sub(ready),
        "updatedNumberScheduled": pods.iter().filter(is_current).count(),
    });
    write_status(&namespaced::<DaemonSet>(&ctx, &set.metadata), &set, status).await?;
    Ok(Action::await_change())
}
