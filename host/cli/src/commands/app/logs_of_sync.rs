//! `windlass app logs-of-sync NAME`: what the last or present operation did, resource by resource.

use serde_json::json;
use windlass_model::{
    Application,
    application::{OperationState, ResourceResult},
};

use super::{
    history::by,
    store::Applications,
    view::{Columns, document, labelled, short},
};
use crate::{args::app::HistoryArgs, exit::Exit, output::print};

pub async fn run(args: HistoryArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.app.place).await?;
    let found = applications.get(&args.app.name).await?;
    let state = json!(found.app.status.operation_state);
    print(&document(args.format.output, &state, || text(&found.app)));
    Ok(Exit::Done)
}

/// The operation, and one row for each thing that it did.
pub fn text(app: &Application) -> String {
    match &app.status.operation_state {
        Some(state) => format!("{}\n{}", heading(app, state), rows(state)),
        None if app.operation.is_some() => format!("the operation of {} has not begun\n", app.metadata.name),
        None => format!("{} has not been synced yet\n", app.metadata.name),
    }
}

fn heading(app: &Application, state: &OperationState) -> String {
    let sync = state.operation.sync.clone().unwrap_or_default();
    let result = state.sync_result.clone().unwrap_or_default();
    let revisions: Vec<&str> =
        std::iter::once(&result.revision).chain(&result.revisions).map(|text| short(text)).collect();
    let flags = [
        (sync.prune, "prune"),
        (sync.dry_run, "dry run"),
        (sync.sync_strategy.is_some_and(|strategy| strategy.force()), "force"),
        (!sync.resources.is_empty(), "selected resources only"),
    ];
    let flags: Vec<&str> = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
    let retries = if state.retry_count > 0 { format!("attempt {} failed", state.retry_count) } else { String::new() };
    labelled(&[
        ("Application", app.full_name()),
        ("Phase", format!("{:?}", state.phase)),
        ("Message", state.message.clone()),
        ("Revision", revisions.join(" ").trim().to_owned()),
        ("With", flags.join(", ")),
        ("By", by(&state.operation.initiated_by)),
        ("Started", state.started_at.clone()),
        ("Finished", state.finished_at.clone().unwrap_or_default()),
        ("Retries", retries),
    ])
}

fn rows(state: &OperationState) -> String {
    let mut columns = Columns::new(&["PHASE", "KIND", "NAMESPACE", "NAME", "RESULT", "MESSAGE"]);
    for result in state.sync_result.iter().flat_map(|result| &result.resources) {
        columns.push([
            result.sync_phase.map(|phase| format!("{phase:?}")).unwrap_or_default(),
            result.kind.clone(),
            result.namespace.clone(),
            result.name.clone(),
            outcome(result),
            result.message.clone(),
        ]);
    }
    if columns.is_empty() { "nothing was done yet\n".into() } else { columns.text() }
}

/// A hook's phase counts, for what was applied may still have failed.
fn outcome(result: &ResourceResult) -> String {
    match (result.hook_type, result.hook_phase, result.status) {
        (Some(_), Some(phase), _) => format!("hook {phase:?}"),
        (_, _, Some(status)) => format!("{status:?}"),
        (_, Some(phase), None) => format!("{phase:?}"),
        (_, None, None) => String::new(),
    }
}
