//! From an outcome to `Application.status`, and to the smallest patch that brings it there.

use serde_json::{Map, Value, json};
use windlass_model::{
    Application, HealthStatus,
    application::{
        AppHealth, ComparedTo, Condition, ConditionType, HistoryEntry, OperationState, Source, Spec, Status, SyncState,
        SyncStatus,
    },
    names,
};
use windlass_pipeline::{Problem, Reconciled};

use crate::clock;

/// The status after a look at the application. `operation` is the state of its last or present sync.
pub(crate) fn after(
    app: &Application,
    state: &Reconciled,
    operation: Option<OperationState>,
    extra: Vec<Condition>,
) -> Status {
    let old = &app.status;
    let spec = &app.spec;
    let many = spec.has_many_sources();
    let mut conditions = state.conditions.clone();
    conditions.extend(extra);
    let operation_state = operation.or_else(|| old.operation_state.clone());
    let mut status = Status {
        sync: Some(SyncState {
            status: state.assessment.status,
            compared_to: Some(compared_to(spec, old, operation_state.as_ref())),
            revision: if many { String::new() } else { state.revision.clone() },
            revisions: if many { state.revisions.clone() } else { Vec::new() },
        }),
        health: Some(health(old, state.assessment.health)),
        resources: state.assessment.resources.clone(),
        conditions: dated(conditions, &old.conditions),
        history: old.history.clone(),
        operation_state,
        reconciled_at: old.reconciled_at.clone(),
        observed_at: None,
        source_type: if many { String::new() } else { state.source_types.first().cloned().unwrap_or_default() },
        source_types: if many { state.source_types.clone() } else { Vec::new() },
        summary: Some(state.assessment.summary.clone()),
        resource_health_source: "appTree".into(),
        controller_namespace: old.controller_namespace.clone(),
        source_hydrator: Some(json!({})),
    };
    if state.problem.is_some() {
        status.source_type = String::new();
    }
    status
}

/// The status of an application whose spec cannot be worked with.
pub(crate) fn invalid(app: &Application, problem: &Problem) -> Status {
    let old = app.status.clone();
    Status {
        sync: Some(SyncState { status: SyncStatus::Unknown, ..old.sync.clone().unwrap_or_default() }),
        health: Some(health(&old, HealthStatus::Unknown)),
        conditions: dated(vec![problem.condition()], &old.conditions),
        source_hydrator: Some(json!({})),
        ..old
    }
}

/// The status of an application whose deletion does not get on.
pub(crate) fn deletion_failed(app: &Application, message: &str) -> Status {
    let mut conditions = app.status.conditions.clone();
    conditions.retain(|condition| condition.kind != ConditionType::DeletionError);
    conditions.push(Condition::new(ConditionType::DeletionError, message));
    Status { conditions: dated(conditions, &app.status.conditions), ..app.status.clone() }
}

fn compared_to(spec: &Spec, old: &Status, operation: Option<&OperationState>) -> ComparedTo {
    let single = spec.source.clone().unwrap_or_default();
    ComparedTo {
        source: if spec.has_many_sources() { no_source(old, operation) } else { Some(single) },
        sources: spec.sources.clone(),
        destination: spec.destination.clone(),
        ignore_differences: spec.ignore_differences.clone(),
    }
}

/// Argo CD writes no `source` beside several, until it begins an operation itself: then it writes the whole object,
/// and an empty one with it, which stays.
fn no_source(old: &Status, operation: Option<&OperationState>) -> Option<Source> {
    let before = old.sync.as_ref().and_then(|sync| sync.compared_to.as_ref()?.source.as_ref());
    let automated = operation.is_some_and(|state| state.operation.initiated_by.automated);
    (automated || before.is_some()).then(Source::default)
}

fn health(old: &Status, status: HealthStatus) -> AppHealth {
    match &old.health {
        Some(health) if health.status == status => health.clone(),
        _ => AppHealth { status, last_transition_time: Some(clock::now_text()) },
    }
}

