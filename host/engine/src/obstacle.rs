//! What keeps an application from being in sync by itself, as data: the gates of `automation`, `windows`, `retry`
//! and `project`, looked at together.

use windlass_model::{
    Application, GroupKind, ObjectKey,
    application::{ConditionType, OperationPhase, OperationState, ResourceStatus, ResultCode, SyncStatus},
    names,
    project::SyncWindow,
};

use crate::{
    assess::{Assessment, Pair},
    automation::{AutoSync, Idle},
    retry,
};

/// One thing that is in the way.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    /// Nobody looks at the application: an annotation says so.
    Skipped,
    /// The application is on its way out, and waits for these finalizers.
    Deleting { finalizers: Vec<String> },
    /// The desired state cannot be had, or the spec cannot be worked with.
    Fault { kind: ConditionType, message: String },
    /// An operation is asked for that nobody has begun.
    NotBegun,
    /// An operation is under way.
    Running { message: String, started_at: String, terminating: bool },
    /// A failed attempt waits for its next try.
    Retrying { attempt: i64, limit: i64, in_ms: i64, message: String },
    /// Windows of the project.
    Closed { windows: Vec<SyncWindow> },
    /// The application does not sync by itself; `paused` where its policy is there and switched off.
    Manual { paused: bool },
    /// The last operation for this revision failed, and is not repeated.
    Attempted { revision: String, message: String },
    /// Drift is left alone.
    NoSelfHeal,
    /// Drift is healed after a pause.
    HealLater { in_ms: i64 },
    /// These are no longer in Git, and the policy does not allow to delete them.
    PruneOff { objects: Vec<ObjectKey> },
    /// These are no longer in Git, and the application was read back from a backup: they go when a person says so.
    Restored { objects: Vec<ObjectKey> },
    /// A sync would delete everything.
    WouldEmpty,
    /// A person has to agree to the deletion of these.
    Confirmation { objects: Vec<ObjectKey> },
    /// The project forbids these.
    Forbidden { objects: Vec<(ObjectKey, String)> },
    /// The last sync could not do these.
    Refused { objects: Vec<(ObjectKey, String)> },
}

/// What is looked at.
pub struct View<'a> {
    pub app: &'a Application,
    pub assessment: &'a Assessment,
    pub pairs: &'a [Pair],
    /// What `auto_sync` has decided.
    pub automation: &'a AutoSync,
    /// The windows that are in the way of an automatic sync.
    pub windows: Vec<&'a SyncWindow>,
    /// What the project forbids, with its reason.
    pub forbidden: Vec<(ObjectKey, String)>,
    /// Why the desired state cannot be had.
    pub fault: Option<(ConditionType, String)>,
    /// Milliseconds since the last operation, or attempt, finished.
    pub since_last_ms: Option<i64>,
}

/// Everything that is in the way, what is nearest to the start of a look first.
pub fn obstacles(view: &View<'_>) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let app = view.app;
    let is_set = |name| app.annotation(name) == Some("true");
    if is_set(names::SKIP_RECONCILE) && !is_set(names::HANDED_OVER) {
        found.push(Obstacle::Skipped);
    }
    if app.is_deleting() {
        found.push(Obstacle::Deleting { finalizers: app.metadata.finalizers.clone() });
    }
    found.extend(view.fault.clone().map(|(kind, message)| Obstacle::Fault { kind, message }));
    found.extend(operation(view));
    if view.assessment.status != SyncStatus::OutOfSync {
        return found;
    }
    if !view.forbidden.is_empty() {
        found.push(Obstacle::Forbidden { objects: view.forbidden.clone() });
    }
    if !view.windows.is_empty() {
        found.push(Obstacle::Closed { windows: view.windows.iter().map(|window| (*window).clone()).collect() });
    }
    found.extend(automation(view));
    found.extend(pruning(view));
    found.extend(refused(view));
    found
}

fn operation(view: &View<'_>) -> Option<Obstacle> {
    match view.app.status.operation_state.as_ref().filter(|state| !state.phase.is_completed()) {
        Some(state) if state.finished_at.is_some() && state.phase == OperationPhase::Running => {
            Some(retrying(state, view.since_last_ms))
        }
        Some(state) => Some(Obstacle::Running {
            message: state.message.clone(),
            started_at: state.started_at.clone(),
            terminating: state.phase == OperationPhase::Terminating,
        }),
        None => view.app.operation.is_some().then_some(Obstacle::NotBegun),
    }
}

