//! What keeps an application from syncing, in words, and the way around each.

use jiff::Timestamp;
use windlass_engine::Obstacle;
use windlass_model::{Application, ObjectKey, application::ConditionType, names, project::SyncWindow};

use super::{Finding, Subject};
use crate::commands::app::{filter::project_of, view::age};

/// Objects that are named in one sentence.
const NAMED: usize = 5;

/// What an obstacle means, and the way around it.
pub fn of_obstacle(obstacle: &Obstacle, app: &Application, now: Timestamp) -> Finding {
    let name = &app.metadata.name;
    let (what, remedy) = match obstacle {
        Obstacle::Fault { kind, message } => (format!("{kind:?}: {message}"), fault_remedy(*kind).into()),
        Obstacle::Closed { windows } => closed(windows, app),
        Obstacle::Skipped
        | Obstacle::Deleting { .. }
        | Obstacle::NotBegun
        | Obstacle::Running { .. }
        | Obstacle::Retrying { .. } => of_operation(obstacle, app, now),
        Obstacle::Manual { .. }
        | Obstacle::Attempted { .. }
        | Obstacle::NoSelfHeal
        | Obstacle::HealLater { .. }
        | Obstacle::WouldEmpty => of_policy(obstacle, name),
        Obstacle::PruneOff { .. }
        | Obstacle::Restored { .. }
        | Obstacle::Confirmation { .. }
        | Obstacle::Forbidden { .. }
        | Obstacle::Refused { .. } => of_objects(obstacle, app),
    };
    Finding { facts: facts(obstacle), ..Finding::new(Subject::Obstacle, what, remedy) }
}

/// A line for each object that has a reason of its own.
fn facts(obstacle: &Obstacle) -> Vec<String> {
    match obstacle {
        Obstacle::Forbidden { objects } | Obstacle::Refused { objects } => {
            objects.iter().map(|(key, reason)| format!("{key}: {reason}")).collect()
        }
        _ => Vec::new(),
    }
}

fn of_operation(obstacle: &Obstacle, app: &Application, now: Timestamp) -> (String, String) {
    let name = &app.metadata.name;
    match obstacle {
        Obstacle::Skipped => (
            format!("nobody looks at it: it is annotated {}: \"true\"", names::SKIP_RECONCILE),
            format!("kubectl annotate application {name} {}-", names::SKIP_RECONCILE),
        ),
        Obstacle::Deleting { finalizers } => (
            format!("it is being deleted, and waits for {}", finalizers.join(", ")),
            "its objects go first; one that does not go holds it up".into(),
        ),
        Obstacle::Running { message, started_at, terminating } => {
            let doing = if *terminating { "being ended" } else { "running" };
            (
                format!("an operation is {doing}, since {}: {message}", age(started_at, now)),
                format!(
                    "wait, or `windlass app terminate {name}`; `windlass app logs-of-sync {name}` says how far it is"
                ),
            )
        }
        Obstacle::Retrying { attempt, limit, in_ms, message } => {
            let of = if *limit < 0 { "without end".to_owned() } else { format!("of {limit}") };
            (
                format!("attempt {attempt} {of} failed, and the next comes in {} s: {message}", seconds(*in_ms)),
                format!(
                    "mend the cause; the retries go on with the same revision until `windlass app terminate {name}`"
                ),
            )
        }
        _ => (
            "an operation is asked for, and no controller has begun it".into(),
            format!("check that a controller runs for namespace {}", app.metadata.namespace),
        ),
    }
}

fn of_policy(obstacle: &Obstacle, name: &str) -> (String, String) {
    match obstacle {
        Obstacle::Manual { paused } => (
            match paused {
                true => "automatic sync is switched off (spec.syncPolicy.automated.enabled: false)".into(),
                false => "it does not sync by itself".into(),
            },
            format!("`windlass app sync {name}`, or `windlass app set {name} --sync-policy automated`"),
        ),
        Obstacle::Attempted { revision, message } => (
            format!("revision {revision} was tried and failed, and is not tried again: {message}"),
            format!("mend the cause and commit, or `windlass app sync {name}` to try the same revision again"),
        ),
        Obstacle::NoSelfHeal => (
            "this revision was applied already; what differs came afterwards, and self-heal is off".into(),
            format!("`windlass app sync {name}`, or `windlass app set {name} --self-heal`"),
        ),
        Obstacle::HealLater { in_ms } => (
            format!("it was healed a moment ago; the next time is in {} s", seconds(*in_ms)),
            "wait; where the same field comes back each time, two controllers fight over it: see who sets it above"
                .into(),
        ),
        _ => (
            "a sync would delete everything, which automatic sync does not do".into(),
            format!(
                "if Git is empty on purpose: `windlass app set {name} --allow-empty`, or `windlass app sync {name} --prune`"
            ),
        ),
    }
}

fn of_objects(obstacle: &Obstacle, app: &Application) -> (String, String) {
    let name = &app.metadata.name;
    match obstacle {
        Obstacle::PruneOff { objects } => (
            format!("automatic sync does not delete what is no longer in Git: {}", named(objects)),
            format!("`windlass app sync {name} --prune`, or `windlass app set {name} --auto-prune`"),
        ),
        Obstacle::Restored { objects } => (
            format!(
                "it was read back from a backup, and does not delete by itself what Git does not have: {}",
                named(objects)
            ),
            format!(
                "`windlass app sync {name} --prune`, or to keep them: commit them; kubectl -n {} annotate application \
                 {name} {}- lets automatic sync delete again",
                app.metadata.namespace,
                names::RESTORED
            ),
        ),
        Obstacle::Confirmation { objects } => (
            format!("a person has to agree to the deletion of {}", named(objects)),
            format!(
                "kubectl -n {} annotate application {name} --overwrite {}=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
                app.metadata.namespace,
                names::DELETION_APPROVED
            ),
        ),
        Obstacle::Forbidden { objects } => (
            format!("project {} forbids {}", project_of(app), named(objects.iter().map(|(key, _)| key))),
            "allow it in the project, or take it out of the application".into(),
        ),
        _ => ("the last sync could not do everything".into(), "mend what these say".into()),
    }
}

fn closed(windows: &[SyncWindow], app: &Application) -> (String, String) {
    let text = |window: &SyncWindow| format!("{} {} for {}", window.kind, window.schedule, window.duration);
    let texts: Vec<String> = windows.iter().map(text).collect();
    let remedy = if windows.iter().all(|window| window.manual_sync) {
        format!("wait, or `windlass app sync {}`: the window lets manual syncs through", app.metadata.name)
    } else {
        "wait for the window, or change it in the project".into()
    };
    (format!("sync windows of project {} are in the way: {}", project_of(app), texts.join("; ")), remedy)
}

fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

fn named<'a>(objects: impl IntoIterator<Item = &'a ObjectKey>) -> String {
    let names: Vec<String> = objects.into_iter().map(ToString::to_string).collect();
    let more = names.len().saturating_sub(NAMED);
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn fault_remedy(kind: ConditionType) -> &'static str {
    match kind {
        ConditionType::InvalidSpecError => "mend the Application's spec, or what it refers to",
        ConditionType::ComparisonError => {
            "mend the repository, or how it is reached; nothing is synced or pruned until then"
        }
        _ => "mend the cause",
    }
}
