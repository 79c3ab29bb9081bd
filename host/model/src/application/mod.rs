//! The `Application` resource: what users write, and the status they read.
//!
//! Generator parameters (`helm`, `kustomize`, `directory`, `plugin`) stay JSON: they belong to the
//! generator that they name, and the core has no special case for any of them.

mod operation;
mod source;
mod spec;
mod status;

pub use operation::{
    Backoff, InfoItem, InitiatedBy, Operation, Retry, SyncOperation, SyncResource, SyncStrategy, duration_from_text,
};
pub use source::Source;
pub use spec::{Automated, Destination, IgnoreDifference, ManagedNamespaceMetadata, Spec, SyncPolicy};
pub use status::{
    AppHealth, ComparedTo, Condition, ConditionType, HistoryEntry, HookType, OperationPhase, OperationState,
    ResourceResult, ResourceStatus, ResultCode, Status, Summary, SyncPhase, SyncResult, SyncState, SyncStatus,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::names;

/// The part of object metadata that the controller reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub resource_version: String,
    pub creation_timestamp: Option<String>,
    pub deletion_timestamp: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub finalizers: Vec<String>,
}

/// An `argoproj.io/v1alpha1` Application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    pub metadata: Metadata,
    pub spec: Spec,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    pub status: Status,
}

impl Application {
    /// `namespace/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.metadata.namespace, self.metadata.name)
    }

    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata.annotations.get(name).map(String::as_str)
    }

    pub fn is_deleting(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// Whether it was read back from a backup, and nobody has said since that it may prune by itself.
    pub fn is_restored(&self) -> bool {
        self.annotation(names::RESTORED).is_some()
    }
}
