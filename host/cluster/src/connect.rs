//! The handle to one cluster.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use futures::FutureExt as _;
use kube::Client;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use windlass_diff::Tracker;
use windlass_model::{GroupKind, ObjectKey};

use crate::{
    Cached, Change, Error, Kind, Kinds, Part, Scope,
    cache::Cache,
    fence::Fence,
    follow::{self, Asked, Follower},
    watch::{Feed, Health, keep},
};

/// Which kinds are left alone: `resource.exclusions`.
pub type Excluded = Arc<dyn Fn(&GroupKind) -> bool + Send + Sync>;

/// How a cluster is watched.
pub struct Options {
    pub tracker: Tracker,
    pub excluded: Excluded,
    pub part: Part,
    /// Asked before every write.
    pub fence: Fence,
    /// Told of every change of the cache, from the watch's task: it must not block.
    pub on_change: Box<dyn Fn(Change) + Send + Sync>,
}

/// A connected cluster. Dropping the last handle to it ends its watches.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) client: Client,
    pub(crate) cache: Arc<Cache>,
    pub(crate) fence: Fence,
    /// Whom the API server is asked to take us for when we write.
    pub(crate) impersonated: Option<Arc<str>>,
    kinds: Arc<RwLock<Arc<Kinds>>>,
    /// Held while it is asked for kinds, so that no earlier answer takes the place of a later one.
    asking: Arc<tokio::sync::Mutex<()>>,
    excluded: Arc<RwLock<Excluded>>,
    part: Part,
    watches: Arc<Mutex<Watches>>,
    version: String,
}

/// Watches by kind and namespace; the namespace is empty where all of them are watched at once.
#[derive(Default)]
struct Watches {
    by_kind: HashMap<GroupKind, HashMap<String, Watch>>,
    /// Follows what kinds there are.
    follower: Option<Follower>,
}

struct Watch {
    task: JoinHandle<()>,
    health: watch::Receiver<Health>,
    plural: String,
}

