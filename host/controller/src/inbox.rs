//! From a change in a cluster to the applications that have to be looked at.

mod lookers;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use windlass_cluster::{Change, Cluster};
use windlass_pipeline::Settings;

use self::lookers::Lookers;
use crate::{
    cluster_book::IN_CLUSTER,
    config::{self, Config},
    metrics::Metrics,
    queue::{AppKey, Queue},
};

/// What the clusters' watches tell the controller.
pub(crate) struct Inbox {
    pub(crate) queue: Arc<Queue>,
    pub(crate) metrics: Arc<Metrics>,
    /// Set when the configuration has changed.
    is_stale: AtomicBool,
    /// How often a project has changed.
    project_changes: AtomicU64,
    namespace: String,
    /// Applications that are told of objects of nobody's, by the place where those would be.
    neighbours: Mutex<HashMap<Place, HashSet<AppKey>>>,
    pub(crate) lookers: Lookers,
}

/// A cluster's server and a namespace in it.
type Place = (String, String);

impl Inbox {
    /// Of a control plane in this namespace.
    pub(crate) fn new(namespace: String) -> Self {
        Self {
            queue: Arc::default(),
            metrics: Arc::default(),
            is_stale: AtomicBool::new(false),
            project_changes: AtomicU64::new(0),
            namespace,
            neighbours: Mutex::default(),
            lookers: Lookers::default(),
        }
    }

    /// A change in the control plane's own cluster.
    pub(crate) fn take(&self, change: &Change) {
        let key = &change.key;
        if key.kind.is("argoproj.io", "Application") {
            self.wake((key.namespace.to_string(), key.name.to_string()));
        }
        if config::is_config(key, &self.namespace) {
            if key.kind.is("argoproj.io", "AppProject") {
                self.project_changes.fetch_add(1, Ordering::SeqCst);
            }
            self.is_stale.store(true, Ordering::SeqCst);
            self.wake((self.namespace.clone(), String::new()));
        }
        self.take_remote(IN_CLUSTER, change);
    }

    /// The configuration as it stands, and which state of the projects it goes with.
    pub(crate) fn read_config(&self, cluster: &Cluster, adjust: &dyn Fn(&mut Settings)) -> Config {
        // Taken first: a project that changes meanwhile is seen to have changed.
        let project_changes = self.project_changes.load(Ordering::SeqCst);
        Config::read(cluster, &self.namespace, adjust, project_changes)
    }

    /// Whether the configuration has changed since it was read.
    pub(crate) fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::SeqCst)
    }

    /// The same, for who reads it now.
    pub(crate) fn take_stale(&self) -> bool {
        self.is_stale.swap(false, Ordering::SeqCst)
    }

    /// A change in a cluster that is only deployed to.
    pub(crate) fn take_remote(&self, server: &str, change: &Change) {
        self.metrics.event(server, &change.key.kind);
        self.lookers.of(server, &change.key).into_iter().for_each(|application| self.wake(application));
        if let Some(application) = &change.application {
            let (namespace, name) = application.split_once('_').unwrap_or((&self.namespace, application));
            self.wake((namespace.to_owned(), name.to_owned()));
        } else {
            self.wake_neighbours(server, &change.key.namespace);
        }
    }

    /// Has an application looked at whenever an object of nobody's changes in its namespace, or no longer.
    pub(crate) fn watch_neighbours(&self, server: &str, namespace: &str, application: &AppKey, watches: bool) {
        let mut neighbours = self.lock();
        let place = (server.to_owned(), namespace.to_owned());
        if watches {
            neighbours.entry(place).or_default().insert(application.clone());
        } else if let Some(watching) = neighbours.get_mut(&place) {
            watching.remove(application);
        }
    }

    /// The application is gone.
    pub(crate) fn forget(&self, application: &AppKey) {
        self.lookers.forget(application);
        for watching in self.lock().values_mut() {
            watching.remove(application);
        }
    }

    fn wake_neighbours(&self, server: &str, namespace: &str) {
        let neighbours = self.lock();
        if neighbours.is_empty() || namespace.is_empty() {
            return;
        }
        let watching = neighbours.get(&(server.to_owned(), namespace.to_owned()));
        watching.into_iter().flatten().for_each(|application| self.wake(application.clone()));
    }

    /// Has an application looked at now.
    pub(crate) fn wake(&self, key: AppKey) {
        self.queue.push(key, Duration::ZERO);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, HashSet<AppKey>>> {
        self.neighbours.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