fn retrying(state: &OperationState, since_last_ms: Option<i64>) -> Obstacle {
    let policy = &state.operation.retry;
    let wait = retry::delay(policy, state.retry_count - 1).unwrap_or_default();
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Obstacle::Retrying {
        attempt: state.retry_count,
        limit: policy.limit,
        in_ms: wait.saturating_sub(since_last_ms.unwrap_or(0)).max(0),
        message: state.message.clone(),
    }
}

fn automation(view: &View<'_>) -> Option<Obstacle> {
    match view.automation {
        AutoSync::Idle(Idle::Manual) => {
            let policy = view.app.spec.sync_policy.as_ref().and_then(|policy| policy.automated.as_ref());
            Some(Obstacle::Manual { paused: policy.is_some() })
        }
        AutoSync::Idle(Idle::Drifted) => Some(Obstacle::NoSelfHeal),
        AutoSync::HealLater { in_ms } => Some(Obstacle::HealLater { in_ms: *in_ms }),
        AutoSync::Refused(_) => Some(refusal(view)),
        AutoSync::Idle(_) | AutoSync::Start(_) => None,
    }
}

/// Automatic sync refuses for two reasons only.
fn refusal(view: &View<'_>) -> Obstacle {
    match view.app.status.operation_state.as_ref().filter(|state| state.phase.is_failure()) {
        Some(state) => {
            let result = state.sync_result.clone().unwrap_or_default();
            let revisions: Vec<String> = std::iter::once(result.revision).chain(result.revisions).collect();
            let revision = revisions.join(" ").trim().to_owned();
            Obstacle::Attempted { revision, message: state.message.clone() }
        }
        None => Obstacle::WouldEmpty,
    }
}

fn pruning(view: &View<'_>) -> Vec<Obstacle> {
    let rows = || view.assessment.resources.iter();
    let prunes = view.app.spec.automated().is_none_or(|automated| automated.prune);
    let key_of =
        |row: &ResourceStatus| ObjectKey::new(GroupKind::new(&row.group, &row.kind), &row.namespace, &row.name);
    let doomed: Vec<ObjectKey> = rows().filter(|row| row.requires_pruning).map(key_of).collect();
    let waiting: Vec<ObjectKey> =
        rows().filter(|row| row.requires_pruning && row.requires_deletion_confirmation).map(key_of).collect();
    let mut found = Vec::new();
    if !doomed.is_empty() {
        if !prunes {
            found.push(Obstacle::PruneOff { objects: doomed });
        } else if view.app.is_restored() {
            found.push(Obstacle::Restored { objects: doomed });
        }
    }
    if !waiting.is_empty() && view.app.annotation(names::DELETION_APPROVED).is_none() {
        found.push(Obstacle::Confirmation { objects: waiting });
    }
    found
}

