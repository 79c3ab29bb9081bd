//! The state machine of one sync.
//!
//! `step` is called again and again: it looks at the tasks and what is live, and says what to do next.
//! All state is in the tasks, and each task's state is in `operationState.syncResult`, so a run can be
//! taken up by another process at any point. Where doing a thing again would not do the same, what was done is
//! written down before what follows: `is_unwritten` says when.

use windlass_diff::DeletePolicy;
use windlass_model::{
    HealthStatus,
    application::{OperationPhase, ResourceResult, ResultCode, SyncPhase},
};

use crate::{
    live::Observed,
    run_options::RunOptions,
    task::{Outcome, Task},
};

/// A running sync.
#[derive(Clone, Debug)]
pub struct Run {
    pub tasks: Vec<Task>,
    pub options: RunOptions,
    /// The results so far, in their order. Some are of objects that are in the plan no more: they were pruned.
    recorded: Vec<ResourceResult>,
    /// Those that stand in the Application's status.
    written: Option<Vec<ResourceResult>>,
    /// Before this time no wave begins, in milliseconds of the caller's clock.
    next_wave_at: Option<i64>,
}

/// What is known of a run from before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past<'a> {
    /// The results that stand in the Application's status; `None` where the operation itself does not stand there yet.
    pub written: Option<&'a [ResourceResult]>,
    /// Before this time no wave begins.
    pub next_wave_at: Option<i64>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Carry the batch out, record every outcome, and step again.
    Act(Batch),
    /// Nothing to do until the cluster changes, or until the given time.
    Wait { message: String, until: Option<i64> },
    /// The end. The listed hooks are to be deleted.
    Done { phase: OperationPhase, message: String, delete_hooks: Vec<usize> },
}

