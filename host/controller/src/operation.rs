//! The life of one sync operation: begun, taken further, retried, ended.

use windlass_engine::retry;
use windlass_model::{
    Application,
    application::{Operation, OperationPhase, OperationState, Source, SyncOperation, SyncResult},
};
use windlass_pipeline::{Progress, Reconciled};

use crate::clock;

/// What is to be done about a sync now.
pub(crate) enum Present {
    /// Nothing asked for, nothing under way.
    None,
    /// Take this one further.
    Run(Box<OperationState>),
    /// A failed attempt waits for its next try, so many milliseconds from now.
    Retry { state: Box<OperationState>, in_ms: i64 },
}

/// Finds the operation that is under way, or begins the one that is asked for.
pub(crate) fn present(app: &Application, automated: Option<Operation>) -> Present {
    let recorded = app.status.operation_state.as_ref().filter(|state| !state.phase.is_completed());
    if let Some(state) = recorded {
        return match &state.finished_at {
            Some(finished) if state.phase == OperationPhase::Running => waiting(state, finished),
            _ => Present::Run(Box::new(state.clone())),
        };
    }
    match app.operation.clone().or(automated) {
        Some(operation) => Present::Run(Box::new(begin(operation, app.status.operation_state.as_ref()))),
        None => Present::None,
    }
}

/// No two operations of an application begin in the same second: hooks are known by it.
fn begin(operation: Operation, before: Option<&OperationState>) -> OperationState {
    let next = before.and_then(|state| clock::parse(&state.started_at)).map_or(0, |began| began + 1000);
    OperationState { operation, started_at: clock::text(clock::now_ms().max(next)), ..OperationState::default() }
}

/// `Running` with an end time is how a failed attempt says that it will be repeated.
fn waiting(state: &OperationState, finished: &str) -> Present {
    let attempt = state.retry_count - 1;
    let delay = retry::delay(&state.operation.retry, attempt).unwrap_or_default();
    let due = clock::parse(finished).unwrap_or(0) + i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    let in_ms = due - clock::now_ms();
    if in_ms > 0 {
        return Present::Retry { state: Box::new(state.clone()), in_ms };
    }
    let mut next = state.clone();
    next.finished_at = None;
    // Hooks run again in every attempt.
    next.sync_result = None;
    if next.operation.retry.refresh {
        unpin(&mut next);
    }
    Present::Run(Box::new(next))
}

/// The sync that an operation asks for, with what the application's spec fills in.
pub(crate) fn sync_of(app: &Application, state: &OperationState) -> SyncOperation {
    let mut sync = state.operation.sync.clone().unwrap_or_default();
    if sync.sync_options.is_empty() {
        sync.sync_options = app.spec.sync_options().to_vec();
    }
    if let Some(result) = &state.sync_result {
        pin(&mut sync, result);
    }
    sync
}

/// What has begun goes on with what it began with, whatever the branch and the spec say by now.
fn pin(sync: &mut SyncOperation, result: &SyncResult) {
    if sync.revision.is_empty() && sync.revisions.is_empty() {
        sync.revision.clone_from(&result.revision);
        sync.revisions.clone_from(&result.revisions);
    }
    if sync.source.is_none() && sync.sources.is_empty() {
        let is_told = result.sources.is_empty() && result.source != Source::default();
        sync.source = is_told.then(|| result.source.clone());
        sync.sources.clone_from(&result.sources);
    }
}

/// Books how far a sync has come.
pub(crate) fn book(
    mut state: OperationState,
    app: &Application,
    reconciled: &Reconciled,
    progress: &Progress,
) -> OperationState {
    let many = app.spec.has_many_sources();
    let sync = sync_of(app, &state);
    let source = sync.source.clone().or_else(|| app.spec.source.clone()).unwrap_or_default();
    let sources = if sync.sources.is_empty() { app.spec.sources.clone() } else { sync.sources };
    state.sync_result = Some(SyncResult {
        resources: progress.results.clone(),
        revision: if many { String::new() } else { reconciled.revision.clone() },
        revisions: if many { reconciled.revisions.clone() } else { Vec::new() },
        source,
        sources: if many { sources } else { Vec::new() },
        managed_namespace_metadata: app
            .spec
            .sync_policy
            .as_ref()
            .and_then(|policy| policy.managed_namespace_metadata.clone()),
    });
    state.phase = progress.phase;
    state.message = progress.message.clone();
    state.finished_at = progress.phase.is_completed().then(clock::now_text);
    state
}

/// An operation that waits for a sync window.
pub(crate) fn blocked(mut state: OperationState) -> OperationState {
    state.message = "Sync operation blocked by sync window".into();
    state
}

/// An operation that could not even begin.
pub(crate) fn fail(mut state: OperationState, message: &str) -> OperationState {
    state.phase = OperationPhase::Error;
    state.message = message.to_owned();
    state.finished_at = Some(clock::now_text());
    state
}

/// An attempt whose revision is gone, as one at what is there now. What counts as tried is the revision that stands in
/// the result: it may come back, as the content of a folder does.
pub(crate) fn renew(mut state: OperationState, why: &str) -> OperationState {
    state.retry_count += 1;
    state.phase = OperationPhase::Running;
    state.message = format!("{why}. Going on with the present revision.");
    state.finished_at = None;
    state.sync_result = None;
    unpin(&mut state);
    state
}

fn unpin(state: &mut OperationState) {
    if let Some(sync) = &mut state.operation.sync {
        sync.revision.clear();
        sync.revisions.clear();
    }
}

/// Turns a failed attempt into one that waits for its repetition, if one is left.
pub(crate) fn or_retry(mut state: OperationState) -> OperationState {
    if !state.phase.is_failure() {
        return state;
    }
    if let Some(delay) = retry::delay(&state.operation.retry, state.retry_count) {
        state.retry_count += 1;
        state.phase = OperationPhase::Running;
        state.message = format!(
            "{}. Retrying attempt #{} in {} s.",
            state.message.trim_end_matches('.'),
            state.retry_count,
            delay.as_secs(),
        );
    }
    state
}