impl Watch {
    fn fault(&self) -> Option<String> {
        match &*self.health.borrow() {
            Some(Err(message)) => Some(message.clone()),
            _ => None,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cluster {
    /// Discovers the kinds and starts a watch for each; returns once every kind has been listed.
    pub async fn connect(client: Client, options: Options) -> Result<Self, Error> {
        let kinds = Kinds::discover(&client, &Kinds::default()).await?;
        let bell = Arc::new(Notify::new());
        let cluster = Self {
            cache: Arc::new(Cache::new(options.tracker, follow::ringing(bell.clone(), options.on_change))),
            fence: options.fence,
            impersonated: None,
            kinds: Arc::new(RwLock::new(Arc::new(kinds))),
            asking: Arc::default(),
            excluded: Arc::new(RwLock::new(options.excluded)),
            part: options.part,
            watches: Arc::default(),
            version: client.apiserver_version().await?.git_version,
            client,
        };
        cluster.start_watches();
        cluster.settle().await;
        // It has rung for all that lives. What has come since the kinds were asked for is asked for here.
        let _rang = bell.notified().now_or_never().is_some();
        cluster.rediscover().await?;
        cluster.lock_watches().follower = Some(cluster.follower(bell));
        Ok(cluster)
    }

    /// Asks again which kinds there are. That is done by itself after a CRD or an APIService has changed; who has
    /// just made one does not wait for it.
    pub async fn rediscover(&self) -> Result<(), Error> {
        let asking = self.asking.lock().await;
        let before = self.kinds();
        let kinds = Kinds::discover(&self.client, &before).await?;
        if kinds != *before {
            *self.kinds.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(kinds);
        }
        drop(asking);
        self.start_watches();
        self.settle().await;
        Ok(())
    }

    /// Leaves other kinds alone from now on: what is no longer watched is forgotten, what is new is listed.
    pub async fn exclude(&self, excluded: Excluded) {
        *self.excluded.write().unwrap_or_else(PoisonError::into_inner) = excluded;
        self.start_watches();
        self.settle().await;
    }

    /// The same cluster, where writes are made in the name of a user.
    pub fn impersonating(&self, user: &str) -> Self {
        Self { impersonated: Some(user.into()), ..self.clone() }
    }

    /// The same cluster, of which only a part is managed; watches go on as they are.
    pub fn limited_to(&self, part: Part) -> Self {
        Self { part, ..self.clone() }
    }

    /// What of the cluster is watched and managed.
    pub fn part(&self) -> &Part {
        &self.part
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
                open.push(cached.uid().to_owned());
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

    /// How many objects carry an application's mark.
    pub fn count_of(&self, application: &str) -> usize {
        self.cache.count_of(application)
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

    /// Why a kind's objects cannot be seen; what is in the cache of them says nothing then.
    pub fn blindness(&self, kind: &GroupKind) -> Option<String> {
        if let Some(reason) = self.kinds().hides(kind) {
            return Some(reason.to_owned());
        }
        self.lock_watches().by_kind.get(kind)?.values().find_map(Watch::fault)
    }

    /// Why nothing of the cluster can be seen any more: no watch stands, and this is what one of them says.
    pub fn outage(&self) -> Option<String> {
        let watches = self.lock_watches();
        let mut faults = watches.by_kind.values().flat_map(HashMap::values).map(Watch::fault);
        let first = faults.next()??;
        faults.all(|fault| fault.is_some()).then_some(first)
    }

    fn start_watches(&self) {
        let kinds = self.kinds();
        let excluded = self.excluded.read().unwrap_or_else(PoisonError::into_inner).clone();
        let is_wanted = |kind: &Kind| kind.watchable && !excluded(&kind.group_kind());
        let mut watches = self.lock_watches();
        // A CRD that was deleted and made again may have another plural; its watch begins anew.
        watches.by_kind.retain(|kind, watching| {
            let served = kinds.preferred(kind).filter(|served| is_wanted(served));
            watching.retain(|_, watch| served.is_some_and(|served| served.plural == watch.plural));
            served.is_some()
        });
        for kind in kinds.all_preferred().filter(|kind| is_wanted(kind)) {
            let watching = watches.by_kind.entry(kind.group_kind()).or_default();
            for namespace in self.part.places(kind) {
                watching.entry(namespace.clone()).or_insert_with(|| self.watch(kind.clone(), namespace));
            }
        }
        drop(watches);
        for kind in self.cache.kinds() {
            if !kinds.preferred(&kind).is_some_and(is_wanted) {
                self.cache.keys_of_kind(&kind).iter().for_each(|key| self.cache.remove(key, None));
            }
        }
    }

    /// Follows for as long as somebody else holds the cluster: by itself it holds no watches.
    fn follower(&self, bell: Arc<Notify>) -> Follower {
        let watches = Arc::downgrade(&self.watches);
        let own = Self { watches: Arc::default(), ..self.clone() };
        Follower::start(bell, self.asked(), move || {
            let whole = watches.upgrade().map(|watches| Self { watches, ..own.clone() });
            async move {
                let Some(cluster) = whole else { return Asked::Over };
                match cluster.rediscover().await {
                    Ok(()) => cluster.asked(),
                    Err(error) => {
                        tracing::warn!(%error, "cannot ask which kinds there are");
                        Asked::Part
                    }
                }
            }
        })
    }

    fn asked(&self) -> Asked {
        if self.kinds().are_incomplete() { Asked::Part } else { Asked::Everything }
    }

    fn lock_watches(&self) -> MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, kind: Kind, namespace: String) -> Watch {
        let (sender, health) = watch::channel(None);
        let plural = kind.plural.clone();
        let feed = Feed { client: self.client.clone(), kind, namespace, cache: self.cache.clone() };
        Watch { task: tokio::spawn(keep(feed, sender)), health, plural }
    }

    /// Waits until every watch has listed once, or has failed to.
    async fn settle(&self) {
        let receivers: Vec<_> = {
            let watches = self.lock_watches();
            watches.by_kind.values().flat_map(HashMap::values).map(|watch| watch.health.clone()).collect()
        };
        for mut receiver in receivers {
            // An error here means that the watch was ended by a later discovery.
            if receiver.wait_for(Option::is_some).await.is_err() {
                continue;
            }
        }
    }
}
