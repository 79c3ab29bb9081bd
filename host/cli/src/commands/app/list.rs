//! `windlass app list`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use windlass_controller::overview;
use windlass_model::Application;

use super::{
    filter::{Filter, project_of},
    store::{Applications, Found},
    view::{self, Columns, age, short},
};
use crate::{
    args::app::{Format, ListArgs},
    exit::Exit,
    output::print,
};

pub async fn run(args: ListArgs) -> anyhow::Result<Exit> {
    let filter = Filter::new(&args.filter)?;
    let mut applications = Applications::connect(&args.place).await?;
    if args.all_namespaces {
        applications = applications.everywhere();
    }
    let selector = args.filter.selector.as_deref();
    if args.watch {
        return watch(&applications, selector, &filter, args.format.output).await;
    }
    let mut found = applications.list(selector).await?;
    found.retain(|found| filter.matches(&found.app));
    print(&text(&found, args.format.output, Timestamp::now()));
    Ok(Exit::Done)
}

/// Everything once, then each application that has changed.
async fn watch(
    applications: &Applications,
    selector: Option<&str>,
    filter: &Filter,
    format: Format,
) -> anyhow::Result<Exit> {
    let mut following = applications.follow(selector);
    let mut shown: BTreeMap<String, Found> = BTreeMap::new();
    loop {
        let held = tokio::select! {
            held = following.next() => held?,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
        };
        let matching: Vec<Found> = held.values().filter(|found| filter.matches(&found.app)).cloned().collect();
        let is_new = |found: &&Found| {
            shown.get(&found.app.full_name()).is_none_or(|before| before.app.status != found.app.status)
        };
        let changed: Vec<Found> = matching.iter().filter(is_new).cloned().collect();
        if !changed.is_empty() {
            let text = text(&changed, format, Timestamp::now());
            let is_table = matches!(format, Format::Table | Format::Wide);
            // The header stands above the first rows only.
            let start = if is_table && !shown.is_empty() { text.find('\n').map_or(0, |end| end + 1) } else { 0 };
            print(&text[start..]);
        }
        shown = matching.into_iter().map(|found| (found.app.full_name(), found)).collect();
    }
}

fn text(found: &[Found], format: Format, now: Timestamp) -> String {
    match format {
        Format::Table | Format::Wide => table(found, format == Format::Wide, now),
        Format::Json => view::pretty(&view::list_object(found)),
        Format::Yaml => view::yaml(&view::list_object(found)),
        Format::Name => found.iter().map(view::resource_name).collect(),
    }
}

/// One row for each application.
pub fn table(found: &[Found], wide: bool, now: Timestamp) -> String {
    let many_namespaces = found.iter().any(|one| one.app.metadata.namespace != found[0].app.metadata.namespace);
    let mut columns = Columns::new(&[
        "NAMESPACE",
        "NAME",
        "PROJECT",
        "SYNC",
        "HEALTH",
        "REVISION",
        "AGE",
        "DESTINATION",
        "SOURCE",
        "POLICY",
        "DOING",
    ]);
    for Found { app, .. } in found {
        let glance = overview(app);
        let only = |shown: bool, text: String| if shown { text } else { String::new() };
        columns.push([
            only(many_namespaces, glance.namespace),
            glance.name,
            project_of(app).to_owned(),
            glance.sync.as_str().to_owned(),
            glance.health.as_str().to_owned(),
            short(&glance.revision).to_owned(),
            age(app.metadata.creation_timestamp.as_deref().unwrap_or_default(), now),
            only(wide, destination(app)),
            only(wide, sources(app).join(", ")),
            only(wide, policy(app)),
            glance.doing,
        ]);
    }
    if columns.is_empty() { String::new() } else { columns.text() }
}

/// `server/namespace`.
pub fn destination(app: &Application) -> String {
    let destination = &app.spec.destination;
    let cluster = if destination.name.is_empty() { &destination.server } else { &destination.name };
    if destination.namespace.is_empty() { cluster.clone() } else { format!("{cluster} {}", destination.namespace) }
}

/// `URL path @ revision`, one for each source.
pub fn sources(app: &Application) -> Vec<String> {
    let text = |source: &&windlass_model::application::Source| {
        let place = if source.chart.is_empty() { &source.path } else { &source.chart };
        let revision = if source.target_revision.is_empty() { "HEAD" } else { &source.target_revision };
        [source.repo_url.as_str(), place, "@", revision]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    app.spec.all_sources().iter().map(text).collect()
}

/// How the application syncs.
pub fn policy(app: &Application) -> String {
    let Some(automated) = app.spec.automated() else { return "manual".into() };
    let switches =
        [(automated.prune, "prune"), (automated.self_heal, "self-heal"), (automated.allow_empty, "allow-empty")];
    let on = switches.iter().filter(|(is_on, _)| *is_on).map(|(_, name)| *name);
    std::iter::once("automated").chain(on).collect::<Vec<_>>().join(", ")
}
