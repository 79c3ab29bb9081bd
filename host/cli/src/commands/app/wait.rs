//! `windlass app wait NAME…`: until applications are where they should be, or the time is up.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;
use windlass_model::{
    Application, HealthStatus,
    application::{OperationPhase, ResourceStatus, SyncStatus},
};

use super::{
    filter,
    store::{Applications, Found},
    view::short,
};
use crate::{
    args::app::WaitArgs,
    exit::Exit,
    output::{complain, print},
};

/// How many resources a complaint names.
const NAMED: usize = 3;

/// What is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goals {
    pub sync: bool,
    pub health: bool,
    pub operation: bool,
    pub deleted: bool,
}

impl Goals {
    fn of(args: &WaitArgs) -> Self {
        let said = Self { sync: args.sync, health: args.health, operation: args.operation, deleted: args.deleted };
        if said == Self::default() { Self { sync: true, health: true, operation: true, deleted: false } } else { said }
    }
}

/// How a wait has ended.
pub struct Waited {
    /// The applications that are where they should be; those that were to go are not among them.
    pub there: Vec<Found>,
    /// What the others lack, by name.
    pub missing: Vec<(String, String)>,
}

pub async fn run(args: WaitArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.apps.place).await?;
    let goals = Goals::of(&args);
    let chosen = match filter::chosen(&applications, &args.apps).await {
        Ok(chosen) => chosen,
        Err(_) if goals.deleted && are_gone(&applications, &args.apps.names).await? => return Ok(Exit::Done),
        Err(error) => return Err(error),
    };
    let waited = until(&applications, &chosen, goals, args.timeout).await?;
    print(&super::get::summary(&waited.there));
    for (name, missing) in &waited.missing {
        complain(&format!("{name}: {missing} after {} s", args.timeout.as_secs()));
    }
    Ok(if waited.missing.is_empty() { Exit::Done } else { Exit::Different })
}

