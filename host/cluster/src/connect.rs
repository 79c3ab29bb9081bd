//! The handle to one cluster.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use kube::Client;
use tokio::{sync::watch, task::JoinHandle};
use windlass_diff::Tracker;
use windlass_model::{GroupKind, ObjectKey};

use crate::{
    Cached, Change, Error, Kinds, Scope,
    cache::Cache,
    watch::{Health, is_wanted, keep},
};

/// How a cluster is watched.
pub struct Options {
    pub tracker: Tracker,
    /// Kinds that are left alone: `resource.exclusions`.
    pub excluded: Box<dyn Fn(&GroupKind) -> bool + Send + Sync>,
    /// Told of every change of the cache, from the watch's task: it must not block.
    pub on_change: Box<dyn Fn(Change) + Send + Sync>,
}

/// A connected cluster. Dropping it ends its watches.
pub struct Cluster {
    pub(crate) client: Client,
    pub(crate) cache: Arc<Cache>,
    kinds: RwLock<Arc<Kinds>>,
    excluded: Box<dyn Fn(&GroupKind) -> bool + Send + Sync>,
    watches: Mutex<HashMap<GroupKind, Watch>>,
    version: String,
}

struct Watch {
    task: JoinHandle<()>,
    health: watch::Receiver<Health>,
    plural: String,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cluster {
    /// Discovers the kinds and starts a watch for each; returns once every kind has been listed.
    pub async fn connect(client: Client, options: Options) -> Result<Self, Error> {
        let cluster = Self {
            cache: Arc::new(Cache::new(options.tracker, options.on_change)),
            kinds: RwLock::new(Arc::new(Kinds::discover(&client).await?)),
            excluded: options.excluded,
            watches: Mutex::default(),
            version: client.apiserver_version().await?.git_version,
            client,
        };
        cluster.start_watches();
        cluster.settle().await;
        Ok(cluster)
    }

    /// Asks again which kinds there are, after a CRD has come or gone.
    pub async fn rediscover(&self) -> Result<(), Error> {
        let kinds = Arc::new(Kinds::discover(&self.client).await?);
        *self.kinds.write().unwrap_or_else(PoisonError::into_inner) = kinds;
        self.start_watches();
        self.settle().await;
        Ok(())
    }

    pub fn kinds(&self) -> Arc<Kinds> {
        self.kinds.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A live object, from the cache.
    pub fn get(&self, key: &ObjectKey) -> Option<Arc<Cached>> {
        self.cache.get(key)
    }

    /// The live objects of one kind.
    pub fn keys_of(&self, kind: &GroupKind) -> Vec<ObjectKey> {
        self.cache.keys_of_kind(kind)
    }

    /// The objects that are owned, directly or through others, by the object with this UID.
    pub fn owned_by(&self, uid: &str) -> Vec<Arc<Cached>> {
        let mut found = Vec::new();
        let mut open = vec![uid.to_owned()];
        let mut seen = HashSet::new();
        while let Some(uid) = open.pop() {
            if !seen.insert(uid.clone()) {
                continue;
            }
            for cached in self.cache.owned_by(&uid).iter().filter_map(|key| self.cache.get(key)) {
                open.push(cached.uid.to_string());
                found.push(cached);
            }
        }
        found
    }

    /// The cluster's version, as `v1.37.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn keys(&self, scope: Scope<'_>) -> Vec<ObjectKey> {
        self.cache.keys(scope)
    }

    /// Objects in the cache.
    pub fn object_count(&self) -> usize {
        self.cache.len()
    }

    /// Recognises objects by another mark from now on.
    pub fn track_by(&self, tracker: &Tracker) {
        self.cache.set_tracker(tracker.clone());
    }

    /// Managers whose field sets are kept, because ignore rules name them.
    pub fn keep_managers(&self, managers: Vec<String>) {
        self.cache.set_kept_managers(managers);
    }

    /// Kinds whose watch does not stand, with the reason. A verdict about an application that uses one
    /// of them cannot be trusted.
    pub fn broken_kinds(&self) -> Vec<(GroupKind, String)> {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        watches
            .iter()
            .filter_map(|(kind, watch)| match &*watch.health.borrow() {
                Some(Err(message)) => Some((kind.clone(), message.clone())),
                _ => None,
            })
            .collect()
    }

    fn start_watches(&self) {
        let kinds = self.kinds();
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        // A CRD that was deleted and made again may have another plural; its watch begins anew.
        watches.retain(|kind, watch| kinds.preferred(kind).is_some_and(|served| served.plural == watch.plural));
        for kind in kinds.all_preferred().filter(|kind| is_wanted(kind, &self.excluded)) {
            watches.entry(kind.group_kind()).or_insert_with(|| {
                let (sender, health) = watch::channel(None);
                let task = tokio::spawn(keep(self.client.clone(), kind.clone(), self.cache.clone(), sender));
                Watch { task, health, plural: kind.plural.clone() }
            });
        }
        drop(watches);
        self.forget_unserved(&kinds);
    }

    fn forget_unserved(&self, kinds: &Kinds) {
        for key in self.cache.all_keys() {
            if kinds.preferred(&key.kind).is_none() {
                self.cache.remove(&key, None);
            }
        }
    }

    /// Waits until every watch has listed once, or has failed to.
    async fn settle(&self) {
        let receivers: Vec<_> = {
            let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
            watches.values().map(|watch| watch.health.clone()).collect()
        };
        for mut receiver in receivers {
            // An error here means that the watch was ended by a later discovery.
            if receiver.wait_for(Option::is_some).await.is_err() {
                continue;
            }
        }
    }
}
