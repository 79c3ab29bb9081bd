//! `windlass app tree NAME`: resources and what stands behind them.

use jiff::Timestamp;
use serde_json::{Value, json};
use windlass_engine::Pair;
use windlass_model::ObjectKey;
use windlass_pipeline::TreeNode;

use super::{
    survey,
    view::{Columns, age, document},
};
use crate::{args::app::TreeArgs, exit::Exit, output::print};

pub async fn run(args: TreeArgs) -> anyhow::Result<Exit> {
    let (survey, observation) = survey::of(&args.app, &args.sources, None).await?;
    let trees = match &observation.scope {
        Some(scope) => survey.observer().pipeline().tree(scope, &observation.state).await,
        None => Vec::new(),
    };
    let rows: Vec<Row> = rows(&trees, &observation.state.pairs);
    let text = || if rows.is_empty() { "no resources\n".into() } else { table(&rows, Timestamp::now()) };
    let nodes: Vec<Value> = trees.iter().map(value).collect();
    print(&document(args.format.output, &json!({"application": args.app.name, "resources": nodes}), text));
    Ok(Exit::Done)
}

/// One line of the tree.
struct Row {
    name: String,
    sync: &'static str,
    health: String,
    created: String,
    message: String,
}

fn rows(trees: &[TreeNode], pairs: &[Pair]) -> Vec<Row> {
    let mut rows = Vec::new();
    for tree in trees {
        push(tree, "", "", pairs, &mut rows);
    }
    let absent = pairs.iter().filter(|pair| pair.live.is_none() && pair.target.is_some());
    rows.extend(absent.map(|pair| Row {
        name: pair.key.to_string(),
        sync: "Missing",
        health: String::new(),
        created: String::new(),
        message: String::new(),
    }));
    rows
}

fn push(node: &TreeNode, lead: &str, below: &str, pairs: &[Pair], rows: &mut Vec<Row>) {
    let health = node.health.clone();
    rows.push(Row {
        name: format!("{lead}{}", node.key),
        sync: pairs.iter().find(|pair| pair.key == node.key).map_or("", sync),
        health: health.as_ref().map(|health| health.status.as_str().to_owned()).unwrap_or_default(),
        created: node.object.str_at(&["metadata", "creationTimestamp"]).to_owned(),
        message: health.map(|health| health.message).unwrap_or_default(),
    });
    for (place, child) in node.children.iter().enumerate() {
        let (branch, next) = if place + 1 == node.children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        push(child, &format!("{below}{branch}"), &format!("{below}{next}"), pairs, rows);
    }
}

fn sync(pair: &Pair) -> &'static str {
    match (&pair.target, pair.is_synced()) {
        (_, true) => "Synced",
        (None, _) if !pair.is_ours => "",
        (None, _) => "to be pruned",
        (Some(_), false) => "OutOfSync",
    }
}

fn table(rows: &[Row], now: Timestamp) -> String {
    let mut columns = Columns::new(&["RESOURCE", "SYNC", "HEALTH", "AGE", "MESSAGE"]);
    for row in rows {
        columns.push([
            row.name.clone(),
            row.sync.to_owned(),
            row.health.clone(),
            age(&row.created, now),
            row.message.clone(),
        ]);
    }
    columns.text()
}

fn value(node: &TreeNode) -> Value {
    let ObjectKey { kind, namespace, name } = &node.key;
    json!({
        "group": kind.group, "kind": kind.kind, "namespace": namespace, "name": name,
        "uid": node.object.uid(),
        "createdAt": node.object.str_at(&["metadata", "creationTimestamp"]),
        "health": node.health,
        "children": node.children.iter().map(value).collect::<Vec<_>>(),
    })
}
