//! What the control plane's namespace says: settings, projects, repositories, clusters. Read from the cache.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use windlass_cluster::{Cluster, Scope};
use windlass_model::{GroupKind, Object, ObjectKey};
use windlass_pipeline::Settings;
use windlass_source::{RepositorySecret, SECRET_TYPE_LABEL};

use crate::{
    cluster_book::ClusterBook,
    cluster_secret::{self, ClusterSecret},
    config_map_table,
    params::Params,
    projects::{GlobalProject, Projects},
    settings_table,
};

/// Everything that applies to all applications.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) settings: Arc<Settings>,
    pub(crate) params: Arc<Params>,
    pub(crate) repositories: Arc<Vec<RepositorySecret>>,
    pub(crate) clusters: Arc<ClusterBook>,
    pub(crate) global_projects: Arc<Result<Vec<GlobalProject>, String>>,
    pub(crate) projects: Arc<Projects>,
    /// What was wrong or without meaning in the ConfigMaps, one sentence each.
    pub(crate) remarks: Vec<String>,
    texts: Arc<(Data, Data)>,
    secrets: Secrets,
    /// How often a project had changed before this was read.
    project_changes: u64,
    /// Another one whenever something changes that a verdict may rest on.
    pub(crate) edition: Arc<Edition>,
}

/// Stands for all that verdicts rest on beside sources and live objects. Two are the same when they are in one place.
#[derive(Debug)]
pub(crate) struct Edition;

/// Keys of `argocd-cm` that say how often is looked, and nothing of what is seen.
const PERIODS: [&str; 2] = ["timeout.reconciliation", "timeout.reconciliation.jitter"];

type Data = BTreeMap<String, String>;
/// What their label says, and the decoded data.
type Secrets = Vec<(String, BTreeMap<String, Vec<u8>>)>;

impl Config {
    /// Reads the settings and the Secrets. `adjust` has the last word over what the ConfigMaps say.
    pub(crate) fn read(
        cluster: &Cluster,
        namespace: &str,
        adjust: &dyn Fn(&mut Settings),
        project_changes: u64,
    ) -> Self {
        let data = config_map(cluster, namespace, "argocd-cm");
        let param_data = config_map(cluster, namespace, "argocd-cmd-params-cm");
        let mut settings = Settings::from_config_map(namespace, &data);
        let params = Params::read(&param_data);
        params.apply(&mut settings);
        adjust(&mut settings);
        let mut remarks = settings.problems.clone();
        remarks.extend(data.keys().filter_map(|key| {
            let remark = settings_table::remark(config_map_table::ROWS, key)?;
            Some(format!("argocd-cm: {key} {remark}"))
        }));
        remarks.extend(params.remarks.iter().cloned());
        let global_projects = global_projects(&data);
        remarks.extend(global_projects.as_ref().err().cloned());
        let secrets = secrets(cluster, namespace);
        let in_cluster = data.get("cluster.inClusterEnabled").is_none_or(|text| text != "false");
        Self {
            settings: Arc::new(settings),
            params: Arc::new(params),
            repositories: Arc::new(
                secrets.iter().filter_map(|(label, data)| RepositorySecret::parse(label, data)).collect(),
            ),
            clusters: Arc::new(ClusterBook::new(clusters(&secrets), in_cluster)),
            global_projects: Arc::new(global_projects),
            projects: Arc::default(),
            remarks,
            texts: Arc::new((data, param_data)),
            secrets,
            project_changes,
            edition: Arc::new(Edition),
        }
    }

    /// The settings as they apply to one cluster.
    pub(crate) fn settings_for(&self, server: &str) -> Arc<Settings> {
        if self.settings.is_same_for_all_clusters() {
            return self.settings.clone();
        }
        Arc::new(self.settings.for_cluster(server))
    }

