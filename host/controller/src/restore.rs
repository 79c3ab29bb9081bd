//! Applications that were read back from a backup: made anew, with the status and `operation` of another life. No old
//! operation goes on in them, and they prune nothing unasked. Pure.

use windlass_cluster::Note;
use windlass_model::{
    Application,
    application::{Condition, ConditionType, OperationPhase, OperationState, Status},
    names,
};
use windlass_pipeline::Reconciled;

use crate::{clock, status::RestoredMark};

/// Objects that are named in the condition.
const NAMED: usize = 5;

/// Whether an Application has come back, and nobody has looked at it since.
///
/// Nothing that is written of an Application can be older than itself: `status::patch` dates no status before the
/// creation, whatever the clocks say. A backup that leaves the status out is known by the label of its tool, or by an
/// automated operation, which is never written without a status.
pub(crate) fn is_news(app: &Application) -> bool {
    let Some(created) = app.metadata.creation_timestamp.as_deref().and_then(clock::parse) else { return false };
    match last_word(&app.status) {
        Some(said) => said < created,
        None => app.metadata.labels.contains_key(names::VELERO_RESTORE) || is_left_over(app),
    }
}

/// When the status was written.
fn last_word(status: &Status) -> Option<i64> {
    let reconciled = status.reconciled_at.as_deref().and_then(clock::parse);
    let begun = || clock::parse(&status.operation_state.as_ref()?.started_at);
    let deployed = || clock::parse(&status.history.last()?.deployed_at);
    reconciled.or_else(begun).or_else(deployed)
}

fn is_left_over(app: &Application) -> bool {
    app.operation.as_ref().is_some_and(|operation| operation.initiated_by.automated)
}

/// The event about it.
pub(crate) fn note(app: &Application) -> Note {
    let unfinished = app.status.operation_state.as_ref().is_some_and(|state| !state.phase.is_completed());
    let dropped = if app.operation.is_some() || unfinished { "Its unfinished operation is dropped. " } else { "" };
    Note {
        namespace: app.metadata.namespace.clone(),
        name: app.metadata.name.clone(),
        uid: app.metadata.uid.clone(),
        reason: "Restored",
        message: format!("read back from a backup. {dropped}It prunes nothing by itself {}", until(app)),
        at: clock::now_text(),
    }
}

/// What a restored application keeps although Git does not have it and its policy would prune it.
pub(crate) fn kept(app: &Application, state: &Reconciled) -> Option<Condition> {
    let prunes = app.spec.automated().is_some_and(|automated| automated.prune);
    if !prunes || !app.is_restored() {
        return None;
    }
    let doomed: Vec<String> = state.assessment.resources.iter().filter(|row| row.requires_pruning).map(row).collect();
    let more = doomed.len().saturating_sub(NAMED);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    let named = doomed.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let message = format!(
        "The application was read back from a backup. What Git does not have is kept {}: {named}{rest}",
        until(app)
    );
    (!doomed.is_empty()).then(|| Condition::new(ConditionType::RestoredWarning, message))
}

fn row(row: &windlass_model::application::ResourceStatus) -> String {
    format!("{} {}", row.kind, row.name)
}

fn until(app: &Application) -> String {
    format!(
        "until somebody syncs it with prune (windlass app sync {} --prune) or removes its annotation {}",
        app.metadata.name,
        names::RESTORED
    )
}

/// Whether an operation was a person's word that this application may prune again.
pub(crate) fn releases(app: &Application, ended: &OperationState) -> RestoredMark {
    let sync = ended.operation.sync.as_ref();
    let is_whole = sync.is_some_and(|sync| sync.prune && !sync.dry_run && sync.resources.is_empty());
    let is_asked = !ended.operation.initiated_by.automated && ended.phase == OperationPhase::Succeeded;
    if app.is_restored() && is_whole && is_asked { RestoredMark::Clear } else { RestoredMark::Keep }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn application(labels: Value, operation: Value, status: Value) -> Application {
        let app = json!({
            "metadata": {"name": "shop", "creationTimestamp": "2026-05-01T12:00:00Z", "labels": labels},
            "operation": operation, "status": status,
        });
        serde_json::from_value(app).unwrap()
    }

    fn is_news_with(status: Value) -> bool {
        is_news(&application(json!({}), Value::Null, status))
    }

    #[test]
    fn what_was_written_before_the_application_was_made_is_of_another_life() {
        let (before, after) = ("2026-05-01T11:59:59Z", "2026-05-01T12:00:00Z");
        assert!(is_news_with(json!({"reconciledAt": before})));
        assert!(!is_news_with(json!({"reconciledAt": after})));
        assert!(is_news_with(json!({"operationState": {"startedAt": before}})));
        assert!(is_news_with(json!({"history": [{"deployedAt": before}]})));
        // The look at a restored application is its last word, whatever it has kept from before.
        let looked_at = json!({"reconciledAt": after, "history": [{"deployedAt": before}]});
        assert!(!is_news_with(looked_at));
    }

    #[test]
    fn without_a_status_the_label_of_the_tool_or_an_automated_operation_tells() {
        let velero = json!({"velero.io/restore-name": "monday"});
        assert!(is_news(&application(velero.clone(), Value::Null, json!({}))));
        assert!(!is_news(&application(velero, Value::Null, json!({"reconciledAt": "2026-05-01T12:00:01Z"}))));
        let automated = json!({"sync": {}, "initiatedBy": {"automated": true}});
        assert!(is_news(&application(json!({}), automated, json!({}))));
        // Whoever makes an application may ask for its first sync.
        let asked = json!({"sync": {}, "initiatedBy": {"username": "gardener"}});
        assert!(!is_news(&application(json!({}), asked, json!({}))));
        assert!(!is_news_with(json!({})));
    }

    #[test]
    fn only_a_whole_sync_with_prune_that_a_person_asked_for_lets_it_prune_again() {
        let released = |operation: Value| {
            let mut app = application(json!({}), Value::Null, json!({}));
            app.metadata.annotations.insert(names::RESTORED.into(), "2026-05-01T12:00:00Z".into());
            let ended = json!({"operation": operation, "phase": "Succeeded", "startedAt": ""});
            releases(&app, &serde_json::from_value(ended).unwrap()) == RestoredMark::Clear
        };
        assert!(released(json!({"sync": {"prune": true}})));
        assert!(!released(json!({"sync": {}})));
        assert!(!released(json!({"sync": {"prune": true, "dryRun": true}})));
        assert!(!released(json!({"sync": {"prune": true, "resources": [{"kind": "ConfigMap", "name": "a"}]}})));
        assert!(!released(json!({"sync": {"prune": true}, "initiatedBy": {"automated": true}})));
    }
}
