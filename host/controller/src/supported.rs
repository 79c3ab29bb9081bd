//! What an Application may ask for. Fields that are not carried out yet are refused by name, never passed over.

use windlass_model::{Application, application::Source};
use windlass_pipeline::Problem;

/// The first thing that cannot be carried out.
pub(crate) fn check(app: &Application) -> Result<(), Problem> {
    if app.spec.source_hydrator.is_some() {
        return Err(Problem::invalid_spec("spec.sourceHydrator is not supported yet: remove it or use spec.source"));
    }
    if app.spec.all_sources().is_empty() {
        return Err(Problem::invalid_spec(
            "spec.source.repoURL and either spec.source.path or spec.source.chart are required",
        ));
    }
    for source in app.spec.all_sources() {
        if source.repo_url.starts_with("oci://") {
            return Err(Problem::invalid_spec(format!("{}: OCI sources are not supported yet", source.repo_url)));
        }
        if !source.chart.is_empty() {
            check_chart(source)?;
            continue;
        }
        if source.path.is_empty() && source.reference.is_empty() {
            return Err(Problem::invalid_spec(
                "spec.source.repoURL and either spec.source.path or spec.source.chart are required",
            ));
        }
    }
    Ok(())
}

/// A chart comes from a Helm repository over HTTP, in a version or range that is written down.
fn check_chart(source: &Source) -> Result<(), Problem> {
    let Source { chart, repo_url, target_revision, .. } = source;
    if !["https://", "http://"].iter().any(|scheme| repo_url.starts_with(scheme)) {
        return Err(Problem::invalid_spec(format!(
            "chart {chart}: {repo_url} is an OCI registry, and those are not supported yet; use an https Helm repository"
        )));
    }
    if target_revision.is_empty() {
        return Err(Problem::invalid_spec(
            "spec.source.targetRevision is required if the manifest source is a helm chart",
        ));
    }
    Ok(())
}
