//! Starting an operation and seeing it end: what `sync` and `rollback` have in common.

use std::time::Duration;

use anyhow::bail;
use serde_json::json;
use windlass_model::{
    Application,
    application::{InitiatedBy, Operation, OperationPhase},
};

use super::{
    logs_of_sync,
    store::{Applications, Found},
    wait,
};
use crate::{
    args::app::PatienceArgs,
    exit::Exit,
    output::{complain, print, tell},
};

/// Who is at the keyboard, for the record; the API server checks who may.
pub fn initiated_by() -> InitiatedBy {
    InitiatedBy { username: std::env::var("USER").unwrap_or_default(), automated: false }
}

/// Why no operation can be started now.
pub fn obstacle(app: &Application) -> Option<String> {
    let running = app.status.operation_state.as_ref().filter(|state| !state.phase.is_completed());
    let under_way = app.operation.is_some() || running.is_some();
    if app.is_deleting() {
        Some("it is being deleted".into())
    } else if under_way {
        let message = running.map(|state| format!(" ({})", state.message)).unwrap_or_default();
        Some(format!(
            "another operation is in progress{message}: wait for it, or `windlass app terminate {}`",
            app.metadata.name
        ))
    } else {
        None
    }
}

/// Writes an operation that is decided from the application as it is.
pub async fn start(
    applications: &Applications,
    name: &str,
    plan: impl Fn(&Application) -> anyhow::Result<Operation>,
) -> anyhow::Result<Found> {
    applications
        .change(name, |found| {
            if let Some(obstacle) = obstacle(&found.app) {
                bail!("application {name}: {obstacle}");
            }
            let mut object = found.object.clone();
            object["operation"] = json!(plan(&found.app)?);
            Ok(object)
        })
        .await
}

/// Waits for the end of the operations that were started, if that is wanted, and says how they ended.
pub async fn see_through(
    applications: &Applications,
    started: Vec<Found>,
    patience: &PatienceArgs,
) -> anyhow::Result<Exit> {
    let names: Vec<String> = started.iter().map(|found| found.app.metadata.name.clone()).collect();
    for name in &names {
        tell(&format!("application {name}: sync requested"));
    }
    if !patience.wait {
        return Ok(Exit::Done);
    }
    let ended = until_ended(applications, &started, patience.timeout).await?;
    let failed = ended.iter().filter(|found| !has_succeeded(&found.app));
    for found in &ended {
        print(&logs_of_sync::text(&found.app));
    }
    let exit = if failed.count() == 0 && ended.len() == names.len() { Exit::Done } else { Exit::Different };
    Ok(exit)
}

async fn until_ended(applications: &Applications, started: &[Found], timeout: Duration) -> anyhow::Result<Vec<Found>> {
    let goals = wait::Goals { operation: true, ..wait::Goals::default() };
    let waited = wait::until(applications, started, goals, timeout).await?;
    for (name, missing) in &waited.missing {
        complain(&format!("{name}: {missing} after {} s", timeout.as_secs()));
    }
    Ok(waited.there)
}

fn has_succeeded(app: &Application) -> bool {
    app.status.operation_state.as_ref().is_some_and(|state| state.phase == OperationPhase::Succeeded)
}
