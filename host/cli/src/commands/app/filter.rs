//! Which applications a command is about.

use windlass_model::{
    Application, HealthStatus,
    application::{Destination, SyncStatus},
};

use super::store::{Applications, Found};
use crate::{
    args::app::{FilterArgs, ManyArgs},
    exit::WrongUsage,
};

/// Filters that the API does not carry out itself; labels it does.
#[derive(Default)]
pub struct Filter {
    projects: Vec<String>,
    sync: Vec<SyncStatus>,
    health: Vec<HealthStatus>,
    repository: Option<String>,
    cluster: Option<String>,
}

impl Filter {
    pub fn new(args: &FilterArgs) -> Result<Self, WrongUsage> {
        const SYNC: [SyncStatus; 3] = [SyncStatus::Synced, SyncStatus::OutOfSync, SyncStatus::Unknown];
        Ok(Self {
            projects: args.project.clone(),
            sync: args
                .sync
                .iter()
                .map(|text| status("--sync", text, &SYNC, SyncStatus::as_str))
                .collect::<Result<_, _>>()?,
            health: args
                .health
                .iter()
                .map(|text| status("--health", text, &HealthStatus::ALL, HealthStatus::as_str))
                .collect::<Result<_, _>>()?,
            repository: args.repo.clone(),
            cluster: args.cluster.clone(),
        })
    }

    pub fn matches(&self, app: &Application) -> bool {
        let any_of = |list: &[String], value: &str| list.is_empty() || list.iter().any(|one| one == value);
        let sync = app.status.sync.as_ref().map(|sync| sync.status).unwrap_or_default();
        let health = app.status.health.as_ref().map_or(HealthStatus::Unknown, |health| health.status);
        any_of(&self.projects, project_of(app))
            && (self.sync.is_empty() || self.sync.contains(&sync))
            && (self.health.is_empty() || self.health.contains(&health))
            && self.repository.as_deref().is_none_or(|url| has_source_in(app, url))
            && self.cluster.as_deref().is_none_or(|cluster| leads_to(&app.spec.destination, cluster))
    }
}

/// The project, which is `default` where the spec names none.
pub fn project_of(app: &Application) -> &str {
    if app.spec.project.is_empty() { "default" } else { &app.spec.project }
}

fn status<S: Copy>(option: &str, text: &str, all: &[S], name: fn(S) -> &'static str) -> Result<S, WrongUsage> {
    let found = all.iter().copied().find(|one| name(*one).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        WrongUsage(format!("{option} {text}: must be one of {}", known.join(", ")))
    })
}

fn has_source_in(app: &Application, url: &str) -> bool {
    app.spec.all_sources().iter().any(|source| windlass_source::is_same_url(&source.repo_url, url))
}

fn leads_to(destination: &Destination, cluster: &str) -> bool {
    destination.name == cluster || destination.server.trim_end_matches('/') == cluster.trim_end_matches('/')
}

/// The applications that a command names, or that have in common what it says.
pub async fn chosen(applications: &Applications, args: &ManyArgs) -> anyhow::Result<Vec<Found>> {
    if !args.names.is_empty() {
        let mut found = Vec::with_capacity(args.names.len());
        for name in &args.names {
            found.push(applications.get(name).await?);
        }
        return Ok(found);
    }
    let filter = Filter { projects: args.project.clone(), ..Filter::default() };
    let mut found = applications.list(args.selector.as_deref()).await?;
    found.retain(|found| filter.matches(&found.app));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(args: FilterArgs) -> bool {
        let app = json!({
            "metadata": {"name": "shop"},
            "spec": {
                "source": {"repoURL": "https://git.example/shop.git"},
                "destination": {"server": "https://kubernetes.default.svc"},
            },
            "status": {"sync": {"status": "OutOfSync"}},
        });
        Filter::new(&args).unwrap().matches(&serde_json::from_value(app).unwrap())
    }

    fn one(text: &str) -> Vec<String> {
        vec![text.into()]
    }

    #[test]
    fn each_filter_lets_through_what_it_names_and_nothing_else() {
        assert!(matches(FilterArgs::default()));
        assert!(matches(FilterArgs { project: one("default"), ..FilterArgs::default() }));
        assert!(!matches(FilterArgs { project: one("other"), ..FilterArgs::default() }));
        assert!(matches(FilterArgs { sync: one("outofsync"), ..FilterArgs::default() }));
        assert!(!matches(FilterArgs { sync: one("Synced"), ..FilterArgs::default() }));
        assert!(matches(FilterArgs { health: one("Unknown"), ..FilterArgs::default() }));
        assert!(matches(FilterArgs { repo: Some("https://git.example/shop".into()), ..FilterArgs::default() }));
        assert!(!matches(FilterArgs { repo: Some("https://git.example/other".into()), ..FilterArgs::default() }));
        assert!(matches(FilterArgs {
            cluster: Some("https://kubernetes.default.svc/".into()),
            ..FilterArgs::default()
        }));
        assert!(!matches(FilterArgs { cluster: Some("prod".into()), ..FilterArgs::default() }));
    }

    #[test]
    fn a_status_that_does_not_exist_is_answered_with_those_that_do() {
        let error = Filter::new(&FilterArgs { sync: one("Sinked"), ..FilterArgs::default() }).err().unwrap();
        assert_eq!(error.to_string(), "--sync Sinked: must be one of Synced, OutOfSync, Unknown");
    }
}
