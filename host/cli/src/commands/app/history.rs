//! `windlass app history NAME`.

use jiff::Timestamp;
use serde_json::json;
use windlass_model::application::{HistoryEntry, InitiatedBy};

use super::{
    store::Applications,
    view::{Columns, age, document, short},
};
use crate::{args::app::HistoryArgs, exit::Exit, output::print};

pub async fn run(args: HistoryArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.app.place).await?;
    let found = applications.get(&args.app.name).await?;
    let history = &found.app.status.history;
    print(&document(args.format.output, &json!(history), || table(history, Timestamp::now())));
    Ok(Exit::Done)
}

fn table(history: &[HistoryEntry], now: Timestamp) -> String {
    if history.is_empty() {
        return "nothing has been deployed yet\n".into();
    }
    let mut columns = Columns::new(&["ID", "DEPLOYED", "AGE", "REVISION", "BY", "SOURCE"]);
    for entry in history {
        let revisions: Vec<&str> =
            std::iter::once(&entry.revision).chain(&entry.revisions).map(|text| short(text)).collect();
        let sources = entry.source.iter().chain(&entry.sources);
        let places: Vec<String> =
            sources.map(|source| format!("{} {}", source.repo_url, source.path).trim().to_owned()).collect();
        columns.push([
            entry.id.to_string(),
            entry.deployed_at.clone(),
            age(&entry.deployed_at, now),
            revisions.join(" ").trim().to_owned(),
            by(&entry.initiated_by),
            places.join(", "),
        ]);
    }
    columns.text()
}

/// Who has started an operation.
pub fn by(initiated_by: &InitiatedBy) -> String {
    match (initiated_by.automated, initiated_by.username.as_str()) {
        (true, _) => "automated".into(),
        (false, "") => "unknown".into(),
        (false, name) => name.into(),
    }
}
