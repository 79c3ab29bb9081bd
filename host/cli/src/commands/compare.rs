//! `windlass compare`: where our verdict differs from the one that an application's status holds.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use windlass_controller::{Disagreement, Observation, Observer, Row, disagreements};
use windlass_model::{Application, application::SyncStatus};
use windlass_source::Freshness;

use super::{
    app::{survey::Survey, view::document},
    connect,
};
use crate::{
    args::CompareArgs,
    exit::Exit,
    output::{harmless, print},
};

/// How long an observer collects changes before it looks again.
const COLLECT: Duration = Duration::from_secs(1);
/// How old an observer lets an answer about a branch become; Argo CD looks as often.
const REPOSITORIES: Duration = Duration::from_secs(120);

/// One application's comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub application: String,
    pub differences: Vec<String>,
    /// What a sync by us would apply and delete.
    pub would_apply: Vec<String>,
    pub would_prune: Vec<String>,
}

pub async fn run(args: CompareArgs) -> anyhow::Result<Exit> {
    let client = connect::client(&args.place.cluster).await?;
    let survey = Survey::connect(client, &args.place, &args.sources).await?;
    let observer = survey.observer();
    let mut compared = Vec::new();
    for app in chosen(observer, &args)? {
        let observation = observer.observe(&app, None, Freshness::now()).await;
        compared.push(comparison(&observation));
    }
    let agree = compared.iter().filter(|comparison| comparison.differences.is_empty()).count();
    let text = || {
        let differing = compared.iter().filter(|comparison| !comparison.differences.is_empty());
        let texts: String = differing.map(Comparison::text).collect();
        format!("{texts}{agree} of {} applications agree\n", compared.len())
    };
    print(&document(args.format.output, &json!({"applications": compared}), text));
    Ok(if agree == compared.len() { Exit::Done } else { Exit::Different })
}

fn chosen(observer: &Observer, args: &CompareArgs) -> anyhow::Result<Vec<Arc<Application>>> {
    if args.names.is_empty() {
        return Ok(observer.applications());
    }
    let mut found = Vec::new();
    for name in &args.names {
        match observer.application(name) {
            Some(app) => found.push(app),
            None => bail!("there is no application {name} in namespace {}", args.place.namespace),
        }
    }
    Ok(found)
}

/// Compares again whenever something has changed, and prints what is new; ends when interrupted.
pub async fn observe(observer: &Observer) -> anyhow::Result<Exit> {
    let mut shown: BTreeMap<String, Comparison> = BTreeMap::new();
    loop {
        let mut now = BTreeMap::new();
        for app in observer.applications() {
            let observation = observer.observe(&app, None, Freshness::within(REPOSITORIES)).await;
            let compared = comparison(&observation);
            if shown.get(&compared.application) != Some(&compared) {
                print(&compared.text());
            }
            now.insert(compared.application.clone(), compared);
        }
        shown = now;
        tokio::select! {
            () = observer.changed() => tokio::time::sleep(COLLECT).await,
            () = tokio::time::sleep(REPOSITORIES) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
        }
    }
}

fn comparison(observation: &Observation) -> Comparison {
    let app = &observation.app;
    let state = &observation.state;
    let looked_at = app.status.sync.is_some();
    let mut differences: Vec<String> = Vec::new();
    if looked_at {
        differences.extend(disagreements(&app.status, &observation.status).iter().map(told));
    } else {
        differences.push("nobody has looked at it yet: its status is empty".into());
    }
    let keys = |test: &dyn Fn(&windlass_engine::Pair) -> bool| {
        state.pairs.iter().filter(|pair| test(pair)).map(|pair| pair.key.to_string()).collect()
    };
    Comparison {
        application: app.full_name(),
        differences,
        would_apply: keys(&|pair| {
            pair.target.as_ref().is_some_and(|target| !target.hooks.is_skipped()) && !pair.is_synced()
        }),
        would_prune: keys(&|pair| pair.target.is_none() && pair.live.is_some() && pair.is_ours),
    }
}

fn told(disagreement: &Disagreement) -> String {
    match disagreement {
        Disagreement::Sync { theirs, ours } => {
            format!("sync: status says {}, Windlass {}", theirs.as_str(), ours.as_str())
        }
        Disagreement::Health { theirs, ours } => {
            format!("health: status says {}, Windlass {}", theirs.as_str(), ours.as_str())
        }
        Disagreement::Revision { theirs, ours } => format!("revision: status says {theirs}, Windlass {ours}"),
        Disagreement::Resource { key, theirs, ours } => {
            format!("{key}: status says {}, Windlass {}", row(*theirs), row(*ours))
        }
        Disagreement::Error { message } => format!("Windlass has an error: {message}"),
    }
}

fn row(row: Option<Row>) -> &'static str {
    match row {
        None => "nothing of it",
        Some(Row { requires_pruning: true, .. }) => "to be pruned",
        Some(Row { status: None, .. }) => "not compared",
        Some(Row { status: Some(SyncStatus::Synced), .. }) => "Synced",
        Some(Row { status: Some(SyncStatus::OutOfSync), .. }) => "OutOfSync",
        Some(Row { status: Some(SyncStatus::Unknown), .. }) => "Unknown",
    }
}

impl Comparison {
    fn text(&self) -> String {
        if self.differences.is_empty() {
            return format!("{}: agrees\n", harmless(&self.application));
        }
        let mut text = format!("{}\n", harmless(&self.application));
        text.extend(self.differences.iter().map(|line| format!("  {}\n", harmless(line))));
        text.extend(self.would_apply.iter().map(|key| format!("  would apply {}\n", harmless(key))));
        text.extend(self.would_prune.iter().map(|key| format!("  would delete, with prune: {}\n", harmless(key))));
        text
    }
}