async fn are_gone(applications: &Applications, names: &[String]) -> anyhow::Result<bool> {
    for name in names {
        if applications.try_get(name).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(!names.is_empty())
}

/// Waits until nothing is missing from any of the applications, or the time is up.
pub async fn until(
    applications: &Applications,
    chosen: &[Found],
    goals: Goals,
    timeout: Duration,
) -> anyhow::Result<Waited> {
    let deadline = Instant::now() + timeout;
    let mut following = applications.follow(None);
    let mut last: Option<BTreeMap<String, Found>> = None;
    loop {
        let held = tokio::select! {
            held = following.next() => held?,
            () = tokio::time::sleep_until(deadline) => {
                return Ok(judged(chosen, last.as_ref().unwrap_or(&BTreeMap::new()), goals));
            }
        };
        let waited = judged(chosen, held, goals);
        if waited.missing.is_empty() {
            return Ok(waited);
        }
        last = Some(held.clone());
    }
}

fn judged(chosen: &[Found], held: &BTreeMap<String, Found>, goals: Goals) -> Waited {
    let mut waited = Waited { there: Vec::new(), missing: Vec::new() };
    for wanted in chosen {
        // One of the same name that was created since is another application.
        let now = held.get(&wanted.app.full_name()).filter(|now| now.app.metadata.uid == wanted.app.metadata.uid);
        match (missing(now.map(|found| &found.app), goals), now) {
            (Some(missing), _) => waited.missing.push((wanted.app.metadata.name.clone(), missing)),
            (None, now) => waited.there.extend(now.cloned()),
        }
    }
    waited
}

/// What an application lacks; `None` when it is where it should be.
fn missing(app: Option<&Application>, goals: Goals) -> Option<String> {
    let Some(app) = app else { return (!goals.deleted).then(|| "it was deleted".into()) };
    if goals.deleted {
        return Some(undeleted(app));
    }
    let lacks = [
        goals.operation.then(|| running(app)).flatten(),
        goals.sync.then(|| out_of_sync(app)).flatten(),
        goals.health.then(|| unhealthy(app)).flatten(),
    ];
    let lacks: Vec<String> = lacks.into_iter().flatten().collect();
    (!lacks.is_empty()).then(|| lacks.join("; "))
}

fn undeleted(app: &Application) -> String {
    if app.is_deleting() {
        format!("still being deleted, waits for {}", app.metadata.finalizers.join(", "))
    } else {
        "nobody has deleted it".into()
    }
}

fn running(app: &Application) -> Option<String> {
    let state = app.status.operation_state.as_ref();
    match state.filter(|state| !state.phase.is_completed()) {
        Some(state) if state.phase == OperationPhase::Terminating => Some("its operation is being ended".into()),
        Some(state) => Some(format!("its operation is still running: {}", state.message)),
        None => app.operation.is_some().then(|| "its operation has not begun: is a controller running?".into()),
    }
}

fn out_of_sync(app: &Application) -> Option<String> {
    let sync = app.status.sync.clone().unwrap_or_default();
    if sync.status == SyncStatus::Synced {
        return None;
    }
    let rows = app.status.resources.iter().filter(|row| row.status == Some(SyncStatus::OutOfSync));
    let errors = app.status.conditions.iter().filter(|condition| condition.kind.is_error());
    let error = errors.map(|condition| condition.message.clone()).next();
    let what = error.or_else(|| named(rows)).unwrap_or_else(|| format!("at {}", short(&sync.revision)));
    Some(format!("{} ({what})", sync.status.as_str()))
}

fn unhealthy(app: &Application) -> Option<String> {
    let health = app.status.health.as_ref().map_or(HealthStatus::Unknown, |health| health.status);
    if health == HealthStatus::Healthy {
        return None;
    }
    let is_ill =
        |row: &&ResourceStatus| row.health.as_ref().is_some_and(|health| health.status != HealthStatus::Healthy);
    let what = named(app.status.resources.iter().filter(is_ill)).map(|names| format!(" ({names})"));
    Some(format!("{}{}", health.as_str(), what.unwrap_or_default()))
}

/// The first of these resources by name, and how many more there are.
fn named<'a>(rows: impl Iterator<Item = &'a ResourceStatus>) -> Option<String> {
    let names: Vec<String> = rows.map(|row| format!("{} {}", row.kind, row.name)).collect();
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    (!names.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ALL: Goals = Goals { sync: true, health: true, operation: true, deleted: false };

    fn lacks(status: Value, goals: Goals) -> Option<String> {
        let app = json!({"metadata": {"name": "shop"}, "status": status});
        missing(Some(&serde_json::from_value(app).unwrap()), goals)
    }

    #[test]
    fn an_application_that_is_there_lacks_nothing() {
        let status = json!({
            "sync": {"status": "Synced"}, "health": {"status": "Healthy"},
            "operationState": {"phase": "Succeeded", "message": "done", "startedAt": ""},
        });
        assert_eq!(lacks(status, ALL), None);
    }

    #[test]
    fn each_lack_is_named_with_its_resources() {
        let rows: Vec<Value> = ["a", "b", "c", "d"]
            .iter()
            .map(|name| json!({"kind": "ConfigMap", "name": name, "status": "OutOfSync", "health": {"status": "Degraded"}}))
            .collect();
        let status = json!({
            "sync": {"status": "OutOfSync"}, "health": {"status": "Degraded"}, "resources": rows,
            "operationState": {"phase": "Running", "message": "waiting for hooks", "startedAt": ""},
        });
        assert_eq!(
            lacks(status, ALL).unwrap(),
            "its operation is still running: waiting for hooks; \
             OutOfSync (ConfigMap a, ConfigMap b, ConfigMap c and 1 more); \
             Degraded (ConfigMap a, ConfigMap b, ConfigMap c and 1 more)"
        );
    }

    #[test]
    fn an_error_is_said_rather_than_its_consequence() {
        let status = json!({
            "sync": {"status": "Unknown"}, "health": {"status": "Healthy"},
            "conditions": [{"type": "ComparisonError", "message": "web: app path does not exist"}],
        });
        assert_eq!(lacks(status, ALL).unwrap(), "Unknown (web: app path does not exist)");
    }

    #[test]
    fn one_that_is_to_go_is_missed_when_it_is_there_and_not_when_it_is_gone() {
        let gone = Goals { deleted: true, ..Goals::default() };
        assert_eq!(missing(None, gone), None);
        assert_eq!(missing(None, ALL).unwrap(), "it was deleted");
        assert_eq!(lacks(json!({}), gone).unwrap(), "nobody has deleted it");
    }
}
