//! The connection to each registered cluster: made when an application first needs it, tried again while it fails,
//! dropped when the cluster's Secret changes or goes.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::task::JoinHandle;
use windlass_cluster::{Cluster, Fence, Options};
use windlass_pipeline::Settings;

use crate::{
    cluster_secret::ClusterSecret,
    config::{self, Config},
    inbox::Inbox,
    queue::AppKey,
};

const BACKOFF: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// A cluster that has not been listed after this time counts as out of reach; its first lists may go on.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a cluster can be worked with now.
pub(crate) enum Reach {
    Up(Arc<Cluster>),
    /// The first attempt is under way; the application is looked at again when it has ended.
    Connecting,
    Down(String),
}

/// The connections, by server URL.
pub(crate) struct Connections {
    home: Arc<Cluster>,
    inbox: Arc<Inbox>,
    fence: Fence,
    remotes: Mutex<HashMap<String, Remote>>,
}

struct Remote {
    secret: ClusterSecret,
    state: State,
    /// Applications that are looked at again when the state changes.
    waiting: HashSet<AppKey>,
    task: JoinHandle<()>,
}

enum State {
    Connecting,
    Up(Arc<Cluster>),
    Down(String),
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connections {
    pub(crate) fn new(home: Arc<Cluster>, inbox: Arc<Inbox>, fence: Fence) -> Self {
        Self { home, inbox, fence, remotes: Mutex::default() }
    }

    /// The cluster of a Secret, for an application that wants to use it.
    pub(crate) fn reach(self: &Arc<Self>, secret: &ClusterSecret, settings: &Arc<Settings>, asking: &AppKey) -> Reach {
        if secret.is_home() {
            return Reach::Up(Arc::new(self.home.limited_to(secret.part.clone())));
        }
        let mut remotes = self.lock();
        let remote = remotes.entry(secret.server.clone()).or_insert_with(|| self.begin(secret, settings));
        let reach = match &remote.state {
            State::Up(cluster) => match cluster.outage() {
                None => return Reach::Up(cluster.clone()),
                Some(reason) => Reach::Down(reason),
            },
            State::Connecting => Reach::Connecting,
            State::Down(reason) => Reach::Down(reason.clone()),
        };
        remote.waiting.insert(asking.clone());
        reach
    }

    /// The clusters that have been asked for, with the connection where it stands.
    pub(crate) fn asked_for(&self) -> Vec<(ClusterSecret, Option<Arc<Cluster>>)> {
        let up = |remote: &Remote| match &remote.state {
            State::Up(cluster) => Some(cluster.clone()),
            State::Connecting | State::Down(_) => None,
        };
        self.lock().values().map(|remote| (remote.secret.clone(), up(remote))).collect()
    }

    /// Takes a new configuration over: connections whose Secret is gone or says something else are dropped.
    pub(crate) async fn adopt(self: &Arc<Self>, config: &Config) {
        let ups: Vec<(String, Arc<Cluster>)> = {
            let mut remotes = self.lock();
            // What is still on its way set out with the settings of before: it begins anew when it is asked for.
            remotes.retain(|_, remote| {
                matches!(remote.state, State::Up(_)) && config.clusters.all().contains(&remote.secret)
            });
            let up = remotes.iter().filter_map(|(server, remote)| match &remote.state {
                State::Up(cluster) => Some((server.clone(), cluster.clone())),
                State::Connecting | State::Down(_) => None,
            });
            up.collect()
        };
        for (server, cluster) in ups {
            let settings = config.settings_for(&server);
            // A cluster that does not answer must not hold the others up.
            tokio::spawn(async move { config::instruct(&cluster, &settings, false).await });
        }
        config::instruct(&self.home, &config.settings_for(crate::cluster_book::IN_CLUSTER), true).await;
    }

    fn begin(self: &Arc<Self>, secret: &ClusterSecret, settings: &Arc<Settings>) -> Remote {
        let task = tokio::spawn(keep_trying(Arc::downgrade(self), secret.clone(), settings.clone()));
        Remote { secret: secret.clone(), state: State::Connecting, waiting: HashSet::new(), task }
    }

    fn arrive(&self, server: &str, state: State) {
        let waiting = {
            let mut remotes = self.lock();
            let Some(remote) = remotes.get_mut(server) else { return };
            remote.state = state;
            std::mem::take(&mut remote.waiting)
        };
        waiting.into_iter().for_each(|key| self.inbox.wake(key));
    }

    async fn connect(&self, secret: &ClusterSecret, settings: &Arc<Settings>) -> Result<Cluster, String> {
        let access = secret.access.as_ref().map_err(Clone::clone)?;
        let client = access.client().await.map_err(|error| error.to_string())?;
        let (inbox, excluding) = (self.inbox.clone(), settings.clone());
        let server: Arc<str> = secret.server.as_str().into();
        let options = Options {
            tracker: settings.tracker.clone(),
            excluded: Arc::new(move |kind| excluding.is_excluded(kind)),
            part: secret.part.clone(),
            fence: self.fence.clone(),
            on_change: Box::new(move |change| inbox.take_remote(&server, &change)),
        };
        match tokio::time::timeout(PATIENCE, Cluster::connect(client, options)).await {
            Ok(connected) => connected.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Remote>> {
        self.remotes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends with the connection made, or when it is no longer wanted.
async fn keep_trying(connections: Weak<Connections>, secret: ClusterSecret, settings: Arc<Settings>) {
    let mut pause = BACKOFF;
    loop {
        let Some(connections) = connections.upgrade() else { return };
        match connections.connect(&secret, &settings).await {
            Ok(cluster) => return connections.arrive(&secret.server, State::Up(Arc::new(cluster))),
            Err(reason) => {
                tracing::warn!(server = %secret.server, %reason, "cluster cannot be reached");
                connections.arrive(&secret.server, State::Down(reason));
            }
        }
        drop(connections);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(BACKOFF_MAX);
    }
}
