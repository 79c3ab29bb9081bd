//! `windlass app rollback NAME [ID]`: deploys again what the history holds.

use anyhow::{Context as _, bail};
use windlass_model::{
    Application,
    application::{HistoryEntry, Operation, SyncOperation, SyncStrategy},
};

use super::{operation, store::Applications};
use crate::{args::app::RollbackArgs, exit::Exit};

pub async fn run(args: RollbackArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.app.place).await?;
    let plan = |app: &Application| plan(app, args.id, args.prune, args.dry_run);
    let started = operation::start(&applications, &args.app.name, plan).await?;
    operation::see_through(&applications, vec![started], &args.patience).await
}

/// The operation that goes back to an entry of the history.
fn plan(app: &Application, id: Option<i64>, prune: bool, dry_run: bool) -> anyhow::Result<Operation> {
    let name = &app.metadata.name;
    if app.spec.automated().is_some() {
        bail!(
            "application {name} syncs by itself and would leave a rollback at once: \
             `windlass app set {name} --sync-policy manual` first, or revert the commit"
        );
    }
    let entry = entry(&app.status.history, id).with_context(|| format!("application {name}"))?;
    let sync = SyncOperation {
        revision: entry.revision.clone(),
        revisions: entry.revisions.clone(),
        prune,
        dry_run,
        sync_strategy: Some(SyncStrategy { apply: Some(Default::default()), hook: None }),
        source: entry.source.clone(),
        sources: entry.sources.clone(),
        sync_options: app.spec.sync_options().to_vec(),
        ..SyncOperation::default()
    };
    Ok(Operation { sync: Some(sync), initiated_by: operation::initiated_by(), ..Operation::default() })
}

fn entry(history: &[HistoryEntry], id: Option<i64>) -> anyhow::Result<&HistoryEntry> {
    let found = match id {
        Some(id) => history.iter().find(|entry| entry.id == id),
        None => history.iter().rev().nth(1),
    };
    let known = || history.iter().map(|entry| entry.id.to_string()).collect::<Vec<_>>().join(", ");
    match (found, id) {
        (Some(entry), _) => Ok(entry),
        (None, _) if history.is_empty() => bail!("its history is empty"),
        (None, Some(id)) => bail!("its history has no entry {id}, only {}", known()),
        (None, None) => bail!("nothing was deployed before entry {}", known()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn app(automated: bool) -> Application {
        let entry = |id: i64, revision: &str| json!({"id": id, "revision": revision, "deployedAt": "", "source": {"repoURL": "https://git.example/shop", "path": revision}});
        let policy =
            if automated { json!({"automated": {}}) } else { json!({"syncOptions": ["CreateNamespace=true"]}) };
        let app = json!({
            "metadata": {"name": "shop"}, "spec": {"syncPolicy": policy},
            "status": {"history": [entry(3, "one"), entry(4, "two"), entry(7, "three")]},
        });
        serde_json::from_value(app).unwrap()
    }

    #[test]
    fn an_entry_is_deployed_with_its_own_source_and_revision_and_without_hooks() {
        let check = |id: Option<i64>, revision: &str| {
            let sync = plan(&app(false), id, true, false).unwrap().sync.unwrap();
            assert_eq!((sync.revision.as_str(), sync.source.unwrap().path.as_str()), (revision, revision));
            assert!(sync.prune && sync.sync_strategy.unwrap().apply.is_some());
            assert_eq!(sync.sync_options, ["CreateNamespace=true"]);
        };
        check(Some(3), "one");
        check(None, "two");
    }

    #[test]
    fn automatic_sync_and_unknown_entries_refuse() {
        let refusal = |app: Application, id: Option<i64>| format!("{:#}", plan(&app, id, false, false).unwrap_err());
        assert!(refusal(app(true), Some(3)).contains("--sync-policy manual"));
        assert_eq!(refusal(app(false), Some(5)), "application shop: its history has no entry 5, only 3, 4, 7");
        assert_eq!(refusal(Application::default(), None), "application : its history is empty");
    }
}
