//! An application's project: its own rules, and those that it inherits from global projects.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use windlass_cluster::Cluster;
use windlass_engine::{ProjectRules, windows};
use windlass_model::{GroupKind, ObjectKey, Project, project::ProjectSpec};
use windlass_pipeline::Problem;

use crate::label_selector::LabelSelector;

/// One entry of `globalProjects`: projects with such labels inherit from this one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GlobalProject {
    project_name: String,
    #[serde(default)]
    label_selector: LabelSelector,
}

/// Projects as they are read, until the configuration changes.
#[derive(Debug, Default)]
pub(crate) struct Projects(Mutex<HashMap<String, Arc<Found>>>);

impl Projects {
    /// As [`find`], which it asks for each project once.
    pub(crate) fn find(
        &self,
        cluster: &Cluster,
        namespace: &str,
        name: &str,
        globals: &Result<Vec<GlobalProject>, String>,
    ) -> Result<Arc<Found>, Problem> {
        if let Some(found) = self.lock().get(name) {
            return Ok(found.clone());
        }
        let found = Arc::new(find(cluster, namespace, name, globals)?);
        self.lock().insert(name.to_owned(), found.clone());
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Found>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A project, read. The rules stand even where something in it is not supported: a deletion needs no more.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) rules: Arc<ProjectRules>,
    pub(crate) permit_only_project_scoped_clusters: bool,
    /// Why nothing may be deployed.
    pub(crate) refusal: Option<Problem>,
}

/// Finds a project in the control plane's namespace. An empty name means `default`.
fn find(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    globals: &Result<Vec<GlobalProject>, String>,
) -> Result<Found, Problem> {
    let globals = globals.as_ref().map_err(Problem::invalid_spec)?;
    let name = if name.is_empty() { "default" } else { name };
    let project = read(cluster, namespace, name)
        .ok_or_else(|| Problem::invalid_spec(format!("Application referencing project {name} which does not exist")))?
        .map_err(|error| Problem::invalid_spec(format!("project {name} cannot be read: {error}")))?;
    let mut spec = project.spec;
    for global in globals.iter().filter(|global| global.label_selector.matches(&project.metadata.labels)) {
        match read(cluster, namespace, &global.project_name) {
            Some(Ok(global)) if global.metadata.name != name => inherit(&mut spec, global.spec),
            Some(Ok(_)) | None => {}
            // Rules that cannot be read may be what forbids.
            Some(Err(error)) => {
                let message = format!("global project {} cannot be read: {error}", global.project_name);
                return Err(Problem::invalid_spec(message));
            }
        }
    }
    let normalized = |url: &str| if url == "*" { url.into() } else { windlass_source::normalized_url(url) };
    Ok(Found {
        name: name.to_owned(),
        rules: Arc::new(ProjectRules::new(&spec, normalized)),
        permit_only_project_scoped_clusters: spec.permit_only_project_scoped_clusters,
        refusal: refusal(name, &spec),
    })
}

fn read(cluster: &Cluster, namespace: &str, name: &str) -> Option<Result<Project, serde_json::Error>> {
    let key = ObjectKey::new(GroupKind::new("argoproj.io", "AppProject"), namespace, name);
    Some(serde_json::from_slice(cluster.get(&key)?.body()))
}

fn refusal(name: &str, spec: &ProjectSpec) -> Option<Problem> {
    let unsupported =
        [("signatureKeys", !spec.signature_keys.is_empty()), ("sourceIntegrity", spec.source_integrity.is_some())];
    if let Some((field, _)) = unsupported.iter().find(|(_, is_set)| *is_set) {
        return Some(Problem::invalid_spec(format!(
            "project {name} asks for signed commits (spec.{field}), which are not verified yet: nothing is deployed"
        )));
    }
    windows::fault(&spec.sync_windows).map(|fault| Problem::invalid_spec(format!("project {name}: {fault}")))
}

/// Adds what a global project says. A list of namespaced kinds stays absent, which allows all, where neither has one.
fn inherit(spec: &mut ProjectSpec, global: ProjectSpec) {
    spec.source_repos.extend(global.source_repos);
    spec.destinations.extend(global.destinations);
    spec.cluster_resource_whitelist.extend(global.cluster_resource_whitelist);
    spec.cluster_resource_blacklist.extend(global.cluster_resource_blacklist);
    spec.namespace_resource_blacklist.extend(global.namespace_resource_blacklist);
    spec.sync_windows.extend(global.sync_windows);
    let more = global.namespace_resource_whitelist.unwrap_or_default();
    if !more.is_empty() {
        spec.namespace_resource_whitelist.get_or_insert_default().extend(more);
    }
}

#[cfg(test)]
mod tests {
    use windlass_model::project::KindRule;

    use super::*;

    fn kind(kind: &str) -> KindRule {
        KindRule { group: "*".into(), kind: kind.into(), name: String::new() }
    }

    #[test]
    fn a_project_inherits_lists_and_keeps_its_own() {
        let mut own = ProjectSpec { source_repos: vec!["https://a".into()], ..ProjectSpec::default() };
        let global = ProjectSpec {
            source_repos: vec!["https://b".into()],
            namespace_resource_blacklist: vec![kind("Secret")],
            ..ProjectSpec::default()
        };
        inherit(&mut own, global);
        assert_eq!(own.source_repos, ["https://a", "https://b"]);
        assert_eq!(own.namespace_resource_blacklist, [kind("Secret")]);
        assert_eq!(own.namespace_resource_whitelist, None);
    }

    #[test]
    fn an_entry_selects_projects_by_their_labels() {
        let text = r#"{"projectName": "all", "labelSelector": {"matchExpressions": [
            {"key": "team", "operator": "In", "values": ["red"]}, {"key": "old", "operator": "DoesNotExist"}]}}"#;
        let entry: GlobalProject = serde_json::from_str(text).unwrap();
        let labels = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        assert!(entry.label_selector.matches(&labels(&[("team", "red")])));
        assert!(!entry.label_selector.matches(&labels(&[("team", "blue")])));
        assert!(!entry.label_selector.matches(&labels(&[("team", "red"), ("old", "")])));
    }
}
