//! Carries a sync out: asks the engine what is next, does it, books it, and asks again.

use std::{borrow::Cow, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use tokio::time::Instant;
use windlass_cluster::{Applied, ApplyMode, Cluster, Deletion};
use windlass_diff::{SyncOptions, Tracker, options::Propagation};
use windlass_engine::{
    Batch, Observed, Run, RunOptions, Step, Task,
    plan::{Checks, plan},
    task::Outcome,
};
use windlass_model::{
    Object, ObjectKey,
    application::{Condition, ConditionType, OperationPhase, ResourceResult, SyncOperation},
    names,
};

use crate::{
    reconcile::{Pipeline, Reconciled},
    scope::Scope,
};

/// Applies of one group that are under way at once.
const PARALLEL: usize = 20;
/// How long an applied CRD may take to be served; after that the sync goes on and says so.
const CRD_WAIT: Duration = Duration::from_secs(3);
const CRD_POLL: Duration = Duration::from_millis(20);

/// What to sync, and where the last step has left off.
pub struct SyncRequest<'a> {
    pub operation: &'a SyncOperation,
    pub recorded: &'a [ResourceResult],
    /// Seconds since 1970.
    pub started_at: i64,
    pub confirmed: bool,
    pub terminate: bool,
    /// The clock in milliseconds, asked before each step.
    pub now_ms: &'a (dyn Fn() -> i64 + Send + Sync),
}

/// How far a sync has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// `Running` while it waits for the cluster.
    pub phase: OperationPhase,
    pub message: String,
    pub results: Vec<ResourceResult>,
    /// When to look again even if nothing changes, in milliseconds.
    pub until: Option<i64>,
}

impl Pipeline {
    /// Takes a sync as far as it goes without waiting.
    pub async fn advance(self: &Arc<Self>, scope: &Scope, state: &Reconciled, request: &SyncRequest<'_>) -> Progress {
        let options = run_options(scope, state, request);
        if let Some(condition) = shared_resource(state).filter(|_| options.sync.fail_on_shared_resource) {
            let message = format!("Shared resource found: {condition}");
            return Progress { phase: OperationPhase::Failed, message, results: Vec::new(), until: None };
        }
        let mut state = Cow::Borrowed(state);
        if options.sync.respect_ignore_differences {
            self.respect(scope, &mut state.to_mut().pairs).await;
        }
        let state = &*state;
        let observed = self.observe(scope, state, &options).await;
        let mut run = Run::new(tasks(scope, state, request, &options, &observed), options, request.recorded);
        if request.terminate {
            return self.end(scope, &mut run, |run| run.terminate(&observed)).await;
        }
        loop {
            let observed = self.observe_tasks(scope, &run).await;
            match run.step(&observed, (request.now_ms)()) {
                Step::Act(batch) => {
                    self.act(scope, &mut run, &batch).await;
                    if !batch.delete_first.is_empty() {
                        return progress(&run, OperationPhase::Running, "waiting for old hooks to be deleted", None);
                    }
                    let observed = self.observe_tasks(scope, &run).await;
                    refresh_live(&mut run, &observed);
                    if let Some(done) = run.finish_batch((request.now_ms)()) {
                        return self.end(scope, &mut run, |_| done).await;
                    }
                }
                Step::Wait { message, until } => return progress(&run, OperationPhase::Running, &message, until),
                done @ Step::Done { .. } => return self.end(scope, &mut run, |_| done).await,
            }
        }
    }

    async fn end(self: &Arc<Self>, scope: &Scope, run: &mut Run, last: impl FnOnce(&mut Run) -> Step) -> Progress {
        let Step::Done { phase, message, delete_hooks } = last(run) else {
            return progress(run, OperationPhase::Error, "the sync did not end", None);
        };
        for index in delete_hooks {
            if let Err(error) = delete_hook(&scope.cluster, &run.tasks[index].key).await {
                tracing::warn!(hook = %run.tasks[index].key, %error, "cannot delete hook");
            }
        }
        progress(run, phase, &message, None)
    }

