//! From a change in the cluster to the applications that have to be looked at.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use windlass_cluster::Change;

use crate::{config, queue::Queue};

/// What the cluster's watches tell the controller.
pub(super) struct Inbox {
    pub(super) queue: Arc<Queue>,
    pub(super) stale: Arc<Mutex<bool>>,
    pub(super) namespace: String,
}

impl Inbox {
    pub(super) fn take(&self, change: &Change) {
        let key = &change.key;
        if key.kind.is("argoproj.io", "Application") {
            self.queue.push((key.namespace.to_string(), key.name.to_string()), Duration::ZERO);
        }
        if let Some(application) = &change.application {
            let (namespace, name) = application.split_once('_').unwrap_or((&self.namespace, application));
            self.queue.push((namespace.to_owned(), name.to_owned()), Duration::ZERO);
        }
        if config::is_config(key, &self.namespace) {
            *self.stale.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.queue.push((self.namespace.clone(), String::new()), Duration::ZERO);
        }
    }
}
