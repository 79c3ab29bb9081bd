//! One application in its surroundings: what a look at it goes by.

use std::{collections::BTreeSet, sync::Arc};

use windlass_cluster::Cluster;
use windlass_engine::ProjectRules;
use windlass_model::{
    Application, GroupKind, ObjectKey,
    application::{Destination, Source},
};
use windlass_source::{Freshness, RepositorySecret};

use crate::{Problem, Settings};

/// One application in its surroundings.
#[derive(Clone)]
pub struct Scope {
    pub app: Arc<Application>,
    pub settings: Arc<Settings>,
    pub project: Arc<ProjectRules>,
    pub cluster: Arc<Cluster>,
    pub repositories: Arc<Vec<RepositorySecret>>,
    /// How old an answer about a branch may be.
    pub freshness: Freshness,
    /// Where the destination's `server` and `name` lead, both filled in.
    pub destination: Destination,
    /// What tells this cluster from others: its server URL.
    pub cluster_id: Arc<str>,
    /// Sources and revisions of an operation that asks for others than the spec.
    pub sources: Option<Vec<Source>>,
    pub revisions: Option<Vec<String>>,
    pub kube_version: String,
    /// Unix time, which generators that may know it learn.
    pub now: u64,
}

impl Scope {
    /// The name in marks: qualified where the application lives outside the control plane's namespace.
    pub fn instance(&self) -> String {
        let metadata = &self.app.metadata;
        if metadata.namespace == self.settings.control_namespace {
            metadata.name.clone()
        } else {
            format!("{}_{}", metadata.namespace, metadata.name)
        }
    }

    pub(crate) fn all_sources(&self) -> Vec<&Source> {
        match &self.sources {
            Some(sources) => sources.iter().collect(),
            None => self.app.spec.all_sources(),
        }
    }

    /// Why nobody knows how the application stands: a kind that it has, or has had, cannot be seen.
    pub fn blindness<'a>(&self, kinds: impl Iterator<Item = &'a GroupKind>) -> Option<Problem> {
        let listed = self.app.status.resources.iter().map(|row| GroupKind::new(&row.group, &row.kind));
        let kinds: BTreeSet<GroupKind> = kinds.cloned().chain(listed).collect();
        kinds.iter().find_map(|kind| Some(Problem::blindness(kind, &self.cluster.blindness(kind)?)))
    }

    /// Where an object is, told apart from one of the same name in another cluster.
    pub(crate) fn place(&self, key: &ObjectKey) -> (Arc<str>, ObjectKey) {
        (self.cluster_id.clone(), key.clone())
    }

    pub(crate) fn own_key(&self) -> ObjectKey {
        let metadata = &self.app.metadata;
        ObjectKey::new(GroupKind::new("argoproj.io", "Application"), &metadata.namespace, &metadata.name)
    }
}