    async fn act(self: &Arc<Self>, scope: &Scope, run: &mut Run, batch: &Batch) {
        for index in &batch.release {
            if let Err(error) = release_hook(&scope.cluster, &run.tasks[*index].key).await {
                tracing::warn!(hook = %run.tasks[*index].key, %error, "cannot remove hook finalizer");
            }
        }
        for index in &batch.prunes {
            let outcome = match run.prune_skipped(*index) {
                Some(outcome) => outcome,
                None => prune(&scope.cluster, &scope.settings.tracker, &run.tasks[*index], &run.options).await,
            };
            run.record(*index, outcome);
        }
        if batch.prunes.iter().any(|index| run.tasks[*index].is_failed()) {
            return;
        }
        for index in &batch.delete_first {
            let outcome = match delete_hook(&scope.cluster, &run.tasks[*index].key).await {
                Ok(()) => Outcome::DeletionRequested,
                Err(error) => Outcome::Failed { message: format!("failed to delete resource: {error}") },
            };
            run.record(*index, outcome);
        }
        for group in &batch.applies {
            let (cluster, tasks, options) = (&scope.cluster, &run.tasks, &run.options);
            let outcomes: Vec<(usize, Outcome)> = stream::iter(group.clone())
                .map(|index| async move { (index, apply(cluster, &tasks[index], options).await) })
                .buffered(PARALLEL)
                .collect()
                .await;
            for (index, outcome) in outcomes {
                run.record(index, outcome);
            }
            await_definitions(&scope.cluster, group.iter().map(|index| &run.tasks[*index])).await;
        }
    }

    /// The live objects that a plan needs: those of its pairs, its hooks and its namespace.
    async fn observe(self: &Arc<Self>, scope: &Scope, state: &Reconciled, options: &RunOptions) -> Observed {
        let mut keys: Vec<ObjectKey> = state.pairs.iter().map(|pair| pair.key.clone()).collect();
        for hook in &state.hooks {
            let named = |(_, phase)| windlass_engine::plan::named_hook(hook, phase, options).key;
            keys.extend(hook.hooks.sync_phases().map(named));
        }
        keys.push(ObjectKey::new(windlass_model::GroupKind::new("", "Namespace"), "", &options.namespace));
        self.look(scope, &keys).await
    }

    async fn observe_tasks(self: &Arc<Self>, scope: &Scope, run: &Run) -> Observed {
        let keys: Vec<ObjectKey> = run.tasks.iter().map(|task| task.key.clone()).collect();
        self.look(scope, &keys).await
    }

    /// What lives of these objects, judged.
    pub async fn look(self: &Arc<Self>, scope: &Scope, keys: &[ObjectKey]) -> Observed {
        let all: Vec<&ObjectKey> = keys.iter().collect();
        self.judge(scope, &all).await;
        let live = |key: &ObjectKey| Some((key.clone(), self.live(scope, key, &*scope.cluster.get(key)?)));
        Observed(keys.iter().filter_map(live).collect())
    }
}

fn shared_resource(state: &Reconciled) -> Option<&str> {
    let is_shared = |condition: &&Condition| condition.kind == ConditionType::SharedResourceWarning;
    state.conditions.iter().find(is_shared).map(|condition| condition.message.as_str())
}

fn refresh_live(run: &mut Run, observed: &Observed) {
    for task in &mut run.tasks {
        task.live = observed.get(&task.key).cloned();
    }
}

fn progress(run: &Run, phase: OperationPhase, message: &str, until: Option<i64>) -> Progress {
    Progress { phase, message: message.to_owned(), results: run.results(), until }
}

