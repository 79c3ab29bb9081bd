//! In what surroundings an application is looked at: its project, its cluster, and whether they permit it.

use std::sync::Arc;

use windlass_cluster::Cluster;
use windlass_model::{
    Application,
    application::{ConditionType, Destination},
};
use windlass_pipeline::{Problem, Remedy, Scope};
use windlass_source::Freshness;

use crate::{
    clock,
    cluster_secret::ClusterSecret,
    config::Config,
    connections::{Connections, Reach},
    projects::Found,
    queue::AppKey,
    supported,
};

/// Where scopes come from.
pub(crate) struct Surroundings<'a> {
    /// The control plane's own cluster.
    pub(crate) home: &'a Cluster,
    pub(crate) connections: &'a Arc<Connections>,
    pub(crate) config: &'a Config,
}

/// Why an application has no scope.
#[derive(Debug)]
pub(crate) enum Hindrance {
    /// Its project or its cluster is not there: nobody can say what it may do, or where it is.
    Gone(Problem),
    /// It asks for what is not supported or not permitted.
    Refused(Problem),
    /// Its cluster is registered and cannot be reached.
    Unreachable(Problem),
    /// Its cluster is being connected; when that has ended, the application is looked at again.
    Connecting,
}

/// The scope of an application, or why there is none. A deletion needs no more than its project and its cluster.
pub(crate) fn of(
    app: &Arc<Application>,
    surroundings: &Surroundings<'_>,
    freshness: Freshness,
) -> Result<Scope, Hindrance> {
    let config = surroundings.config;
    if !app.is_deleting() {
        supported::check(app).map_err(Hindrance::Refused)?;
    }
    let control = &config.settings.control_namespace;
    let project = config
        .projects
        .find(surroundings.home, control, &app.spec.project, &config.global_projects)
        .map_err(Hindrance::Gone)?;
    check_namespace(app, &project, control).map_err(Hindrance::Gone)?;
    let registered = config
        .clusters
        .find(&app.spec.destination)
        .map_err(|error| Hindrance::Gone(Problem::invalid_spec(error.to_string())))?;
    let destination = registered.destination(&app.spec.destination.namespace);
    if !app.is_deleting() {
        permit(app, &project, registered, &destination).map_err(Hindrance::Refused)?;
    }
    let settings = config.settings_for(&registered.server);
    let asking: AppKey = (app.metadata.namespace.clone(), app.metadata.name.clone());
    let cluster = match surroundings.connections.reach(registered, &settings, &asking) {
        Reach::Up(cluster) => cluster,
        Reach::Connecting => return Err(Hindrance::Connecting),
        Reach::Down(reason) => return Err(Hindrance::Unreachable(unreachable(app, registered, &reason))),
    };
    Ok(Scope {
        app: app.clone(),
        settings,
        project: project.rules.clone(),
        kube_version: cluster.version().to_owned(),
        cluster,
        repositories: config.repositories.clone(),
        freshness,
        destination,
        cluster_id: registered.server.as_str().into(),
        sources: None,
        revisions: None,
        now: u64::try_from(clock::now_ms() / 1000).unwrap_or_default(),
    })
}

fn unreachable(app: &Application, registered: &ClusterSecret, reason: &str) -> Problem {
    let kind = if app.is_deleting() { ConditionType::DeletionError } else { ConditionType::ComparisonError };
    let message = format!("cluster {} cannot be reached: {reason}", registered.server);
    Problem { kind, message, remedy: Remedy::Time }
}

fn check_namespace(app: &Application, project: &Found, control_namespace: &str) -> Result<(), Problem> {
    let metadata = &app.metadata;
    if project.rules.permits_namespace_of_application(&metadata.namespace, control_namespace) {
        return Ok(());
    }
    let message = format!(
        "application '{}' in namespace '{}' is not permitted to use project '{}'",
        metadata.name, metadata.namespace, app.spec.project
    );
    Err(Problem { kind: ConditionType::UnknownError, message, remedy: Remedy::Change })
}

/// What the project says of the application's sources and destination.
fn permit(
    app: &Application,
    project: &Found,
    registered: &ClusterSecret,
    destination: &Destination,
) -> Result<(), Problem> {
    if let Some(refusal) = &project.refusal {
        return Err(refusal.clone());
    }
    let name = &app.spec.project;
    for source in app.spec.all_sources() {
        if !project.rules.permits_source(&source.repo_url) {
            let message = format!("application repo {} is not permitted in project '{name}'", source.repo_url);
            return Err(Problem::invalid_spec(message));
        }
    }
    let scoped = !project.permit_only_project_scoped_clusters || registered.project == project.name;
    if !scoped || !project.rules.permits_destination(destination) {
        return Err(Problem::invalid_spec(format!(
            "application destination server '{}' and namespace '{}' do not match any of the allowed destinations in project '{name}'",
            destination.server, destination.namespace
        )));
    }
    Ok(())
}