/// A condition keeps the time at which it first said what it says.
fn dated(conditions: Vec<Condition>, old: &[Condition]) -> Vec<Condition> {
    let mut dated: Vec<Condition> = Vec::with_capacity(conditions.len());
    for mut condition in conditions {
        if dated.iter().any(|known| known.kind == condition.kind && known.message == condition.message) {
            continue;
        }
        let same = old.iter().find(|known| known.kind == condition.kind && known.message == condition.message);
        condition.last_transition_time =
            same.and_then(|known| known.last_transition_time.clone()).or_else(|| Some(clock::now_text()));
        dated.push(condition);
    }
    dated
}

/// Appends a finished full sync to the history.
pub(crate) fn record_history(status: &mut Status, app: &Application, state: &OperationState) {
    let Some(result) = &state.sync_result else { return };
    let many = !result.sources.is_empty();
    let entry = HistoryEntry {
        id: status.history.last().map_or(0, |last| last.id + 1),
        revision: if many { String::new() } else { result.revision.clone() },
        revisions: result.revisions.clone(),
        source: if many { None } else { Some(result.source.clone()) },
        sources: result.sources.clone(),
        deployed_at: state.finished_at.clone().unwrap_or_else(clock::now_text),
        deploy_started_at: Some(state.started_at.clone()),
        initiated_by: state.operation.initiated_by.clone(),
    };
    status.history.push(entry);
    let excess = status.history.len().saturating_sub(app.spec.history_limit());
    status.history.drain(..excess);
}

/// Whether errors stand in the conditions.
pub(crate) fn has_error(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| condition.kind.is_error() && condition.kind != ConditionType::SyncError)
}

/// What is written to the Application beside its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The refresh annotation has been answered.
    pub(crate) refreshed: bool,
    /// `operation` is to be set or taken away.
    pub(crate) operation: OperationField,
    /// The finalizers that it is to have from now on.
    pub(crate) finalizers: Option<Vec<String>>,
    pub(crate) restored: RestoredMark,
}

/// What happens to the annotation that says that an Application was read back from a backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RestoredMark {
    #[default]
    Keep,
    Set,
    Clear,
}

impl RestoredMark {
    fn change(self, app: &Application) -> Option<Value> {
        match self {
            Self::Keep => None,
            Self::Set => Some(json!(app.metadata.creation_timestamp)),
            Self::Clear => Some(Value::Null),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OperationField {
    #[default]
    Keep,
    Set,
    Clear,
}

/// The merge patch from the present state to `status`; `None` when nothing but the time of the look has changed. What
/// is written is dated.
pub(crate) fn patch(app: &Application, status: &mut Status, marks: Marks) -> Option<Value> {
    let mut patch = Map::new();
    let mut metadata = Map::new();
    let refreshed = marks.refreshed.then_some((names::REFRESH, Value::Null));
    let restored = marks.restored.change(app).map(|value| (names::RESTORED, value));
    let annotations: Map<String, Value> =
        refreshed.into_iter().chain(restored).map(|(name, value)| (name.to_owned(), value)).collect();
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), Value::Object(annotations));
    }
    if let Some(finalizers) = marks.finalizers {
        metadata.insert("finalizers".into(), json!(finalizers));
    }
    match marks.operation {
        OperationField::Keep => {}
        OperationField::Clear if app.operation.is_none() => {}
        OperationField::Clear => drop(patch.insert("operation".into(), Value::Null)),
        OperationField::Set => {
            let operation = status.operation_state.as_ref().map(|state| &state.operation);
            if operation != app.operation.as_ref() {
                patch.insert("operation".into(), json!(operation));
            }
        }
    }
    let changed = *status != app.status;
    if !changed && patch.is_empty() && metadata.is_empty() {
        return None;
    }
    // A status that is older than its Application has come from a backup. The server's clock, which dates the
    // creation, may be ahead of ours.
    status.reconciled_at = Some(clock::now_text()).max(app.metadata.creation_timestamp.clone());
    // Histories and results are long, and mostly the same.
    let (old, new) = (without_same(&app.status, status), without_same(status, &app.status));
    let difference = merge_difference(&json!(old), &json!(new));
    patch.insert("status".into(), difference);
    metadata.insert("resourceVersion".into(), app.metadata.resource_version.clone().into());
    patch.insert("metadata".into(), Value::Object(metadata));
    Some(Value::Object(patch))
}

