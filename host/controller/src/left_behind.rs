//! Objects of a deleted application that nobody can reach any more: how long it waits for its cluster to come back,
//! and what is told of them. Pure but for the clock.

use std::time::Duration;

use windlass_cluster::Note;
use windlass_model::Application;
use windlass_pipeline::Problem;

use crate::clock;

/// Objects that are named in the event; the log line names all.
const NAMED: usize = 10;

/// How long to wait before the application is let go; `None` when it has waited long enough. The time at which its
/// status first said so counts, so a restart does not begin anew.
pub(crate) fn wait(app: &Application, problem: &Problem, grace: Duration) -> Option<Duration> {
    let told = app.status.conditions.iter().find(|known| known.message == problem.message);
    let since = told.and_then(|known| clock::parse(known.last_transition_time.as_deref()?));
    let elapsed = since.map_or(0, |since| (clock::now_ms() - since).max(0));
    let left = grace.saturating_sub(Duration::from_millis(elapsed.unsigned_abs()));
    (!left.is_zero()).then_some(left)
}

/// What the application's status says that it has made.
pub(crate) fn of(app: &Application) -> Vec<String> {
    let rows = app.status.resources.iter().filter(|row| !row.hook);
    rows.map(|row| {
        let kind = if row.group.is_empty() { row.kind.clone() } else { format!("{}.{}", row.kind, row.group) };
        if row.namespace.is_empty() {
            format!("{kind} {}", row.name)
        } else {
            format!("{kind} {}/{}", row.namespace, row.name)
        }
    })
    .collect()
}

/// The event about it.
pub(crate) fn note(app: &Application, problem: &Problem, left: &[String]) -> Note {
    let more = left.len().saturating_sub(NAMED);
    let mut names = left[..left.len() - more].join(", ");
    if more > 0 {
        names.push_str(&format!(" and {more} more"));
    }
    Note {
        namespace: app.metadata.namespace.clone(),
        name: app.metadata.name.clone(),
        uid: app.metadata.uid.clone(),
        reason: "ResourcesLeftBehind",
        message: format!("deleted without its objects, for {problem}. Left behind: {names}"),
        at: clock::now_text(),
    }
}
