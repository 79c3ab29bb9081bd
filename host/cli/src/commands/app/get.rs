//! `windlass app get NAME`.

use jiff::Timestamp;
use serde_json::{Value, json};
use windlass_model::{
    Application,
    application::{OperationState, ResourceStatus},
    names,
};

use super::{
    filter::project_of,
    list::{destination, policy, sources, table},
    store::{Applications, Found},
    view::{self, Columns, age, labelled, short},
};
use crate::{
    args::app::{Format, GetArgs},
    exit::Exit,
    output::print,
};

pub async fn run(args: GetArgs) -> anyhow::Result<Exit> {
    let applications = Applications::connect(&args.app.place).await?;
    let name = &args.app.name;
    if args.refresh {
        refresh(&applications, name).await?;
    }
    if args.watch {
        return watch(&applications, name, args.format.output).await;
    }
    let found = applications.get(name).await?;
    print(&text(&found, args.format.output, Timestamp::now()));
    Ok(Exit::Done)
}

/// Asks for a look, and waits until the controller has taken the question away.
async fn refresh(applications: &Applications, name: &str) -> anyhow::Result<()> {
    applications.change(name, |found| Ok(annotated(&found.object, names::REFRESH, "normal"))).await?;
    let mut following = applications.follow(None);
    let full_name = |found: &Found| found.app.metadata.name == name;
    loop {
        let held = following.next().await?;
        if !held.values().any(|found| full_name(found) && found.app.annotation(names::REFRESH).is_some()) {
            return Ok(());
        }
    }
}

fn annotated(object: &Value, annotation: &str, value: &str) -> Value {
    let mut object = object.clone();
    let annotations = &mut object["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = json!({});
    }
    annotations[annotation] = value.into();
    object
}

async fn watch(applications: &Applications, name: &str, format: Format) -> anyhow::Result<Exit> {
    let mut following = applications.follow(None);
    let mut shown: Option<Value> = None;
    loop {
        let held = tokio::select! {
            held = following.next() => held?,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
        };
        let found = held.values().find(|found| found.app.metadata.name == name);
        match (found, &shown) {
            (None, None) => anyhow::bail!("there is no application {name}"),
            (None, Some(_)) => return Ok(Exit::Done),
            (Some(found), Some(before)) if found.object["status"] == *before => {}
            (Some(found), _) => {
                print(&text(found, format, Timestamp::now()));
                shown = Some(found.object["status"].clone());
            }
        }
    }
}

fn text(found: &Found, format: Format, now: Timestamp) -> String {
    match format {
        Format::Table => format!("{}\n{}", heading(&found.app, now), resources(&found.app, false)),
        Format::Wide => format!("{}\n{}", heading(&found.app, now), resources(&found.app, true)),
        Format::Json => view::pretty(&found.object),
        Format::Yaml => view::yaml(&found.object),
        Format::Name => view::resource_name(found),
    }
}

/// What the application is and how it stands.
fn heading(app: &Application, now: Timestamp) -> String {
    let status = &app.status;
    let mut lines =
        vec![("Name", app.full_name()), ("Project", project_of(app).to_owned()), ("Destination", destination(app))];
    lines.extend(sources(app).into_iter().map(|source| ("Source", source)));
    lines.push(("Sync policy", policy(app)));
    lines.push(("Sync options", app.spec.sync_options().join(", ")));
    if let Some(sync) = &status.sync {
        let revisions: Vec<&str> =
            std::iter::once(&sync.revision).chain(&sync.revisions).map(|text| short(text)).collect();
        lines.push(("Sync", format!("{} at {}", sync.status.as_str(), revisions.join(" ").trim())));
    }
    if let Some(health) = &status.health {
        lines.push(("Health", health.status.as_str().to_owned()));
    }
    if app.is_deleting() {
        lines.push(("Deleting", format!("waits for {}", app.metadata.finalizers.join(", "))));
    }
    if let Some(state) = &status.operation_state {
        lines.push(("Operation", operation(state, now)));
    }
    let conditions = status.conditions.iter();
    lines.extend(conditions.map(|condition| ("Condition", format!("{:?}: {}", condition.kind, condition.message))));
    lines.extend(app.spec.info.iter().map(|item| ("Info", format!("{}: {}", item.name, item.value))));
    let urls = status.summary.iter().flat_map(|summary| &summary.external_urls);
    lines.extend(urls.map(|url| ("URL", url.clone())));
    labelled(&lines)
}

/// `Succeeded 5m ago: …`.
pub fn operation(state: &OperationState, now: Timestamp) -> String {
    let time = state.finished_at.as_deref().unwrap_or(&state.started_at);
    let ago = age(time, now);
    let ago = if ago.is_empty() { ago } else { format!(" {ago} ago") };
    let since = if state.finished_at.is_some() { "" } else { ", begun" };
    format!("{:?}{since}{ago}: {}", state.phase, state.message)
}

/// One row for each resource, with what the last sync said about it.
fn resources(app: &Application, wide: bool) -> String {
    let mut columns = Columns::new(&[
        "GROUP",
        "VERSION",
        "KIND",
        "NAMESPACE",
        "NAME",
        "SYNC",
        "HEALTH",
        "WAVE",
        "HOOK",
        "PRUNE",
        "MESSAGE",
    ]);
    for row in &app.status.resources {
        let only = |shown: bool, text: &str| if shown { text.to_owned() } else { String::new() };
        columns.push([
            row.group.clone(),
            only(wide, &row.version),
            row.kind.clone(),
            row.namespace.clone(),
            row.name.clone(),
            row.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            row.health.as_ref().map(|health| health.status.as_str().to_owned()).unwrap_or_default(),
            if row.sync_wave == 0 { String::new() } else { row.sync_wave.to_string() },
            only(row.hook, "hook"),
            only(row.requires_pruning, "needed"),
            message(app, row),
        ]);
    }
    if columns.is_empty() { "no resources\n".into() } else { columns.text() }
}

fn message(app: &Application, row: &ResourceStatus) -> String {
    let results = app.status.operation_state.as_ref().and_then(|state| state.sync_result.as_ref());
    let same = |result: &&windlass_model::application::ResourceResult| {
        (&result.group, &result.kind, &result.namespace, &result.name)
            == (&row.group, &row.kind, &row.namespace, &row.name)
    };
    let result = results.and_then(|result| result.resources.iter().find(same));
    let health = row.health.as_ref().map(|health| health.message.clone()).filter(|text| !text.is_empty());
    health.or_else(|| result.map(|result| result.message.clone())).unwrap_or_default()
}

/// An application as a row, for commands that end with one.
pub fn summary(found: &[Found]) -> String {
    table(found, false, Timestamp::now())
}
