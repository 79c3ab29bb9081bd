//! The controller's face to the outside: how it is started and stopped, its workers, what can be asked of it.

mod at_rest;
mod leave;
mod look;
mod observe;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use windlass_cluster::{Cluster, Fence, Part};
use windlass_model::{Application, GroupKind, ObjectKey};
use windlass_pipeline::{Pipeline, Settings};

use self::at_rest::AtRest;
use crate::{
    cluster_book::IN_CLUSTER,
    config::{self, Config},
    connections::Connections,
    default_project,
    inbox::Inbox,
    metrics::{ClusterFacts, Metrics},
    notify::{Notifier, NotifyOptions},
    overview::{Overview, overview},
    queue::{AppKey, Queue},
    seed,
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
    /// Asked before every write, to whichever cluster.
    pub fence: Fence,
    /// How long a deleted application waits for a cluster or project that is gone.
    pub lost_cluster_grace: Duration,
    /// Acts on no application that Argo CD's controller might act on.
    pub only_handed_over: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            control_namespace: "argocd".into(),
            workers: 20,
            adjust: Box::new(|_| {}),
            notify: None,
            fence: Fence::open(),
            lost_cluster_grace: Duration::from_secs(2),
            only_handed_over: false,
        }
    }
}

/// The controller of one control plane.
pub struct Controller {
    /// The cluster that the control plane lives in.
    cluster: Arc<Cluster>,
    connections: Arc<Connections>,
    pipeline: Arc<Pipeline>,
    queue: Arc<Queue>,
    inbox: Arc<Inbox>,
    metrics: Arc<Metrics>,
    options: Options,
    config: RwLock<Arc<Config>>,
    /// Remarks about the configuration that have been logged.
    remarked: Mutex<HashSet<String>>,
    failures: Mutex<HashMap<AppKey, u32>>,
    /// When the next wave of a sync may begin, in milliseconds since 1970.
    next_waves: Mutex<HashMap<AppKey, i64>>,
    at_rest: Mutex<HashMap<AppKey, Arc<AtRest>>>,
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
        let options = with_seed(&client, options).await;
        if let Err(error) = default_project::ensure(&client, &options.control_namespace).await {
            tracing::warn!(%error, "there is no project `default`, and none can be made");
        }
        let inbox = Arc::new(Inbox::new(options.control_namespace.clone()));
        let cluster = Arc::new(connect_home(client, &inbox, &options).await?);
        let config = Arc::new(inbox.read_config(&cluster, &*options.adjust));
        config::instruct(&cluster, &config.settings_for(IN_CLUSTER), true).await;
        let connections = Arc::new(Connections::new(cluster.clone(), inbox.clone(), options.fence.clone()));
        let controller = Arc::new(Self {
            cluster,
            connections,
            pipeline,
            queue: inbox.queue.clone(),
            metrics: inbox.metrics.clone(),
            inbox,
            notifier: options.notify.clone().map(Notifier::new),
            config: RwLock::new(config.clone()),
            options,
            remarked: Mutex::default(),
            failures: Mutex::default(),
            next_waves: Mutex::default(),
            at_rest: Mutex::default(),
            fresh_from: Mutex::default(),
        });
        controller.remark(&config);
        Ok(controller)
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
        self.applications().iter().map(overview).collect()
    }

    /// Why nothing can be done: the control plane's own cluster does not answer.
    pub fn outage(&self) -> Option<String> {
        self.cluster.outage()
    }

    /// Everything that is counted, in the text format of Prometheus.
    pub fn metrics(&self) -> String {
        let config = self.present_config();
        let mut clusters = vec![ClusterFacts::of(IN_CLUSTER, "in-cluster", Some(&self.cluster))];
        for (secret, cluster) in self.connections.asked_for() {
            clusters.push(ClusterFacts::of(&secret.server, &secret.name, cluster.as_deref()));
        }
        self.metrics.text(&self.applications(), &clusters, &config, self.pipeline.generations())
    }

    fn applications(&self) -> Vec<Application> {
        let mut keys = self.cluster.keys_of(&GroupKind::new("argoproj.io", "Application"));
        keys.sort();
        keys.iter().filter_map(|key| self.application(key)).collect()
    }

    fn application(&self, key: &ObjectKey) -> Option<Application> {
        serde_json::from_slice(self.cluster.get(key)?.body()).ok()
    }

    fn present_config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration, read again if something of it has changed.
    async fn config(&self) -> Arc<Config> {
        let Some((before, config)) = self.read_again() else { return self.present_config() };
        self.remark(&config);
        if config.concerns_clusters(&before) {
            self.connections.adopt(&config).await;
        }
        for application in self.applications() {
            self.inbox.wake((application.metadata.namespace, application.metadata.name));
        }
        config
    }

    /// The configuration before and after a change, if there was one. Whoever comes meanwhile waits for it.
    fn read_again(&self) -> Option<(Arc<Config>, Arc<Config>)> {
        if !self.inbox.is_stale() {
            return None;
        }
        let mut present = self.config.write().unwrap_or_else(PoisonError::into_inner);
        if !self.inbox.take_stale() {
            return None;
        }
        let before = present.clone();
        *present = Arc::new(self.inbox.read_config(&self.cluster, &*self.options.adjust).succeeding(&before));
        Some((before, present.clone()))
    }

    /// Says once what is wrong with the configuration or has no effect.
    fn remark(&self, config: &Config) {
        let mut remarked = lock(&self.remarked);
        for remark in &config.remarks {
            if remarked.insert(remark.clone()) {
                tracing::warn!("{remark}");
            }
        }
    }
}

async fn connect_home(
    client: kube::Client,
    inbox: &Arc<Inbox>,
    options: &Options,
) -> Result<Cluster, windlass_cluster::Error> {
    let mut early = Settings::default();
    (options.adjust)(&mut early);
    let inbox = inbox.clone();
    let watched = windlass_cluster::Options {
        tracker: early.tracker.clone(),
        excluded: Arc::new(move |kind| early.is_excluded(kind) && !config::is_control_kind(kind)),
        part: Part::Whole,
        fence: options.fence.clone(),
        on_change: Box::new(move |change| inbox.take(&change)),
    };
    Cluster::connect(client, watched).await
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Generators without a seed are refused random values: made anew at each look, they would never come to rest.
async fn with_seed(client: &kube::Client, mut options: Options) -> Options {
    let seed = seed::ensure(client, &options.control_namespace).await;
    if let Err(error) = &seed {
        tracing::warn!(%error, "generators get no random values");
    }
    let (seed, adjust) = (seed.ok(), options.adjust);
    options.adjust = Box::new(move |settings| {
        settings.allowances.seed = seed.clone();
        adjust(settings);
    });
    options
}