    /// The same, of the edition that was before unless verdicts may differ.
    pub(crate) fn succeeding(self, before: &Self) -> Self {
        let judges = |data: &Data| {
            let mut data = data.clone();
            data.retain(|key, _| !PERIODS.contains(&key.as_str()));
            data
        };
        let is_same = judges(&self.texts.0) == judges(&before.texts.0)
            && self.texts.1 == before.texts.1
            && self.secrets == before.secrets
            && self.project_changes == before.project_changes;
        if is_same { Self { edition: before.edition.clone(), ..self } } else { self }
    }

    /// Whether connections to clusters have to be told of the difference.
    pub(crate) fn concerns_clusters(&self, before: &Self) -> bool {
        self.texts != before.texts || self.clusters != before.clusters
    }
}

/// Tells a connected cluster how objects are recognised and which kinds are left alone.
pub(crate) async fn instruct(cluster: &Cluster, settings: &Arc<Settings>, is_home: bool) {
    cluster.track_by(&settings.tracker);
    let ignored = settings.ignore_differences.iter().flat_map(|rule| rule.managed_fields_managers.clone());
    cluster.keep_managers(ignored.collect());
    let excluding = settings.clone();
    cluster.exclude(Arc::new(move |kind| excluding.is_excluded(kind) && !(is_home && is_control_kind(kind)))).await;
}

/// Kinds that the control plane itself lives on: no exclusion hides them from it.
pub(crate) fn is_control_kind(kind: &GroupKind) -> bool {
    kind.is("", "ConfigMap") || kind.is("", "Secret") || &*kind.group == "argoproj.io"
}

/// Whether a change of this object changes the configuration.
pub(crate) fn is_config(key: &ObjectKey, namespace: &str) -> bool {
    *key.namespace == *namespace
        && (key.kind.is("", "ConfigMap") && key.name.starts_with("argocd-")
            || key.kind.is("", "Secret")
            || key.kind.is("argoproj.io", "AppProject"))
}

fn config_map(cluster: &Cluster, namespace: &str, name: &str) -> Data {
    let key = ObjectKey::new(GroupKind::new("", "ConfigMap"), namespace, name);
    let object = cluster.get(&key).map(|cached| cached.object());
    let data = object.as_ref().and_then(|object| object.get("data")?.as_object());
    data.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// The labelled Secrets of the control plane's namespace.
fn secrets(cluster: &Cluster, namespace: &str) -> Secrets {
    let kind = GroupKind::new("", "Secret");
    let mut keys = cluster.keys(Scope::Namespace(namespace));
    keys.retain(|key| key.kind == kind);
    keys.sort();
    keys.iter().filter_map(|key| decoded(&cluster.get(key)?.object())).collect()
}

fn decoded(secret: &Object) -> Option<(String, BTreeMap<String, Vec<u8>>)> {
    let label = secret.label(SECRET_TYPE_LABEL)?.to_owned();
    let data = secret.get("data").and_then(Value::as_object)?;
    let decode = |(name, value): (&String, &Value)| Some((name.clone(), STANDARD.decode(value.as_str()?).ok()?));
    Some((label, data.iter().filter_map(decode).collect()))
}

fn clusters(secrets: &[(String, BTreeMap<String, Vec<u8>>)]) -> Vec<ClusterSecret> {
    let of_clusters = secrets.iter().filter(|(label, _)| label == cluster_secret::SECRET_TYPE);
    of_clusters.filter_map(|(_, data)| ClusterSecret::parse(data)).collect()
}

/// Where the text cannot be read, nobody knows what it forbids: the error stands for all projects.
fn global_projects(data: &Data) -> Result<Vec<GlobalProject>, String> {
    match data.get("globalProjects").filter(|text| !text.trim().is_empty()) {
        None => Ok(Vec::new()),
        Some(text) => {
            windlass_pipeline::settings::parse(text).map_err(|reason| format!("argocd-cm: globalProjects: {reason}"))
        }
    }
}
