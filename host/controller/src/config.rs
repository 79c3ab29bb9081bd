//! What the control plane's namespace says: settings, projects, repositories. Read from the cache.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use windlass_cluster::{Cluster, Scope};
use windlass_engine::{ProjectRules, windows};
use windlass_model::{GroupKind, Object, ObjectKey, Project, application::Destination};
use windlass_pipeline::{Problem, Settings};
use windlass_source::{RepositorySecret, SECRET_TYPE_LABEL};

/// The server URL under which Argo CD knows the cluster it runs in.
pub(crate) const IN_CLUSTER: &str = "https://kubernetes.default.svc";
const IN_CLUSTER_NAME: &str = "in-cluster";

/// A part of the installation that is missing or cannot be put in place.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct InstallError {
    pub what: String,
    #[source]
    pub source: windlass_cluster::Error,
}

/// Everything that applies to all applications.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) settings: Arc<Settings>,
    pub(crate) repositories: Arc<Vec<RepositorySecret>>,
}

impl Config {
    /// Reads the settings and the repository Secrets. `adjust` has the last word over what `argocd-cm` says.
    pub(crate) fn read(cluster: &Cluster, namespace: &str, adjust: &dyn Fn(&mut Settings)) -> Self {
        let data = config_map(cluster, namespace, "argocd-cm");
        let mut settings = Settings::from_config_map(namespace, &data);
        adjust(&mut settings);
        cluster.track_by(&settings.tracker);
        let ignored = settings.ignore_differences.iter().flat_map(|rule| rule.managed_fields_managers.clone());
        cluster.keep_managers(ignored.collect());
        for problem in &settings.problems {
            tracing::warn!(setting = %problem, "ignored");
        }
        Self { settings: Arc::new(settings), repositories: Arc::new(repositories(cluster, namespace)) }
    }
}

/// Whether a change of this object changes the configuration.
pub(crate) fn is_config(key: &ObjectKey, namespace: &str) -> bool {
    *key.namespace == *namespace
        && (key.kind.is("", "ConfigMap") && key.name.starts_with("argocd-")
            || key.kind.is("", "Secret")
            || key.kind.is("argoproj.io", "AppProject"))
}

fn config_map(cluster: &Cluster, namespace: &str, name: &str) -> BTreeMap<String, String> {
    let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), namespace, name);
    let object = cluster.get(&key).map(|cached| cached.object());
    let data = object.as_ref().and_then(|object| object.get("data")?.as_object());
    data.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn repositories(cluster: &Cluster, namespace: &str) -> Vec<RepositorySecret> {
    let secret = GroupKind::new("", "Secret");
    let mut keys = cluster.keys(Scope::Namespace(namespace));
    keys.retain(|key| key.kind == secret);
    keys.sort();
    keys.iter().filter_map(|key| repository(&cluster.get(key)?.object())).collect()
}

fn repository(secret: &Object) -> Option<RepositorySecret> {
    let label = secret.label(SECRET_TYPE_LABEL)?;
    let data = secret.get("data").and_then(Value::as_object)?;
    let decoded =
        data.iter().filter_map(|(name, value)| Some((name.clone(), STANDARD.decode(value.as_str()?).ok()?))).collect();
    RepositorySecret::parse(label, &decoded)
}

/// A project's rules.
pub(crate) fn project(cluster: &Cluster, namespace: &str, name: &str) -> Result<ProjectRules, Problem> {
    let name = if name.is_empty() { "default" } else { name };
    let key = ObjectKey::new(GroupKind::new("argoproj.io", "AppProject"), namespace, name);
    let object = cluster
        .get(&key)
        .ok_or_else(|| Problem::invalid_spec(format!("Application referencing project {name} which does not exist")))?;
    let project: Project = serde_json::from_slice(object.body())
        .map_err(|error| Problem::invalid_spec(format!("project {name} cannot be read: {error}")))?;
    let unsupported = [
        ("signatureKeys", !project.spec.signature_keys.is_empty()),
        ("sourceIntegrity", project.spec.source_integrity.is_some()),
    ];
    if let Some((field, _)) = unsupported.iter().find(|(_, is_set)| *is_set) {
        return Err(Problem::invalid_spec(format!(
            "project {name} asks for signed commits (spec.{field}), which are not verified yet: nothing is deployed"
        )));
    }
    if let Some(fault) = windows::fault(&project.spec.sync_windows) {
        return Err(Problem::invalid_spec(format!("project {name}: {fault}")));
    }
    Ok(ProjectRules::new(
        &project.spec,
        |url| if url == "*" { url.into() } else { windlass_source::normalized_url(url) },
    ))
}

/// Fills in what a destination leaves out. Only the cluster that this runs in is known.
pub(crate) fn destination(destination: &Destination) -> Result<Destination, Problem> {
    let Destination { server, name, namespace } = destination;
    let known = match (server.as_str(), name.as_str()) {
        ("", "") => return Err(Problem::invalid_spec("Destination server missing from app spec")),
        (IN_CLUSTER, "") | ("", IN_CLUSTER_NAME) => true,
        (_, "") | ("", _) => false,
        _ => {
            return Err(Problem::invalid_spec(format!(
                "application destination can't have both name and server defined: {name} {server}"
            )));
        }
    };
    if !known {
        let which = if server.is_empty() { name } else { server };
        return Err(Problem::invalid_spec(format!("there are no clusters with this name or URL: {which}")));
    }
    Ok(Destination { server: IN_CLUSTER.into(), name: IN_CLUSTER_NAME.into(), namespace: namespace.clone() })
}
