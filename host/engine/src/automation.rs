//! Whether an application syncs by itself now.

use std::time::Duration;

use windlass_model::application::{
    Application, Condition, ConditionType, InitiatedBy, Operation, ResourceStatus, Retry, SyncOperation, SyncResource,
    SyncStatus,
};

use crate::assess::Assessment;

/// Retries of an automated sync whose policy has no `retry` block.
const DEFAULT_RETRY_LIMIT: i64 = 5;

/// The decision about automated sync.
#[derive(Clone, Debug, PartialEq)]
pub enum AutoSync {
    /// Nothing to do, or not allowed to.
    Idle(Idle),
    Start(Box<Operation>),
    /// Drift will be healed, but not before this many milliseconds have passed.
    HealLater {
        in_ms: i64,
    },
    Refused(Condition),
}

/// Pauses between self-heals: `first`, then `base`, then each `factor` times the last, up to `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealBackoff {
    pub first: Duration,
    pub base: Duration,
    pub factor: u32,
    pub cap: Duration,
}

impl Default for HealBackoff {
    fn default() -> Self {
        Self { first: Duration::ZERO, base: Duration::from_secs(2), factor: 3, cap: Duration::from_secs(300) }
    }
}

/// Why nothing is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// The application syncs when told to.
    Manual,
    /// An operation is asked for already.
    Asked,
    Deleting,
    /// It is in sync, or nobody knows whether it is.
    AtRest,
    /// All that is left to do is to delete, which the policy does not allow.
    OnlyPruning,
    /// This revision was synced already; what differs since is drift, which the policy leaves alone.
    Drifted,
    /// The desired state cannot be had.
    Blind,
    /// The project's windows do not permit a sync now.
    Closed,
}

/// What the decision looks at, beside the application itself.
pub struct Situation<'a> {
    pub assessment: &'a Assessment,
    pub revision: &'a str,
    pub revisions: &'a [String],
    /// Milliseconds since the last operation finished; `None` when none has.
    pub since_last_ms: Option<i64>,
    pub heal: HealBackoff,
}

/// Decides about automated sync.
pub fn auto_sync(app: &Application, situation: &Situation<'_>) -> AutoSync {
    let assessment = situation.assessment;
    let Some(automated) = app.spec.automated() else { return AutoSync::Idle(Idle::Manual) };
    if let Some(idle) = rests(app, assessment) {
        return AutoSync::Idle(idle);
    }
    // What a restore has brought back goes only when a person says so.
    let prune = automated.prune && !app.is_restored();
    let out_of_sync = || assessment.resources.iter().filter(|row| row.status == Some(SyncStatus::OutOfSync));
    if !prune && out_of_sync().count() > 0 && out_of_sync().all(|row| row.requires_pruning) {
        return AutoSync::Idle(Idle::OnlyPruning);
    }
    let mut operation = automated_operation(app, situation, prune);
    if let Some(attempt) = attempted(app, situation) {
        match attempt {
            Attempt::Failed(message) => return AutoSync::Refused(failed_attempt(situation, &message)),
            Attempt::Succeeded { .. } if !automated.self_heal => return AutoSync::Idle(Idle::Drifted),
            Attempt::Succeeded { heal_attempts } => {
                let elapsed = situation.since_last_ms.unwrap_or(i64::MAX);
                let wait = heal_delay(situation.heal, heal_attempts).as_millis() as i64 - elapsed;
                if wait > 0 {
                    return AutoSync::HealLater { in_ms: wait };
                }
                heal(&mut operation, heal_attempts, out_of_sync());
            }
        }
    }
    if prune && !automated.allow_empty && would_prune_everything(assessment) {
        return AutoSync::Refused(Condition::new(
            ConditionType::SyncError,
            format!("Skipping sync attempt to {}: auto-sync will wipe out all resources", situation.revision),
        ));
    }
    AutoSync::Start(Box::new(operation))
}

fn rests(app: &Application, assessment: &Assessment) -> Option<Idle> {
    if app.operation.is_some() {
        Some(Idle::Asked)
    } else if app.is_deleting() {
        Some(Idle::Deleting)
    } else {
        (assessment.status != SyncStatus::OutOfSync).then_some(Idle::AtRest)
    }
}

enum Attempt {
    Succeeded { heal_attempts: i64 },
    Failed(String),
}

/// The last operation, if it was for the same revision and sources.
fn attempted(app: &Application, situation: &Situation<'_>) -> Option<Attempt> {
    let state = app.status.operation_state.as_ref()?;
    if !state.phase.is_completed() {
        return None;
    }
    if let Some(result) = &state.sync_result {
        let same_revision = if app.spec.has_many_sources() {
            result.revisions == situation.revisions && result.sources == app.spec.sources
        } else {
            result.revision == situation.revision && Some(&result.source) == app.spec.source.as_ref()
        };
        if !same_revision {
            return None;
        }
    }
    if state.phase.is_failure() {
        return Some(Attempt::Failed(state.message.clone()));
    }
    let heal_attempts = state.operation.sync.as_ref().map_or(0, |sync| sync.auto_heal_attempts_count);
    Some(Attempt::Succeeded { heal_attempts })
}

fn automated_operation(app: &Application, situation: &Situation<'_>, prune: bool) -> Operation {
    let policy = app.spec.sync_policy.clone().unwrap_or_default();
    Operation {
        sync: Some(SyncOperation {
            revision: situation.revision.to_owned(),
            revisions: situation.revisions.to_vec(),
            prune,
            sync_options: policy.sync_options,
            ..SyncOperation::default()
        }),
        initiated_by: InitiatedBy { automated: true, username: String::new() },
        info: Vec::new(),
        retry: policy.retry.unwrap_or(Retry { limit: DEFAULT_RETRY_LIMIT, ..Retry::default() }),
    }
}

/// A self-heal touches only what has drifted, and so runs no hooks.
fn heal<'a>(operation: &mut Operation, attempts: i64, drifted: impl Iterator<Item = &'a ResourceStatus>) {
    let Some(sync) = &mut operation.sync else { return };
    sync.auto_heal_attempts_count = attempts + 1;
    sync.resources = drifted
        .map(|row| SyncResource {
            group: row.group.clone(),
            kind: row.kind.clone(),
            name: row.name.clone(),
            namespace: row.namespace.clone(),
        })
        .collect();
}

fn heal_delay(heal: HealBackoff, attempts: i64) -> Duration {
    match u32::try_from(attempts) {
        Ok(0) | Err(_) => heal.first,
        Ok(attempts) => heal.base.saturating_mul(heal.factor.saturating_pow(attempts - 1)).min(heal.cap),
    }
}

fn would_prune_everything(assessment: &Assessment) -> bool {
    let mut rows = assessment.resources.iter().filter(|row| !row.hook && row.status.is_some()).peekable();
    rows.peek().is_some() && rows.all(|row| row.requires_pruning)
}

fn failed_attempt(situation: &Situation<'_>, message: &str) -> Condition {
    let revision =
        if situation.revisions.is_empty() { situation.revision.to_owned() } else { situation.revisions.join(", ") };
    Condition::new(ConditionType::SyncError, format!("Failed last sync attempt to [{revision}]: {message}"))
}
