//! In what surroundings an application is looked at: its project, its cluster, and whether they permit it.

use std::sync::Arc;

use windlass_cluster::Cluster;
use windlass_engine::ProjectRules;
use windlass_model::{Application, application::Destination};
use windlass_pipeline::{Problem, Scope};
use windlass_source::Freshness;

use crate::{
    config::{self, Config},
    supported,
};

/// The scope of an application, or why there is none.
pub(crate) fn of(
    app: &Arc<Application>,
    cluster: &Arc<Cluster>,
    config: &Config,
    freshness: Freshness,
) -> Result<Scope, Problem> {
    supported::check(app)?;
    let project = config::project(cluster, &config.settings.control_namespace, &app.spec.project)?;
    let destination = config::destination(&app.spec.destination)?;
    permit(app, &project, &destination)?;
    Ok(Scope {
        app: app.clone(),
        settings: config.settings.clone(),
        project: Arc::new(project),
        cluster: cluster.clone(),
        repositories: config.repositories.clone(),
        freshness,
        destination,
        sources: None,
        revisions: None,
        kube_version: cluster.version().to_owned(),
    })
}

/// What the project says of the application's sources and destination.
fn permit(app: &Application, project: &ProjectRules, destination: &Destination) -> Result<(), Problem> {
    for source in app.spec.all_sources() {
        if !project.permits_source(&source.repo_url) {
            return Err(Problem::invalid_spec(format!(
                "application repo {} is not permitted in project '{}'",
                source.repo_url, app.spec.project
            )));
        }
    }
    if !project.permits_destination(destination) {
        return Err(Problem::invalid_spec(format!(
            "application destination server '{}' and namespace '{}' do not match any of the allowed destinations in project '{}'",
            destination.server, destination.namespace, app.spec.project
        )));
    }
    Ok(())
}