/// What one status says otherwise than another.
fn without_same(one: &Status, other: &Status) -> Status {
    fn unlike<T: Clone + Default + PartialEq>(one: &T, other: &T) -> T {
        if one == other { T::default() } else { one.clone() }
    }
    Status {
        sync: unlike(&one.sync, &other.sync),
        health: unlike(&one.health, &other.health),
        resources: unlike(&one.resources, &other.resources),
        conditions: unlike(&one.conditions, &other.conditions),
        history: unlike(&one.history, &other.history),
        operation_state: unlike(&one.operation_state, &other.operation_state),
        reconciled_at: unlike(&one.reconciled_at, &other.reconciled_at),
        observed_at: unlike(&one.observed_at, &other.observed_at),
        source_type: unlike(&one.source_type, &other.source_type),
        source_types: unlike(&one.source_types, &other.source_types),
        summary: unlike(&one.summary, &other.summary),
        resource_health_source: unlike(&one.resource_health_source, &other.resource_health_source),
        controller_namespace: unlike(&one.controller_namespace, &other.controller_namespace),
        source_hydrator: unlike(&one.source_hydrator, &other.source_hydrator),
    }
}

/// The JSON merge patch that turns `old` into `new`.
fn merge_difference(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
    let mut patch = Map::new();
    for (name, value) in new {
        match old.get(name) {
            Some(before) if before == value => {}
            Some(before @ Value::Object(_)) if value.is_object() => {
                patch.insert(name.clone(), merge_difference(before, value));
            }
            _ => drop(patch.insert(name.clone(), value.clone())),
        }
    }
    patch.extend(old.keys().filter(|name| !new.contains_key(*name)).map(|name| (name.clone(), Value::Null)));
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_difference_sets_changes_and_removes() {
        let check = |old: Value, new: Value, patch: Value| assert_eq!(merge_difference(&old, &new), patch);
        check(
            json!({"a": 1, "b": {"c": 1, "d": 2}}),
            json!({"a": 1, "b": {"c": 3}}),
            json!({"b": {"c": 3, "d": null}}),
        );
        check(json!({"l": [1, 2]}), json!({"l": [1]}), json!({"l": [1]}));
        check(json!({"a": 1}), json!({"a": 1}), json!({}));
    }

    #[test]
    fn only_what_has_changed_is_written() {
        let status = |revision: &str, kind: &str| Status {
            sync: Some(SyncState { revision: revision.into(), ..SyncState::default() }),
            source_type: kind.into(),
            source_types: vec!["Helm".into()],
            ..Status::default()
        };
        let app = Application { status: status("a", "Helm"), ..Application::default() };
        let mut patch = patch(&app, &mut status("b", ""), Marks::default()).unwrap();
        patch["status"].as_object_mut().unwrap().remove("reconciledAt").unwrap();
        assert_eq!(patch["status"], json!({"sync": {"revision": "b"}, "sourceType": null}));
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        let app = Application::default();
        assert_eq!(patch(&app, &mut app.status.clone(), Marks::default()), None);
        let refreshed = patch(&app, &mut app.status.clone(), Marks { refreshed: true, ..Marks::default() }).unwrap();
        assert!(refreshed["metadata"]["annotations"][names::REFRESH].is_null());
    }
}
