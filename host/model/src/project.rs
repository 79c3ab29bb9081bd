//! The `AppProject` resource.

use serde::{Deserialize, Serialize};

use crate::application::{Destination, Metadata};

/// An `argoproj.io/v1alpha1` AppProject.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Project {
    pub metadata: Metadata,
    pub spec: ProjectSpec,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectSpec {
    pub source_repos: Vec<String>,
    pub destinations: Vec<Destination>,
    pub source_namespaces: Vec<String>,
    pub cluster_resource_whitelist: Vec<KindRule>,
    pub cluster_resource_blacklist: Vec<KindRule>,
    /// Absent allows every namespaced kind, an empty list none.
    pub namespace_resource_whitelist: Option<Vec<KindRule>>,
    pub namespace_resource_blacklist: Vec<KindRule>,
    pub sync_windows: Vec<SyncWindow>,
    pub orphaned_resources: Option<OrphanedResources>,
    pub permit_only_project_scoped_clusters: bool,
    pub destination_service_accounts: Vec<DestinationServiceAccount>,
    pub signature_keys: Vec<serde_json::Value>,
    pub source_integrity: Option<serde_json::Value>,
}

/// A group and kind, both globs; `name` narrows a cluster-scoped rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KindRule {
    pub group: String,
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncWindow {
    /// `allow` or `deny`.
    pub kind: String,
    /// Cron, five fields.
    pub schedule: String,
    pub duration: String,
    pub applications: Vec<String>,
    pub namespaces: Vec<String>,
    pub clusters: Vec<String>,
    pub manual_sync: bool,
    pub time_zone: String,
    pub and_operator: bool,
    pub sync_overrun: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrphanedResources {
    /// Absent means true.
    pub warn: Option<bool>,
    pub ignore: Vec<KindRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationServiceAccount {
    pub server: String,
    pub namespace: String,
    pub default_service_account: String,
}
