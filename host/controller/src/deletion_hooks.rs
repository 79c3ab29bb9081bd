//! PreDelete and PostDelete hooks: created once, waited for, and cleaned up by their delete policies.
//!
//! Argo CD takes "it exists already" for done while an old hook is on its way out; here a hook is over when it
//! is gone or has come to an end, and not before.

use std::sync::Arc;

use windlass_cluster::{ApplyMode, Cluster, Deletion};
use windlass_diff::{DeletePolicy, Hooks, Target, options::Propagation};
use windlass_engine::{Live, plan::name_hook};
use windlass_model::{
    Application, HealthStatus, ObjectKey,
    application::{HookType, SyncPhase},
};
use windlass_pipeline::{Pipeline, Scope};

use crate::clock;

/// What is to be done about the hooks of one type.
#[derive(Debug)]
enum Next<'a> {
    Create(Vec<&'a Target>),
    Wait,
    /// These have failed.
    Failed(Vec<&'a ObjectKey>),
    Done,
}

/// How far they have come.
#[derive(Debug)]
pub(crate) enum Progress {
    Waiting,
    Failed(String),
    Done,
}

/// A hook that is wanted, live, or both.
struct Pair {
    key: ObjectKey,
    target: Option<Target>,
    live: Option<Live>,
}

/// Takes the hooks of one type further. `again` says that failed ones are to be tried anew.
pub(crate) async fn run(
    pipeline: &Arc<Pipeline>,
    scope: &Scope,
    hook: HookType,
    again: bool,
) -> Result<Progress, windlass_cluster::Error> {
    let wanted = match pipeline.desired(scope).await {
        Ok((resolved, state)) => {
            let revision = resolved.first().map_or("", |resolved| &resolved.revision);
            let hooks = state.hooks.into_iter().filter(|target| target.hooks.has(hook));
            hooks.map(|target| named(target, hook, revision, &scope.app)).collect()
        }
        Err(problem) => return Ok(Progress::Failed(format!("{hook:?} hooks cannot be had: {problem}"))),
    };
    let pairs = pairs(pipeline, scope, hook, wanted).await;
    match next(&pairs) {
        Next::Done => Ok(Progress::Done),
        Next::Wait => Ok(Progress::Waiting),
        Next::Create(targets) => {
            for target in targets {
                scope.cluster.apply(&target.object, ApplyMode::ServerSide { force: false }, false).await?;
            }
            Ok(Progress::Waiting)
        }
        Next::Failed(keys) => {
            if again {
                delete(&scope.cluster, keys.iter().copied()).await?;
                return Ok(Progress::Waiting);
            }
            let names: Vec<String> = keys.iter().map(|key| format!("{}/{}", key.namespace, key.name)).collect();
            Ok(Progress::Failed(format!("{hook:?} hook(s) failed: {}", names.join(", "))))
        }
    }
}

/// Deletes the hooks whose policy says so, now that all has come to its end; whether nothing is left to wait for.
pub(crate) async fn clean_up(
    pipeline: &Arc<Pipeline>,
    scope: &Scope,
    hook: HookType,
) -> Result<bool, windlass_cluster::Error> {
    let pairs = pairs(pipeline, scope, hook, Vec::new()).await;
    let worst = pairs.iter().map(|pair| health(pair.live.as_ref())).max().unwrap_or(HealthStatus::Healthy);
    let doomed: Vec<&Pair> = pairs.iter().filter(|pair| is_over(pair, worst)).collect();
    let to_delete = doomed.iter().filter(|pair| pair.live.as_ref().is_some_and(|live| !live.is_deleting()));
    delete(&scope.cluster, to_delete.map(|pair| &pair.key)).await?;
    Ok(doomed.iter().all(|pair| scope.cluster.get(&pair.key).is_none()))
}

/// A generated name is the same through the whole deletion.
fn named(mut target: Target, hook: HookType, revision: &str, app: &Application) -> Target {
    let phase = if hook == HookType::PreDelete { SyncPhase::PreDelete } else { SyncPhase::PostDelete };
    let deleted = app.metadata.deletion_timestamp.as_deref().and_then(clock::parse).unwrap_or_default();
    name_hook(Arc::make_mut(&mut target.object), &mut target.key, phase, revision, deleted / 1000);
    target
}

async fn pairs(pipeline: &Arc<Pipeline>, scope: &Scope, hook: HookType, wanted: Vec<Target>) -> Vec<Pair> {
    let mut keys: Vec<ObjectKey> = wanted.iter().map(|target| target.key.clone()).collect();
    let marked = scope.cluster.keys(windlass_cluster::Scope::Application(&scope.instance()));
    let is_hook = |key: &ObjectKey| {
        scope.cluster.get(key).is_some_and(|cached| !cached.is_owned() && Hooks::of(&cached.object()).has(hook))
    };
    keys.extend(marked.into_iter().filter(is_hook));
    keys.sort();
    keys.dedup();
    let observed = pipeline.look(scope, &keys).await;
    let target = |key: &ObjectKey| wanted.iter().find(|target| target.key == *key).cloned();
    keys.into_iter().map(|key| Pair { target: target(&key), live: observed.get(&key).cloned(), key }).collect()
}

fn next(pairs: &[Pair]) -> Next<'_> {
    let missing: Vec<&Target> =
        pairs.iter().filter(|pair| pair.live.is_none()).filter_map(|pair| pair.target.as_ref()).collect();
    if !missing.is_empty() {
        return Next::Create(missing);
    }
    let live = || pairs.iter().filter_map(|pair| Some((&pair.key, pair.live.as_ref()?)));
    if live().any(|(_, live)| live.is_deleting()) {
        return Next::Wait;
    }
    let failed: Vec<&ObjectKey> =
        live().filter(|(_, live)| health(Some(live)) == HealthStatus::Degraded).map(|(key, _)| key).collect();
    if !failed.is_empty() {
        return Next::Failed(failed);
    }
    let runs = live().any(|(_, live)| health(Some(live)) == HealthStatus::Progressing);
    if runs { Next::Wait } else { Next::Done }
}