/// Work that may be done now, as indices of tasks. Prunes come first, then deletions of old hooks,
/// then the groups, one after another; what is in one group may be applied at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub prunes: Vec<usize>,
    /// Hooks whose previous object must go before they are created.
    pub delete_first: Vec<usize>,
    /// Completed hooks whose finalizer has done its work.
    pub release: Vec<usize>,
    pub applies: Vec<Vec<usize>>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Run {
    /// Starts a run, or takes one up where the recorded results have left off.
    pub fn new(mut tasks: Vec<Task>, options: RunOptions, past: Past<'_>) -> Self {
        let recorded = past.written.unwrap_or_default();
        for task in tasks.iter_mut().filter(|task| task.status != Some(ResultCode::SyncFailed)) {
            if let Some(result) = recorded.iter().find(|result| task.matches(result)) {
                task.resume(result);
            }
        }
        Self {
            tasks,
            options,
            recorded: recorded.to_vec(),
            written: past.written.map(<[_]>::to_vec),
            next_wave_at: past.next_wave_at,
        }
    }

    /// Whether the Application's status has to say how far the run has come before anything more is done.
    ///
    /// A hook that is over loses what shows it, its finalizer and its object, and the waves before the present one
    /// are not done again. One wave without hooks needs no word: done again, it does the same.
    pub fn is_unwritten(&self) -> bool {
        self.is_stepwise() && self.written.as_ref() != Some(&self.results())
    }

    /// The status says now how far the run has come.
    pub fn wrote_down(&mut self) {
        self.written = Some(self.results());
    }

    fn is_stepwise(&self) -> bool {
        let mut places: Vec<_> = self.tasks.iter().filter(|task| !task.is_made_only).map(Task::place).collect();
        places.dedup();
        !self.options.dry_run && (places.len() > 1 || self.tasks.iter().any(Task::is_hook))
    }

    /// Before this time no wave begins.
    pub fn next_wave_at(&self) -> Option<i64> {
        self.next_wave_at
    }

    /// The rows of `syncResult.resources`, in the order in which work on them began.
    pub fn results(&self) -> Vec<ResourceResult> {
        let current =
            |result: &ResourceResult| self.tasks.iter().find(|task| task.matches(result)).and_then(Task::result);
        let known = self.recorded.iter().map(|result| current(result).unwrap_or_else(|| result.clone()));
        let is_new = |task: &&Task| !self.recorded.iter().any(|result| task.matches(result));
        known.chain(self.tasks.iter().filter(is_new).filter_map(Task::result)).collect()
    }

    /// Books outcomes of a batch, by task.
    pub fn record(&mut self, task: usize, outcome: Outcome) {
        let dry_run = self.options.dry_run;
        self.tasks[task].record(outcome, dry_run);
        let task = &self.tasks[task];
        if !self.recorded.iter().any(|result| task.matches(result)) {
            self.recorded.extend(task.result());
        }
    }

    /// Decides what comes next. `now` is in milliseconds.
    pub fn step(&mut self, observed: &Observed, now: i64) -> Step {
        if let Some(refusal) = self.refusal() {
            return refusal;
        }
        self.observe(observed);
        if let Some(waiting) = self.waiting() {
            return waiting;
        }
        let release = self.hooks_to_release();
        if !release.is_empty() {
            return Step::Act(Batch { release, ..Batch::default() });
        }
        if self.tasks.iter().any(|task| task.phase != SyncPhase::SyncFail && task.is_failed()) {
            return self.fail();
        }
        self.next_wave(now)
    }

    /// Ends the run early: running hooks are deleted, what was applied stays.
    pub fn terminate(&mut self, observed: &Observed) -> Step {
        self.observe(observed);
        let mut delete_hooks = Vec::new();
        for (index, task) in self.tasks.iter_mut().enumerate() {
            if task.is_hook() && task.is_running() && task.live.is_some() {
                task.set(None, OperationPhase::Failed, "Terminated");
                delete_hooks.push(index);
            }
        }
        Step::Done { phase: OperationPhase::Failed, message: "Operation terminated".into(), delete_hooks }
    }

    /// A plan with a task that cannot work is refused whole, before anything is changed.
    fn refusal(&self) -> Option<Step> {
        let refused = |task: &&Task| task.status == Some(ResultCode::SyncFailed) && task.progress.is_none();
        self.tasks.iter().find(refused)?;
        Some(Step::Done {
            phase: OperationPhase::Failed,
            message: "one or more synchronization tasks are not valid".into(),
            delete_hooks: Vec::new(),
        })
    }

    fn observe(&mut self, observed: &Observed) {
        for task in &mut self.tasks {
            task.live = observed.get(&task.key).cloned();
            if task.is_pending() && task.is_made() {
                task.adopt();
            }
            if !task.is_running() || task.is_made_only {
                continue;
            }
            let Some(live) = task.live.as_ref() else {
                task.set(None, OperationPhase::Error, "is gone before it has come to its end");
                continue;
            };
            if task.hook.is_some() {
                let (phase, message) = live.hook_phase();
                task.set(None, phase, message);
            } else {
                match live.resource_health().map(|health| (health.status, health.message)) {
                    None | Some((HealthStatus::Healthy, _)) => {
                        task.progress = Some(OperationPhase::Succeeded);
                    }
                    Some((HealthStatus::Degraded, message)) => task.set(None, OperationPhase::Failed, message),
                    Some(_) => {}
                }
            }
        }
    }

    fn is_multi_step(&self) -> bool {
        let regular = || self.tasks.iter().filter(|task| task.phase != SyncPhase::SyncFail);
        let first = regular().next().map(Task::place);
        regular().any(|task| Some(task.place()) != first)
    }

    fn waiting(&self) -> Option<Step> {
        let multi_step = self.is_multi_step();
        let running: Vec<&Task> = self
            .tasks
            .iter()
            .filter(|task| task.is_running() && !task.is_made_only && (multi_step || task.is_hook()))
            .collect();
        if !running.is_empty() {
            return Some(wait_for(&running, "waiting for healthy state of", "waiting for completion of hook"));
        }
        let pruned = |task: &&Task| {
            multi_step
                && task.status == Some(ResultCode::Pruned)
                && task.live.as_ref().is_some_and(crate::live::Live::is_deleting)
        };
        let pruned: Vec<&Task> = self.tasks.iter().filter(pruned).collect();
        (!pruned.is_empty()).then(|| wait_for(&pruned, "waiting for deletion of", "waiting for deletion of hook"))
    }

    fn hooks_to_release(&self) -> Vec<usize> {
        let done = |task: &Task| {
            !self.options.dry_run
                && task.is_hook()
                && task.is_completed()
                && task.live.as_ref().is_some_and(crate::live::Live::has_hook_finalizer)
        };
        self.indices(done)
    }

    fn fail(&mut self) -> Step {
        let failed: Vec<String> = self
            .tasks
            .iter()
            .filter(|task| task.status == Some(ResultCode::SyncFailed))
            .map(|task| task.message.clone())
            .collect();
        let reason = if self.tasks.iter().any(|task| task.status == Some(ResultCode::SyncFailed)) {
            format!("one or more objects failed to apply, reason: {}", failed.join(","))
        } else {
            "one or more synchronization tasks completed unsuccessfully".to_owned()
        };
        let handlers = self.indices(|task| task.phase == SyncPhase::SyncFail && task.is_pending());
        if handlers.is_empty() {
            let delete_hooks = self.hooks_to_delete(DeletePolicy::HookFailed);
            return Step::Done { phase: OperationPhase::Failed, message: reason, delete_hooks };
        }
        Step::Act(self.batch(&handlers))
    }

    fn next_wave(&mut self, now: i64) -> Step {
        let pending = self.indices(|task| {
            task.phase != SyncPhase::SyncFail
                && task.is_pending()
                && !(self.options.sync.apply_out_of_sync_only && task.in_sync)
        });
        let Some(first) = pending.first().map(|index| &self.tasks[*index]) else {
            return self.succeed("successfully synced (no more tasks)");
        };
        let place = first.place();
        if let Some(until) = self.next_wave_at.filter(|until| *until > now) {
            return Step::Wait { message: "waiting between waves".into(), until: Some(until) };
        }
        let wave: Vec<usize> = pending.into_iter().filter(|index| self.tasks[*index].place() == place).collect();
        if let Some(message) = self.unconfirmed(&wave) {
            return Step::Wait { message, until: None };
        }
        Step::Act(self.batch(&wave))
    }

    /// Tells the run that a batch has been carried out, and whether that was all there is to do.
    pub fn finish_batch(&mut self, now: i64) -> Option<Step> {
        self.next_wave_at = Some(now + self.options.wave_delay_ms);
        let rest =
            self.tasks.iter().any(|task| task.is_pending() && task.phase != SyncPhase::SyncFail && !task.in_sync);
        let hooks =
            self.tasks.iter().any(|task| task.is_hook() && !task.is_completed() && task.phase != SyncPhase::SyncFail);
        let failed = self.tasks.iter().any(Task::is_failed);
        // An ordinary apply is a success once it is accepted, even if the objects degrade later.
        let waits = self.is_multi_step() && rest;
        (!failed && !rest && !hooks && !waits).then(|| self.succeed("successfully synced (all tasks run)"))
    }

    fn succeed(&self, message: &str) -> Step {
        let delete_hooks = self.hooks_to_delete(DeletePolicy::HookSucceeded);
        Step::Done { phase: OperationPhase::Succeeded, message: message.into(), delete_hooks }
    }

    fn hooks_to_delete(&self, policy: DeletePolicy) -> Vec<usize> {
        // A dry run has made no hook: what lives is of an earlier sync.
        let is_over = |task: &Task| task.is_hook() && task.live.is_some() && task.is_completed();
        self.indices(|task| !self.options.dry_run && is_over(task) && task.has_policy(policy))
    }

    fn batch(&self, wave: &[usize]) -> Batch {
        let mut batch = Batch::default();
        let mut group_kind = None;
        for index in wave.iter().copied() {
            let task = &self.tasks[index];
            if task.is_prune() {
                batch.prunes.push(index);
            } else if !self.options.dry_run && task.is_replaced() {
                batch.delete_first.push(index);
            } else if group_kind.replace(&task.key.kind.kind) == Some(&task.key.kind.kind) {
                batch.applies.last_mut().map(|group| group.push(index)).unwrap_or_default();
            } else {
                batch.applies.push(vec![index]);
            }
        }
        if !batch.delete_first.is_empty() {
            // Nothing of the wave is created before the old hooks are gone.
            batch.applies.clear();
        }
        batch
    }

    fn indices(&self, wanted: impl Fn(&Task) -> bool) -> Vec<usize> {
        self.tasks.iter().enumerate().filter(|(_, task)| wanted(task)).map(|(index, _)| index).collect()
    }
}

fn wait_for(tasks: &[&Task], resource: &str, hook: &str) -> Step {
    let first = tasks[0];
    let what = if first.is_hook() { hook } else { resource };
    let rest = match tasks.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more resources"),
    };
    Step::Wait { message: format!("{what} {}{rest}", first.label()), until: None }
}
