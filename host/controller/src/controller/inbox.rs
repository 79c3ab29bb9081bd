//! From a change in a cluster to the applications that have to be looked at.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use windlass_cluster::Change;

use crate::{
    cluster_book::IN_CLUSTER,
    config,
    metrics::Metrics,
    queue::{AppKey, Queue},
};

/// What the clusters' watches tell the controller.
pub(crate) struct Inbox {
    pub(super) queue: Arc<Queue>,
    pub(super) metrics: Arc<Metrics>,
    /// Set when the configuration has changed.
    pub(super) is_stale: AtomicBool,
    pub(super) namespace: String,
}

impl Inbox {
    /// A change in the control plane's own cluster.
    pub(super) fn take(&self, change: &Change) {
        let key = &change.key;
        if key.kind.is("argoproj.io", "Application") {
            self.wake((key.namespace.to_string(), key.name.to_string()));
        }
        if config::is_config(key, &self.namespace) {
            self.is_stale.store(true, Ordering::SeqCst);
            self.wake((self.namespace.clone(), String::new()));
        }
        self.take_remote(IN_CLUSTER, change);
    }

    /// A change in a cluster that is only deployed to.
    pub(crate) fn take_remote(&self, server: &str, change: &Change) {
        self.metrics.event(server, &change.key.kind);
        if let Some(application) = &change.application {
            let (namespace, name) = application.split_once('_').unwrap_or((&self.namespace, application));
            self.wake((namespace.to_owned(), name.to_owned()));
        }
    }

    /// Has an application looked at now.
    pub(crate) fn wake(&self, key: AppKey) {
        self.queue.push(key, Duration::ZERO);
    }
}