/// Results of the last sync that failed, or that skipped a deletion, of objects which still differ.
fn refused(view: &View<'_>) -> Option<Obstacle> {
    let result = view.app.status.operation_state.as_ref()?.sync_result.as_ref()?;
    let differs = |key: &ObjectKey| view.pairs.iter().any(|pair| pair.key == *key && !pair.is_synced());
    let failed = result.resources.iter().filter(|result| {
        let failed = matches!(result.status, Some(ResultCode::SyncFailed | ResultCode::PruneSkipped));
        failed || result.hook_phase.is_some_and(OperationPhase::is_failure)
    });
    let objects: Vec<(ObjectKey, String)> = failed
        .map(|result| {
            let kind = GroupKind::new(&result.group, &result.kind);
            (result, ObjectKey::new(kind, &result.namespace, &result.name))
        })
        .filter(|(result, key)| result.hook_type.is_some() || differs(key))
        .map(|(result, key)| (key, result.message.clone()))
        .collect();
    (!objects.is_empty()).then_some(Obstacle::Refused { objects })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::automation::{HealBackoff, Situation, auto_sync};

    fn check(spec: Value, status: Value, row: Value) -> Vec<Obstacle> {
        check_app(json!({"metadata": {"name": "shop"}, "spec": spec, "status": status}), row)
    }

    fn check_app(app: Value, row: Value) -> Vec<Obstacle> {
        let app: Application = serde_json::from_value(app).unwrap();
        let assessment = Assessment {
            status: SyncStatus::OutOfSync,
            resources: vec![serde_json::from_value(row).unwrap()],
            ..Assessment::default()
        };
        let situation = Situation {
            assessment: &assessment,
            revision: "one",
            revisions: &[],
            since_last_ms: Some(1_000),
            heal: HealBackoff::default(),
        };
        let automation = auto_sync(&app, &situation);
        obstacles(&View {
            app: &app,
            assessment: &assessment,
            pairs: &[],
            automation: &automation,
            windows: Vec::new(),
            forbidden: Vec::new(),
            fault: None,
            since_last_ms: Some(1_000),
        })
    }

    fn changed() -> Value {
        json!({"kind": "ConfigMap", "name": "a", "status": "OutOfSync"})
    }

    fn ended(phase: &str) -> Value {
        json!({"operationState": {
            "phase": phase, "message": "said", "startedAt": "", "operation": {"sync": {"autoHealAttemptsCount": 2}},
            "syncResult": {"revision": "one", "source": {"repoURL": "r"}},
        }})
    }

    #[test]
    fn each_gate_of_automation_is_an_obstacle_of_its_own() {
        let source = json!({"repoURL": "r"});
        let with = |automated: Value| json!({"source": source, "syncPolicy": {"automated": automated}});
        assert_eq!(check(json!({}), json!({}), changed()), [Obstacle::Manual { paused: false }]);
        assert_eq!(check(with(json!({"enabled": false})), json!({}), changed()), [Obstacle::Manual { paused: true }]);
        assert_eq!(check(with(json!({})), ended("Succeeded"), changed()), [Obstacle::NoSelfHeal]);
        assert_eq!(
            check(with(json!({"selfHeal": true})), ended("Succeeded"), changed()),
            [Obstacle::HealLater { in_ms: 5_000 }]
        );
        let attempted = Obstacle::Attempted { revision: "one".into(), message: "said".into() };
        assert_eq!(check(with(json!({})), ended("Failed"), changed()), [attempted]);
    }

    #[test]
    fn what_is_not_pruned_is_named_and_so_is_what_waits_for_a_person() {
        let extra = json!({"kind": "ConfigMap", "name": "a", "status": "OutOfSync", "requiresPruning": true, "requiresDeletionConfirmation": true});
        let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), "", "a");
        let automated = |prune: bool| json!({"syncPolicy": {"automated": {"prune": prune}}});
        assert_eq!(
            check(automated(false), json!({}), extra.clone()),
            [Obstacle::PruneOff { objects: vec![key.clone()] }, Obstacle::Confirmation { objects: vec![key.clone()] }]
        );
        assert_eq!(
            check(automated(true), json!({}), extra),
            [Obstacle::WouldEmpty, Obstacle::Confirmation { objects: vec![key] }]
        );
    }

    #[test]
    fn what_a_restored_application_does_not_prune_waits_for_a_person() {
        let extra = json!({"kind": "ConfigMap", "name": "a", "status": "OutOfSync", "requiresPruning": true});
        let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), "", "a");
        let restored = json!({
            "metadata": {"name": "shop", "annotations": {names::RESTORED: "2026-05-01T12:00:00Z"}},
            "spec": {"syncPolicy": {"automated": {"prune": true}}},
        });
        assert_eq!(check_app(restored, extra), [Obstacle::Restored { objects: vec![key] }]);
    }

    #[test]
    fn a_retry_says_when_it_comes() {
        let waiting = json!({"operationState": {
            "phase": "Running", "message": "said", "startedAt": "", "finishedAt": "", "retryCount": 2,
            "operation": {"retry": {"limit": 5, "backoff": {"duration": "5s", "factor": 2}}},
        }});
        let found = check(json!({}), waiting, changed());
        assert_eq!(found[0], Obstacle::Retrying { attempt: 2, limit: 5, in_ms: 9_000, message: "said".into() });
    }
}
