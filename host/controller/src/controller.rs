//! The controller's face to the outside: how it is started and stopped, its workers, what can be asked of it.

mod inbox;
mod look;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use windlass_cluster::Cluster;
use windlass_model::{Application, GroupKind, ObjectKey};
use windlass_pipeline::{Pipeline, Settings};

use self::inbox::Inbox;
use crate::{
    config::Config,
    notify::{Notifier, NotifyOptions},
    overview::{Overview, overview},
    queue::{AppKey, Queue},
};

type Adjust = Box<dyn Fn(&mut Settings) + Send + Sync>;

/// What a controller works with.
pub struct Options {
    /// Where Applications, projects and settings live.
    pub control_namespace: String,
    /// Applications that are looked at at the same time; Argo CD's `controller.status.processors`.
    pub workers: usize,
    /// The last word over settings.
    pub adjust: Adjust,
    pub notify: Option<NotifyOptions>,
}

/// The controller of one cluster.
pub struct Controller {
    cluster: Arc<Cluster>,
    pipeline: Arc<Pipeline>,
    queue: Arc<Queue>,
    options: Options,
    config: RwLock<Config>,
    stale: Arc<Mutex<bool>>,
    failures: Mutex<HashMap<AppKey, u32>>,
    /// Before this moment, answers about branches are too old: somebody asked for a refresh.
    fresh_from: Mutex<HashMap<AppKey, Instant>>,
    notifier: Option<Notifier>,
}

impl Controller {
    /// Connects to the cluster and reads the configuration. Nothing is reconciled before [`Controller::run`].
    pub async fn start(
        client: kube::Client,
        pipeline: Arc<Pipeline>,
        options: Options,
    ) -> Result<Arc<Self>, windlass_cluster::Error> {
        let queue = Arc::new(Queue::default());
        let stale = Arc::new(Mutex::new(false));
        let inbox = Inbox { queue: queue.clone(), stale: stale.clone(), namespace: options.control_namespace.clone() };
        let mut early = Settings::default();
        (options.adjust)(&mut early);
        let tracker = early.tracker.clone();
        let cluster = Cluster::connect(
            client,
            windlass_cluster::Options {
                tracker,
                excluded: Box::new(move |kind| early.is_excluded(kind)),
                on_change: Box::new(move |change| inbox.take(&change)),
            },
        )
        .await?;
        let config = Config::read(&cluster, &options.control_namespace, &*options.adjust);
        let notifier = options.notify.clone().map(Notifier::new);
        Ok(Arc::new(Self {
            cluster: Arc::new(cluster),
            pipeline,
            queue,
            config: RwLock::new(config),
            options,
            stale,
            failures: Mutex::default(),
            fresh_from: Mutex::default(),
            notifier,
        }))
    }

    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Reconciles until [`Controller::stop`].
    pub async fn run(self: Arc<Self>) {
        let mut workers = JoinSet::new();
        for _ in 0..self.options.workers.max(1) {
            let controller = self.clone();
            workers.spawn(async move {
                while let Some(key) = controller.queue.pop().await {
                    controller.look(&key).await;
                    controller.queue.done(&key);
                }
            });
        }
        while let Some(ended) = workers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker has ended");
            }
        }
    }

    pub fn stop(&self) {
        self.queue.close();
    }

    /// Whether nothing is due and nobody is at work.
    pub fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }

    /// Looks at every application again, with sources resolved anew.
    pub fn refresh_all(&self) {
        for overview in self.overview() {
            let key = (overview.namespace, overview.name);
            lock(&self.fresh_from).insert(key.clone(), Instant::now());
            self.queue.push(key, Duration::ZERO);
        }
    }

    /// All applications, by name.
    pub fn overview(&self) -> Vec<Overview> {
        let kind = GroupKind::new("argoproj.io", "Application");
        let mut keys = self.cluster.keys_of(&kind);
        keys.sort();
        keys.iter().filter_map(|key| Some(overview(&self.application(key)?))).collect()
    }

    fn application(&self, key: &ObjectKey) -> Option<Application> {
        serde_json::from_slice(self.cluster.get(key)?.body()).ok()
    }

    fn config(&self) -> Config {
        let is_stale = std::mem::take(&mut *lock(&self.stale));
        if is_stale {
            let config = Config::read(&self.cluster, &self.options.control_namespace, &*self.options.adjust);
            *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
            for overview in self.overview() {
                self.queue.push((overview.namespace, overview.name), Duration::ZERO);
            }
        }
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
