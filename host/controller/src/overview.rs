//! One application at a glance, as `up` shows it.

use windlass_model::{
    Application, HealthStatus,
    application::{ConditionType, Operation, SyncStatus},
};

use crate::status;

/// One application at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub namespace: String,
    pub name: String,
    pub sync: SyncStatus,
    pub health: HealthStatus,
    pub revision: String,
    /// What it is doing, or why it is not where it should be.
    pub doing: String,
    pub has_error: bool,
    /// Whether a sync is under way or will begin by itself.
    pub is_moving: bool,
}

/// Reads the glance off an Application's status.
pub fn overview(app: &Application) -> Overview {
    let status = &app.status;
    let operation = status.operation_state.as_ref();
    let running = operation.filter(|state| !state.phase.is_completed());
    let error = status.conditions.iter().find(|condition| condition.kind.is_error());
    let doing = match (app.is_deleting(), running, error) {
        (true, ..) => "deleting".to_owned(),
        (_, Some(state), _) => format!("syncing: {}", state.message),
        (_, _, Some(condition)) => format!("{:?}: {}", condition.kind, condition.message),
        _ => operation.map(|state| state.message.clone()).unwrap_or_default(),
    };
    Overview {
        namespace: app.metadata.namespace.clone(),
        name: app.metadata.name.clone(),
        sync: status.sync.as_ref().map(|sync| sync.status).unwrap_or_default(),
        health: status.health.as_ref().map_or(HealthStatus::Unknown, |health| health.status),
        revision: status
            .sync
            .as_ref()
            .map(|sync| if sync.revision.is_empty() { sync.revisions.join(",") } else { sync.revision.clone() })
            .unwrap_or_default(),
        has_error: error.is_some_and(|condition| condition.kind != ConditionType::SyncError)
            || status::has_error(&status.conditions),
        is_moving: running.is_some()
            || app.operation.as_ref().is_some_and(|operation: &Operation| operation.sync.is_some()),
        doing,
    }
}
