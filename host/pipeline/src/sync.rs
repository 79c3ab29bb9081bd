//! Carries a sync out: asks the engine what is next, does it, books it, and asks again.

mod apply;
mod outset;
mod remove;

use std::{borrow::Cow, pin::Pin, sync::Arc};

use futures::{StreamExt, stream};
use windlass_engine::{Batch, Observed, Past, Run, RunOptions, Step, task::Outcome};
use windlass_model::{
    ObjectKey,
    application::{OperationPhase, ResourceResult, SyncOperation},
};

use self::{
    apply::{apply, await_definitions},
    outset::{run_options, shared_resource, tasks},
    remove::{delete_hook, prune, release_hook},
};
use crate::{
    reconcile::{Pipeline, Reconciled},
    scope::Scope,
};

/// Applies of one group that are under way at once.
const PARALLEL: usize = 20;

/// What to sync, and where the last step has left off.
pub struct SyncRequest<'a> {
    pub operation: &'a SyncOperation,
    pub past: Past<'a>,
    /// Seconds since 1970.
    pub started_at: i64,
    /// How often the operation has failed before.
    pub attempt: i64,
    pub confirmed: bool,
    pub terminate: bool,
    /// The clock in milliseconds, asked before each step.
    pub now_ms: &'a (dyn Fn() -> i64 + Send + Sync),
    /// Puts into the Application's status how far the sync has come: what is done next relies on it.
    pub write_down: &'a (dyn Fn(Progress) -> Writing<'a> + Send + Sync),
}

/// A write of the Application's status that is under way.
pub type Writing<'a> = Pin<Box<dyn Future<Output = Result<(), windlass_cluster::Error>> + Send + 'a>>;

/// How far a sync has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// `Running` while it waits for the cluster.
    pub phase: OperationPhase,
    pub message: String,
    pub results: Vec<ResourceResult>,
    /// When to look again even if nothing changes, in milliseconds.
    pub until: Option<i64>,
    /// Before this time no wave begins.
    pub next_wave_at: Option<i64>,
}

impl Progress {
    fn refused(message: String) -> Self {
        Self { phase: OperationPhase::Failed, message, results: Vec::new(), until: None, next_wave_at: None }
    }
}

impl Pipeline {
    /// Takes a sync as far as it goes without waiting. An error means that the status could not be written: nothing
    /// has been done that it would have had to say first.
    pub async fn advance(
        self: &Arc<Self>,
        scope: &Scope,
        state: &Reconciled,
        request: &SyncRequest<'_>,
    ) -> Result<Progress, windlass_cluster::Error> {
        let options = run_options(scope, state, request);
        if let Some(condition) = shared_resource(state).filter(|_| options.sync.fail_on_shared_resource) {
            return Ok(Progress::refused(format!("Shared resource found: {condition}")));
        }
        let mut state = Cow::Borrowed(state);
        if options.sync.respect_ignore_differences {
            self.respect(scope, &mut state.to_mut().pairs).await;
        }
        let state = &*state;
        let observed = self.observe(scope, state, &options).await;
        let mut run = Run::new(tasks(scope, state, request, &options, &observed), options, request.past);
        let end = match request.terminate {
            true => run.terminate(&observed),
            false => self.go(scope, &mut run, request).await?,
        };
        self.finish(scope, &mut run, request, end).await
    }

    /// Steps until the run waits or is done.
    async fn go(
        self: &Arc<Self>,
        scope: &Scope,
        run: &mut Run,
        request: &SyncRequest<'_>,
    ) -> Result<Step, windlass_cluster::Error> {
        loop {
            let observed = self.observe_tasks(scope, run).await;
            let batch = match run.step(&observed, (request.now_ms)()) {
                Step::Act(batch) => batch,
                waits_or_ends => return Ok(waits_or_ends),
            };
            write_down(run, request).await?;
            self.act(scope, run, &batch).await;
            if !batch.delete_first.is_empty() {
                return Ok(Step::Wait { message: "waiting for old hooks to be deleted".into(), until: None });
            }
            let observed = self.observe_tasks(scope, run).await;
            refresh_live(run, &observed);
            if let Some(done) = run.finish_batch((request.now_ms)()) {
                return Ok(done);
            }
        }
    }

    async fn finish(
        self: &Arc<Self>,
        scope: &Scope,
        run: &mut Run,
        request: &SyncRequest<'_>,
        end: Step,
    ) -> Result<Progress, windlass_cluster::Error> {
        match end {
            Step::Wait { message, until } => Ok(progress(run, OperationPhase::Running, &message, until)),
            Step::Done { phase, message, delete_hooks } => {
                if !delete_hooks.is_empty() {
                    write_down(run, request).await?;
                }
                for index in delete_hooks {
                    if let Err(error) = delete_hook(&scope.cluster, &run.tasks[index].key).await {
                        tracing::warn!(hook = %run.tasks[index].key, %error, "cannot delete hook");
                    }
                }
                Ok(progress(run, phase, &message, None))
            }
            Step::Act(_) => Ok(progress(run, OperationPhase::Error, "the sync did not end", None)),
        }
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
}

async fn write_down(run: &mut Run, request: &SyncRequest<'_>) -> Result<(), windlass_cluster::Error> {
    if run.is_unwritten() {
        let phase = if request.terminate { OperationPhase::Terminating } else { OperationPhase::Running };
        (request.write_down)(progress(run, phase, "one or more tasks are running", None)).await?;
        run.wrote_down();
    }
    Ok(())
}

fn refresh_live(run: &mut Run, observed: &Observed) {
    for task in &mut run.tasks {
        task.live = observed.get(&task.key).cloned();
    }
}

fn progress(run: &Run, phase: OperationPhase, message: &str, until: Option<i64>) -> Progress {
    Progress { phase, message: message.to_owned(), results: run.results(), until, next_wave_at: run.next_wave_at() }
}
