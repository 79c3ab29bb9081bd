//! Takes a sync further, and says what the application's turn comes to.

use std::sync::Arc;

use windlass_model::{
    Application,
    application::{Condition, OperationPhase, OperationState, SyncOperation},
    names,
};
use windlass_pipeline::{Pipeline, Problem, Reconciled, Scope, SyncRequest};

use crate::{
    clock, impersonation, operation,
    status::{self, OperationField},
    turn::Turn,
};

/// Takes the running operation as far as it goes without waiting.
pub(crate) async fn advance(
    pipeline: &Arc<Pipeline>,
    scope: &Scope,
    state: Reconciled,
    running: OperationState,
    extra: Vec<Condition>,
) -> Turn {
    let app = &scope.app;
    let sync = operation::sync_of(app, &running);
    let found = match impersonation::scope(scope) {
        Ok(acting) => operation_state(pipeline, &acting, &state, &sync).await.map_err(|problem| problem.message),
        Err(message) => Err(message),
    };
    let (sync_scope, sync_state) = match found {
        Ok(pair) => pair,
        Err(message) => {
            let failed = operation::or_retry(operation::fail(running, &message));
            return finished(pipeline, scope, state, failed, extra).await;
        }
    };
    let request = SyncRequest {
        operation: &sync,
        recorded: running.sync_result.as_ref().map_or(&[], |result| result.resources.as_slice()),
        started_at: clock::parse(&running.started_at).unwrap_or(0) / 1000,
        confirmed: approved_since(app, &running),
        terminate: running.phase == OperationPhase::Terminating || is_overdue(scope, &running),
        now_ms: &clock::now_ms,
    };
    let progress = pipeline.advance(&sync_scope, &sync_state, &request).await;
    let until = progress.until;
    let booked = operation::or_retry(operation::book(running, app, &sync_state, &progress));
    if booked.phase.is_completed() || booked.finished_at.is_some() {
        return finished(pipeline, scope, state, booked, extra).await;
    }
    Turn {
        status: status::after(app, &state, Some(booked), extra),
        operation: OperationField::Set,
        finalizers: None,
        again_ms: until.map(|until| (until - clock::now_ms()).max(0)),
    }
}

/// The state that an operation is about: the application's own, unless it asks for other revisions or sources.
async fn operation_state(
    pipeline: &Arc<Pipeline>,
    scope: &Scope,
    state: &Reconciled,
    sync: &SyncOperation,
) -> Result<(Scope, Reconciled), Problem> {
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
    pipeline: &Arc<Pipeline>,
    scope: &Scope,
    before: Reconciled,
    booked: OperationState,
    extra: Vec<Condition>,
) -> Turn {
    let app = &scope.app;
    let state = if before.problem.is_some() { before } else { pipeline.reconcile(scope).await };
    let waits = !booked.phase.is_completed();
    let mut status = status::after(app, &state, Some(booked.clone()), extra);
    let sync = booked.operation.sync.clone().unwrap_or_default();
    if booked.phase == OperationPhase::Succeeded && !sync.dry_run && sync.resources.is_empty() {
        status::record_history(&mut status, app, &booked);
    }
    let again_ms = Some(if waits { 0 } else { 1 });
    let operation = if waits { OperationField::Set } else { OperationField::Clear };
    Turn { status, operation, finalizers: None, again_ms }
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
