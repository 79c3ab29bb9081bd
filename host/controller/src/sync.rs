//! Takes a sync further, and says what the application's turn comes to.

use std::sync::Arc;

use windlass_engine::Past;
use windlass_model::{
    Application,
    application::{Condition, OperationPhase, OperationState, SyncOperation},
    names,
};
use windlass_pipeline::{Pipeline, Problem, Progress, Reconciled, Remedy, Scope, SyncRequest, Writing};

use crate::{
    clock, impersonation, operation, restore,
    scribe::Scribe,
    status::{self, OperationField},
    turn::Turn,
};

/// How soon a sync that cannot see looks again.
const BLIND_POLL_MS: i64 = 1_000;

/// A sync and where it takes place.
pub(crate) struct Syncing<'a> {
    pub(crate) pipeline: &'a Arc<Pipeline>,
    pub(crate) scope: &'a Scope,
    /// Writes the Application while the sync is under way.
    pub(crate) scribe: &'a Scribe<'a>,
    /// Before this time no wave begins.
    pub(crate) next_wave_at: Option<i64>,
    /// Conditions that the look has found besides.
    pub(crate) extra: Vec<Condition>,
}

/// Takes the running operation as far as it goes without waiting.
pub(crate) async fn advance(
    syncing: Syncing<'_>,
    state: Reconciled,
    running: OperationState,
) -> Result<Turn, windlass_cluster::Error> {
    let Syncing { pipeline, scope, scribe, .. } = syncing;
    let app = &scope.app;
    let sync = operation::sync_of(app, &running);
    let found = match impersonation::scope(scope) {
        Ok(acting) => operation_state(pipeline, &acting, &state, &sync).await,
        Err(message) => Err(Problem::comparison(message)),
    };
    let (sync_scope, sync_state) = match found {
        Ok(pair) => pair,
        Err(problem) if problem.remedy == Remedy::Sight => {
            return unfinished(&syncing, &state, running, Some(BLIND_POLL_MS));
        }
        Err(problem) => {
            let failed = failed(running, &problem, &state);
            return finished(&syncing, state, failed).await;
        }
    };
    let write_down = |progress: Progress| -> Writing<'_> {
        let booked = operation::book(running.clone(), app, &sync_state, &progress);
        let turn = unfinished(&syncing, &state, booked, None);
        Box::pin(async move { scribe.write(turn?).await.map(drop) })
    };
    let request = SyncRequest {
        operation: &sync,
        past: Past {
            written: running.sync_result.as_ref().map(|result| result.resources.as_slice()),
            next_wave_at: syncing.next_wave_at,
        },
        started_at: clock::parse(&running.started_at).unwrap_or(0) / 1000,
        attempt: running.retry_count,
        confirmed: approved_since(app, &running),
        terminate: running.phase == OperationPhase::Terminating || is_overdue(scope, &running),
        now_ms: &clock::now_ms,
        write_down: &write_down,
    };
    let progress = pipeline.advance(&sync_scope, &sync_state, &request).await?;
    let booked = operation::or_retry(operation::book(running.clone(), app, &sync_state, &progress));
    if booked.phase.is_completed() || booked.finished_at.is_some() {
        return finished(&syncing, state.clone(), booked).await;
    }
    let again_ms = progress.until.map(|until| (until - clock::now_ms()).max(0));
    let turn = unfinished(&syncing, &state, booked, again_ms)?;
    Ok(Turn { next_wave_at: progress.next_wave_at, ..turn })
}

/// A sync that cannot go on. One of our own making whose revision is gone goes on with what is there now, if that is
/// known: to have failed is to be tried no more at the same revision, and a folder may come back to it.
fn failed(running: OperationState, problem: &Problem, present: &Reconciled) -> OperationState {
    let is_superseded = problem.remedy == Remedy::Revision && present.problem.is_none();
    if is_superseded && running.operation.initiated_by.automated {
        return operation::renew(running, &problem.message);
    }
    operation::or_retry(operation::fail(running, &problem.message))
}

/// The turn of a sync that goes on.
fn unfinished(
    syncing: &Syncing<'_>,
    state: &Reconciled,
    running: OperationState,
    again_ms: Option<i64>,
) -> Result<Turn, windlass_cluster::Error> {
    let app = syncing.scribe.app()?;
    let status = status::after(&app, state, Some(running), syncing.extra.clone());
    Ok(Turn { status, operation: OperationField::Set, again_ms, ..Turn::keep() })
}

