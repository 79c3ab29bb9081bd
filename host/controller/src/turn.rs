//! What one look at an application comes to, as data: a status to write, or a sync to take further.

use windlass_engine::{AutoSync, Idle, auto_sync, automation::Situation};
use windlass_model::{
    Application,
    application::{Condition, OperationState, Status},
};
use windlass_pipeline::{Problem, Reconciled, Scope};

use crate::{
    clock,
    gates::{is_blocked, window_permits},
    operation::{self, Present},
    restore,
    status::{self, OperationField, RestoredMark},
};

/// How soon a sync that waits for a window looks again; windows open by the minute.
const WINDOW_POLL_MS: i64 = 10_000;

/// What one look has come to.
pub(crate) struct Turn {
    pub(crate) status: Status,
    pub(crate) operation: OperationField,
    /// The finalizers that it is to have from now on.
    pub(crate) finalizers: Option<Vec<String>>,
    pub(crate) restored: RestoredMark,
    /// When to look again at the latest.
    pub(crate) again_ms: Option<i64>,
    /// Before this time no wave of the sync begins.
    pub(crate) next_wave_at: Option<i64>,
}

impl Turn {
    /// Changes nothing but the status.
    pub(crate) fn keep() -> Self {
        Self {
            status: Status::default(),
            operation: OperationField::Keep,
            finalizers: None,
            restored: RestoredMark::Keep,
            again_ms: None,
            next_wave_at: None,
        }
    }
}

/// What is to be done about an application.
pub(crate) enum Decision {
    /// Nothing but to say how it stands.
    Rest(Box<Turn>),
    /// Take this sync further; `extra` are conditions that the look has found besides.
    Sync { running: Box<OperationState>, extra: Vec<Condition> },
}

/// Decides from how an application stands.
pub(crate) fn decide(scope: &Scope, state: &Reconciled) -> Decision {
    let app = &scope.app;
    let (automated, mut extra, heal_ms) = match automation(scope, state) {
        AutoSync::Start(operation) => (Some(*operation), Vec::new(), None),
        AutoSync::Idle(_) => (None, Vec::new(), None),
        AutoSync::HealLater { in_ms } => (None, Vec::new(), Some(in_ms)),
        AutoSync::Refused(condition) => (None, vec![condition], None),
    };
    extra.extend(restore::kept(app, state));
    let rest = |operation_state, extra, operation, again_ms| {
        let status = status::after(app, state, operation_state, extra);
        Decision::Rest(Box::new(Turn { status, operation, again_ms, ..Turn::keep() }))
    };
    match operation::present(app, automated) {
        Present::None => rest(None, extra, OperationField::Keep, heal_ms),
        Present::Retry { state: waiting, in_ms } => rest(Some(*waiting), extra, OperationField::Keep, Some(in_ms)),
        Present::Run(running) if is_blocked(scope, &running) => {
            let blocked = operation::blocked(*running);
            rest(Some(blocked), extra, OperationField::Set, Some(WINDOW_POLL_MS))
        }
        Present::Run(running) => Decision::Sync { running, extra },
    }
}

/// The turn of an application that was read back from a backup: whatever was under way is dropped, and what was done
/// counts as history only. The last operation says nothing of this cluster: what differs is synced anew, and in full.
pub(crate) fn restored(app: &Application) -> Turn {
    let status = Status { operation_state: None, ..app.status.clone() };
    Turn { status, operation: OperationField::Clear, restored: RestoredMark::Set, again_ms: Some(0), ..Turn::keep() }
}

/// The turn of an application whose spec cannot be worked with.
pub(crate) fn refused(app: &Application, problem: &Problem) -> Turn {
    Turn { status: status::invalid(app, problem), ..Turn::keep() }
}

fn automation(scope: &Scope, state: &Reconciled) -> AutoSync {
    if state.problem.is_some() {
        return AutoSync::Idle(Idle::Blind);
    }
    if !window_permits(scope, false, None) {
        return AutoSync::Idle(Idle::Closed);
    }
    policy(scope, state)
}

/// What the application's own policy comes to, whatever else stands in the way.
pub(crate) fn policy(scope: &Scope, state: &Reconciled) -> AutoSync {
    let app = &scope.app;
    let revisions = if app.spec.has_many_sources() { state.revisions.as_slice() } else { &[] };
    auto_sync(
        app,
        &Situation {
            assessment: &state.assessment,
            revision: if app.spec.has_many_sources() { "" } else { &state.revision },
            revisions,
            since_last_ms: since_last_ms(app),
            heal: scope.settings.heal,
        },
    )
}

/// How long ago the last operation, or attempt, has finished.
pub(crate) fn since_last_ms(app: &Application) -> Option<i64> {
    let finished = clock::parse(app.status.operation_state.as_ref()?.finished_at.as_deref()?)?;
    Some(clock::now_ms() - finished)
}