fn run_options(scope: &Scope, state: &Reconciled, request: &SyncRequest<'_>) -> RunOptions {
    let operation = request.operation;
    let sync = SyncOptions::parse(operation.sync_options.iter().map(String::as_str));
    RunOptions {
        propagation: sync.propagation,
        prune: operation.prune,
        dry_run: operation.dry_run,
        force: sync.force || operation.sync_strategy.as_ref().is_some_and(|strategy| strategy.force()),
        revision: state.revision.clone(),
        started_at: request.started_at,
        namespace: scope.app.spec.destination.namespace.clone(),
        namespace_metadata: scope
            .app
            .spec
            .sync_policy
            .as_ref()
            .and_then(|policy| policy.managed_namespace_metadata.clone()),
        wave_delay_ms: i64::try_from(scope.settings.wave_delay.as_millis()).unwrap_or(i64::MAX),
        confirmed: request.confirmed,
        sync,
    }
}

fn tasks(
    scope: &Scope,
    state: &Reconciled,
    request: &SyncRequest<'_>,
    options: &RunOptions,
    observed: &Observed,
) -> Vec<Task> {
    let kinds = scope.cluster.kinds();
    let defined = |key: &ObjectKey| {
        state.pairs.iter().filter_map(|pair| pair.target.as_ref()).any(|target| {
            &*target.key.kind.kind == "CustomResourceDefinition"
                && key
                    .kind
                    .is(target.object.str_at(&["spec", "group"]), target.object.str_at(&["spec", "names", "kind"]))
        })
    };
    let refuse = |key: &ObjectKey, object: Option<&Object>| {
        let Some(namespaced) = kinds.is_namespaced(&key.kind) else {
            let may_come = defined(key)
                || options.sync.skip_dry_run_on_missing_resource
                || object
                    .is_some_and(|object| windlass_diff::ResourceOptions::of(object).skip_dry_run_on_missing_resource);
            return (!may_come).then(|| unknown_kind(key, object));
        };
        if object.is_some_and(|object| kinds.find(object.api_version(), object.kind()).is_none()) && !defined(key) {
            return Some(unknown_kind(key, object));
        }
        scope.project.refuses(key, namespaced, &scope.destination)
    };
    let checks = Checks { refuse: &refuse };
    plan(&state.pairs, &state.hooks, request.operation, options, observed, &checks)
}

fn unknown_kind(key: &ObjectKey, object: Option<&Object>) -> String {
    let version = object.map_or("", Object::api_version);
    format!(
        "The Kubernetes API could not find {} for requested resource {}/{}. Make sure the \"{}\" CRD is installed on the destination cluster: {version}",
        key.kind, key.namespace, key.name, key.kind.kind,
    )
}

async fn apply(cluster: &Cluster, task: &Task, options: &RunOptions) -> Outcome {
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

async fn prune(cluster: &Cluster, tracker: &Tracker, task: &Task, options: &RunOptions) -> Outcome {
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

async fn release_hook(cluster: &Cluster, key: &ObjectKey) -> Result<(), windlass_cluster::Error> {
    let Some(live) = cluster.get(key).map(|cached| cached.object()) else { return Ok(()) };
    let rest: Vec<&str> = live.finalizers().filter(|name| *name != names::HOOK_FINALIZER).collect();
    let patch = serde_json::json!({"metadata": {"finalizers": rest, "resourceVersion": live.resource_version()}});
    match cluster.merge_patch(key, &patch).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Deletes a hook's object, whatever its finalizer has waited for.
async fn delete_hook(cluster: &Cluster, key: &ObjectKey) -> Result<(), windlass_cluster::Error> {
    release_hook(cluster, key).await?;
    let Some(live) = cluster.get(key) else { return Ok(()) };
    let (uid, resource_version) = (live.uid(), live.resource_version());
    cluster.delete(&Deletion { key, uid, resource_version, propagation: Propagation::Background }).await
}

/// Waits until applied CRDs are served, and learns the new kinds.
async fn await_definitions<'a>(cluster: &Cluster, tasks: impl Iterator<Item = &'a Task>) {
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