/// A kind without a check has nothing that could go wrong.
fn health(live: Option<&Live>) -> HealthStatus {
    live.and_then(|live| live.health.as_ref()).map_or(HealthStatus::Healthy, |health| health.status)
}

fn is_over(pair: &Pair, worst: HealthStatus) -> bool {
    let Some(live) = &pair.live else { return false };
    let hooks = Hooks::of(&live.object);
    live.is_deleting()
        || hooks.deletes(DeletePolicy::HookSucceeded) && worst == HealthStatus::Healthy
        || hooks.deletes(DeletePolicy::HookFailed) && worst == HealthStatus::Degraded
}

async fn delete(cluster: &Cluster, keys: impl Iterator<Item = &ObjectKey>) -> Result<(), windlass_cluster::Error> {
    for key in keys {
        let Some(cached) = cluster.get(key) else { continue };
        let (uid, resource_version) = (cached.uid(), cached.resource_version());
        cluster.delete(&Deletion { key, uid, resource_version, propagation: Propagation::Background }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_model::{Health, Object};

    fn pair(name: &str, wanted: bool, live: Option<HealthStatus>, deleting: bool) -> Pair {
        let annotations = json!({"argocd.argoproj.io/hook": "PreDelete"});
        let mut metadata = json!({"name": name, "namespace": "web", "annotations": annotations});
        if deleting {
            metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        let object = Object::new(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata})).unwrap();
        let live = live.map(|status| Live { object: object.clone().into(), health: Some(Health::new(status, "")) });
        Pair { key: object.key(), target: wanted.then(|| Target::new(object.key(), object, None)), live }
    }

    #[test]
    fn what_is_missing_is_created_before_anything_is_judged() {
        let pairs = [pair("a", true, None, false), pair("b", true, Some(HealthStatus::Degraded), false)];
        assert!(matches!(next(&pairs), Next::Create(targets) if &*targets[0].key.name == "a"));
        assert!(matches!(next(&[]), Next::Done));
    }

    #[test]
    fn a_hook_on_its_way_out_is_neither_done_nor_failed() {
        assert!(matches!(next(&[pair("a", true, Some(HealthStatus::Degraded), true)]), Next::Wait));
        assert!(matches!(next(&[pair("a", true, Some(HealthStatus::Progressing), false)]), Next::Wait));
    }

    #[test]
    fn a_failed_hook_fails_whatever_the_others_do() {
        let pairs = [
            pair("a", true, Some(HealthStatus::Progressing), false),
            pair("b", true, Some(HealthStatus::Degraded), false),
        ];
        assert!(matches!(next(&pairs), Next::Failed(keys) if &*keys[0].name == "b"));
        assert!(matches!(next(&[pair("a", true, Some(HealthStatus::Healthy), false)]), Next::Done));
    }
}