/// The state that an operation is about: the application's own, unless it asks for other revisions or sources.
async fn operation_state(
    pipeline: &Arc<Pipeline>,
    scope: &Scope,
    state: &Reconciled,
    sync: &SyncOperation,
) -> Result<(Scope, Reconciled), Problem> {
    // Of an application that cannot be seen nobody knows whether what was asked for is what is there.
    if let Some(problem) = state.problem.as_ref().filter(|problem| problem.remedy == Remedy::Sight) {
        return Err(problem.clone());
    }
    let wanted = if sync.revisions.is_empty() { vec![sync.revision.clone()] } else { sync.revisions.clone() };
    let same_revision = wanted.iter().all(String::is_empty) || wanted == state.revisions;
    let sources = match (&sync.source, sync.sources.is_empty()) {
        (_, false) => Some(sync.sources.clone()),
        (Some(source), true) => Some(vec![source.clone()]),
        (None, true) => None,
    };
    let own: Vec<_> = scope.app.spec.all_sources().into_iter().cloned().collect();
    if same_revision && sources.as_ref().is_none_or(|sources| *sources == own) {
        return match &state.problem {
            Some(problem) => Err(problem.clone()),
            None => Ok((scope.clone(), state.clone())),
        };
    }
    let scope = Scope { sources, revisions: Some(wanted), ..scope.clone() };
    let state = pipeline.reconcile(&scope).await;
    match &state.problem {
        Some(problem) => Err(problem.clone()),
        None => Ok((scope, state)),
    }
}

/// A finished operation changes what is live, so the application is compared once more before its one
/// final status is written.
async fn finished(
    syncing: &Syncing<'_>,
    before: Reconciled,
    booked: OperationState,
) -> Result<Turn, windlass_cluster::Error> {
    let app = syncing.scribe.app()?;
    let state = if before.problem.is_some() { before } else { syncing.pipeline.reconcile(syncing.scope).await };
    let waits = !booked.phase.is_completed();
    let mut status = status::after(&app, &state, Some(booked.clone()), syncing.extra.clone());
    let sync = booked.operation.sync.clone().unwrap_or_default();
    if booked.phase == OperationPhase::Succeeded && !sync.dry_run && sync.resources.is_empty() {
        status::record_history(&mut status, &app, &booked);
    }
    let again_ms = Some(if waits { 0 } else { 1 });
    let operation = if waits { OperationField::Set } else { OperationField::Clear };
    Ok(Turn { status, operation, again_ms, restored: restore::releases(&app, &booked), ..Turn::keep() })
}

/// Whether the operation has taken longer than the settings allow.
fn is_overdue(scope: &Scope, running: &OperationState) -> bool {
    let limit = i64::try_from(scope.settings.sync_timeout.as_millis()).unwrap_or(i64::MAX);
    let began = clock::parse(&running.started_at);
    limit > 0 && began.is_some_and(|began| clock::now_ms() - began > limit)
}

/// Whether pruning was approved after the operation began.
fn approved_since(app: &Application, state: &OperationState) -> bool {
    let approved = app.annotation(names::DELETION_APPROVED).and_then(clock::parse);
    let started = clock::parse(&state.started_at);
    approved.is_some_and(|approved| started.is_none_or(|started| approved >= started))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use windlass_model::application::ConditionType;

    use super::*;

    fn running(automated: bool) -> OperationState {
        let operation = json!({"sync": {"revision": "gone"}, "initiatedBy": {"automated": automated}});
        let state = json!({"operation": operation, "phase": "Running", "startedAt": "2026-05-01T12:00:00Z"});
        serde_json::from_value(state).unwrap()
    }

    fn after(automated: bool, remedy: Remedy) -> OperationState {
        let problem = Problem { kind: ConditionType::ComparisonError, message: "not found".into(), remedy };
        failed(running(automated), &problem, &Reconciled::default())
    }

    #[test]
    fn a_sync_of_our_own_making_goes_on_with_what_is_there_when_its_revision_is_gone() {
        let state = after(true, Remedy::Revision);
        assert_eq!((state.phase, state.retry_count, state.finished_at), (OperationPhase::Running, 1, None));
        assert_eq!(state.operation.sync.unwrap().revision, "");
    }

    #[test]
    fn a_sync_that_somebody_asked_for_and_one_that_lacks_something_else_fail() {
        for state in [after(false, Remedy::Revision), after(true, Remedy::Change)] {
            assert_eq!(state.phase, OperationPhase::Error);
            assert_eq!(state.operation.sync.unwrap().revision, "gone");
        }
    }
}
