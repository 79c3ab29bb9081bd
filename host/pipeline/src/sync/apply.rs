//! Brings one object of a sync to the cluster, and waits for the kinds that this makes.

use std::time::Duration;

use tokio::time::Instant;
use windlass_cluster::{Applied, ApplyMode, Cluster};
use windlass_engine::{RunOptions, Task, task::Outcome};
use windlass_model::{Object, ObjectKey};

/// How long an applied CRD may take to be served; after that the sync goes on and says so.
const CRD_WAIT: Duration = Duration::from_secs(3);
const CRD_POLL: Duration = Duration::from_millis(20);

pub(super) async fn apply(cluster: &Cluster, task: &Task, options: &RunOptions) -> Outcome {
    let Some(target) = &task.target else {
        return Outcome::Failed { message: "there is nothing to apply".into() };
    };
    match apply_when_served(cluster, &target.object, apply_mode(task, options), options.dry_run).await {
        Ok(applied) => {
            let group =
                if task.key.kind.group.is_empty() { String::new() } else { format!(".{}", task.key.kind.group) };
            let kind = task.key.kind.kind.to_lowercase();
            let mut message = format!("{kind}{group}/{} {}", task.key.name, applied.verb);
            if let Some(remark) = applied.remark {
                message.push_str(&format!(" on the client's side, since the server would not: {remark}"));
            }
            Outcome::Applied { message }
        }
        Err(error) => Outcome::Failed { message: error.to_string() },
    }
}

/// A kind is discovered a moment before its objects are served; the first answers say that there is no such path.
async fn apply_when_served(
    cluster: &Cluster,
    object: &Object,
    mode: ApplyMode,
    dry_run: bool,
) -> Result<Applied, windlass_cluster::Error> {
    let deadline = Instant::now() + CRD_WAIT;
    loop {
        match cluster.apply(object, mode, dry_run).await {
            Err(error) if error.is_no_such_path() && Instant::now() < deadline => tokio::time::sleep(CRD_POLL).await,
            result => return result,
        }
    }
}

/// Replace wins over server-side apply, which is the default; an object's own word wins over the application's.
fn apply_mode(task: &Task, options: &RunOptions) -> ApplyMode {
    let own = task.target.as_ref().map(|target| target.options.clone()).unwrap_or_default();
    if own.replace || task.live_options().replace || options.sync.replace {
        return ApplyMode::Replace { force: own.force || options.force };
    }
    match own.server_side_apply.or(options.sync.server_side_apply) {
        Some(false) => ApplyMode::ThreeWay,
        _ => ApplyMode::ServerSide { force: own.force || options.force },
    }
}

/// Waits until applied CRDs are served, and learns the new kinds.
pub(super) async fn await_definitions<'a>(cluster: &Cluster, tasks: impl Iterator<Item = &'a Task>) {
    let applied: Vec<&ObjectKey> = tasks
        .filter(|task| &*task.key.kind.kind == "CustomResourceDefinition" && task.is_running())
        .map(|task| &task.key)
        .collect();
    if applied.is_empty() {
        return;
    }
    let established = |key: &ObjectKey| cluster.get(key).is_some_and(|cached| is_established(&cached.object()));
    let all = async {
        while !applied.iter().all(|key| established(key)) {
            tokio::time::sleep(CRD_POLL).await;
        }
    };
    if tokio::time::timeout(CRD_WAIT, all).await.is_err() {
        tracing::warn!("a custom resource definition is not established yet, going on");
    }
    if let Err(error) = cluster.rediscover().await {
        tracing::warn!(%error, "cannot learn the new kinds");
    }
}

fn is_established(definition: &Object) -> bool {
    let conditions = definition.at(&["status", "conditions"]).and_then(serde_json::Value::as_array);
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition["type"] == "Established" && condition["status"] == "True")
}
