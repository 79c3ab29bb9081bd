//! ReplicaSets: as many Pods as asked for.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::runtime::controller::Action;
use serde_json::json;

use crate::children::{create, delete, is_active, is_ready, namespaced, owned, pod, write_status};
use crate::{Context, Outcome};

pub(crate) async fn settle(set: Arc<ReplicaSet>, ctx: Arc<Context>) -> Outcome {
    let spec = &set.spec;
    if set.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let mut pods: Vec<Pod> = owned(&ctx, &set.metadata).await?;
    pods.retain(is_active);
    let api = namespaced::<Pod>(&ctx, &set.metadata);
    let wanted = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0);
    let template = spec.template.clone().unwrap_or_default();
    for _ in pods.len()..wanted {
        let name = json!({ "generateName": format!("{}-", set.name_any()) });
        create(&api, &pod(&*set, name, &template, &[])).await?;
    }
    // Those that are not ready are missed least.
    pods.sort_by_key(|pod| !is_ready(pod));
    for surplus in pods.iter().skip(wanted) {
        delete(&api, &surplus.name_any()).await?;
    }
    let ready = pods.iter().filter(|pod| is_ready(pod)).count();
    let status = json!({
        "observedGeneration": set.metadata.generation,
        "replicas": pods.len(),
        "fullyLabeledReplicas": pods.len(),
        "readyReplicas": ready,
        "availableReplicas": ready,
    });
    write_status(&namespaced::<ReplicaSet>(&ctx, &set.metadata), &set, status).await?;
    Ok(Action::await_change())
}
