//! Takes objects out of the cluster in a sync: prunes, and hooks that are over.

use windlass_cluster::{Cluster, Deletion};
use windlass_diff::{Tracker, options::Propagation};
use windlass_engine::{RunOptions, Task, task::Outcome};
use windlass_model::{ObjectKey, names};

pub(super) async fn prune(cluster: &Cluster, tracker: &Tracker, task: &Task, options: &RunOptions) -> Outcome {
    let Some(live) = &task.live else { return Outcome::Pruned { message: "pruned".into() } };
    if options.dry_run {
        return Outcome::Pruned { message: "pruned (dry run)".into() };
    }
    if !tracker.is_proof(&live.object, &task.key) {
        return Outcome::PruneSkipped { message: "ignored (not applied by this controller)".into() };
    }
    if live.is_deleting() {
        return Outcome::Pruned { message: "pruned".into() };
    }
    let deletion = Deletion {
        key: &task.key,
        uid: live.object.uid(),
        resource_version: live.object.resource_version(),
        propagation: options.propagation,
    };
    match cluster.delete(&deletion).await {
        Ok(()) => Outcome::Pruned { message: "pruned".into() },
        Err(error) => Outcome::Failed { message: error.to_string() },
    }
}

pub(super) async fn release_hook(cluster: &Cluster, key: &ObjectKey) -> Result<(), windlass_cluster::Error> {
    let Some(live) = cluster.get(key).map(|cached| cached.object()) else { return Ok(()) };
    let rest: Vec<&str> = live.finalizers().filter(|name| *name != names::HOOK_FINALIZER).collect();
    // It is recorded that the hook is over: nobody has to know it by its mark any more.
    let patch = serde_json::json!({"metadata": {
        "finalizers": rest,
        "annotations": {names::OPERATION: null},
        "resourceVersion": live.resource_version(),
    }});
    match cluster.merge_patch(key, &patch).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Deletes a hook's object, whatever its finalizer has waited for.
pub(super) async fn delete_hook(cluster: &Cluster, key: &ObjectKey) -> Result<(), windlass_cluster::Error> {
    release_hook(cluster, key).await?;
    let Some(live) = cluster.get(key) else { return Ok(()) };
    let (uid, resource_version) = (live.uid(), live.resource_version());
    cluster.delete(&Deletion { key, uid, resource_version, propagation: Propagation::Background }).await
}
