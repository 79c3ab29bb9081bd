//! The controller: what changes in the cluster becomes looks at applications, and looks become actions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use tracing::Instrument as _;
use windlass_cluster::{Change, Cluster};
use windlass_engine::{AutoSync, auto_sync, automation::Situation};
use windlass_model::{
    Application, GroupKind, ObjectKey,
    application::{Condition, OperationPhase, OperationState, SyncStatus},
    names,
};
use windlass_pipeline::{Pipeline, Problem, Reconciled, Scope, Settings, SyncRequest};
use windlass_source::Freshness;

use crate::{
    clock, config,
    config::Config,
    deletion::{self, Remaining},
    gates::{is_blocked, window_permits},
    notify::{Notifier, NotifyOptions},
    operation::{self, Present},
    overview::{Overview, overview},
    queue::{AppKey, Queue},
    seed,
    status::{self, Marks, OperationField},
    supported,
};

/// Pause before a failed action is tried again; doubled each time, up to the maximum.
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// How soon a sync that waits for a window looks again; windows open by the minute.
const WINDOW_POLL_MS: i64 = 10_000;

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

/// What the cluster's watches tell the controller.
pub(crate) struct Inbox {
    queue: Arc<Queue>,
    stale: Arc<Mutex<bool>>,
    namespace: String,
}

impl Inbox {
    fn take(&self, change: &Change) {
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

impl Controller {
    /// Connects to the cluster and reads the configuration. Nothing is reconciled before [`Controller::run`].
    pub async fn start(
        client: kube::Client,
        pipeline: Arc<Pipeline>,
        mut options: Options,
    ) -> Result<Arc<Self>, windlass_cluster::Error> {
        let queue = Arc::new(Queue::default());
        let stale = Arc::new(Mutex::new(false));
        let seed = match seed::ensure(&client, &options.control_namespace).await {
            Ok(seed) => Some(seed),
            Err(error) => {
                tracing::warn!(%error, "generators get no random values");
                None
            }
        };
        let adjust = std::mem::replace(&mut options.adjust, Box::new(|_| {}));
        options.adjust = Box::new(move |settings| {
            settings.allowances.seed = seed.clone();
            adjust(settings);
        });
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

    async fn look(self: &Arc<Self>, key: &AppKey) {
        // No application has an empty name: this one stands for the configuration.
        if key.1.is_empty() {
            self.config();
            return;
        }
        let object = ObjectKey::new(GroupKind::new("argoproj.io", "Application"), &key.0, &key.1);
        let Some(cached) = self.cluster.get(&object) else { return };
        let app = match serde_json::from_slice::<Application>(cached.body()) {
            Ok(app) => Arc::new(app),
            Err(error) => return tracing::error!(application = %key.1, %error, "cannot be read"),
        };
        let span = tracing::info_span!("reconcile", application = %app.full_name(), revision = tracing::field::Empty);
        let result = self.reconcile(&object, key, app).instrument(span).await;
        let delay = match result {
            Ok(delay) => {
                lock(&self.failures).remove(key);
                delay
            }
            Err(error) => Some(self.back_off(key, &error)),
        };
        if let Some(delay) = delay {
            self.queue.push(key.clone(), delay);
        }
    }

    fn back_off(&self, key: &AppKey, error: &windlass_cluster::Error) -> Duration {
        let mut failures = lock(&self.failures);
        let count = failures.entry(key.clone()).or_default();
        let delay = BACKOFF.saturating_mul(1 << (*count).min(10)).min(BACKOFF_MAX);
        *count += 1;
        if error.reason() == Some(windlass_cluster::Reason::Conflict) {
            // The application changed while it was looked at; the change itself asks for the next look.
            tracing::debug!(application = %key.1, "changed meanwhile");
            return Duration::from_millis(20);
        }
        tracing::warn!(application = %key.1, %error, "reconcile failed, trying again");
        delay
    }

    /// Looks at one application; gives the time after which to look again.
    async fn reconcile(
        self: &Arc<Self>,
        object: &ObjectKey,
        key: &AppKey,
        app: Arc<Application>,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        if app.annotation(names::SKIP_RECONCILE) == Some("true") {
            return Ok(None);
        }
        let config = self.config();
        let in_control = app.metadata.namespace == self.options.control_namespace;
        if !in_control {
            return Ok(None);
        }
        let scope = match self.scope(&app, key, &config) {
            Ok(scope) => scope,
            Err(problem) if app.is_deleting() => return self.let_go(object, &app, &problem).await,
            Err(problem) => return self.refuse(object, &app, &problem).await,
        };
        let is_syncing = app.status.operation_state.as_ref().is_some_and(|state| !state.phase.is_completed());
        if app.is_deleting() && !is_syncing && !self.delete(object, &scope).await? {
            return Ok(None);
        }
        let mut state = self.pipeline.reconcile(&scope).await;
        if namespace_metadata_changed(&app) && state.assessment.status == SyncStatus::Synced {
            state.assessment.status = SyncStatus::OutOfSync;
        }
        tracing::Span::current().record("revision", state.revision.as_str());
        let next = next_look(&config.settings, state.problem.as_ref());
        let turn = self.turn(&scope, state).await;
        let delay = turn.again_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        self.write(object, &scope.app, turn).await?;
        Ok(Some(delay.map_or(next, |delay| delay.min(next))))
    }

    fn scope(&self, app: &Arc<Application>, key: &AppKey, config: &Config) -> Result<Scope, Problem> {
        supported::check(app)?;
        let project = config::project(&self.cluster, &self.options.control_namespace, &app.spec.project)?;
        let destination = config::destination(&app.spec.destination)?;
        for source in app.spec.all_sources() {
            if !project.permits_source(&source.repo_url) {
                return Err(Problem::invalid_spec(format!(
                    "application repo {} is not permitted in project '{}'",
                    source.repo_url, app.spec.project
                )));
            }
        }
        if !project.permits_destination(&destination) {
            return Err(Problem::invalid_spec(format!(
                "application destination server '{}' and namespace '{}' do not match any of the allowed destinations in project '{}'",
                destination.server, destination.namespace, app.spec.project
            )));
        }
        let asked = lock(&self.fresh_from).get(key).copied();
        let refresh = app.annotation(names::REFRESH).is_some();
        let freshness = match asked {
            _ if refresh => Freshness::now(),
            Some(moment) => Freshness::since(moment.into_std()),
            None => Freshness::within(config.settings.reconciliation),
        };
        Ok(Scope {
            app: app.clone(),
            settings: config.settings.clone(),
            project: Arc::new(project),
            cluster: self.cluster.clone(),
            repositories: config.repositories.clone(),
            freshness,
            destination,
            sources: None,
            revisions: None,
            kube_version: self.cluster.version().to_owned(),
            now: u64::try_from(clock::now_ms() / 1000).unwrap_or_default(),
        })
    }

    /// What this look comes to: the status to write, and when to look again.
    async fn turn(self: &Arc<Self>, scope: &Scope, state: Reconciled) -> Turn {
        let app = &scope.app;
        let mut extra = Vec::new();
        let mut again_ms = None;
        let automated = match self.automation(scope, &state) {
            AutoSync::Start(operation) => Some(*operation),
            AutoSync::Idle => None,
            AutoSync::HealLater { in_ms } => {
                again_ms = Some(in_ms);
                None
            }
            AutoSync::Refused(condition) => {
                extra.push(condition);
                None
            }
        };
        match operation::present(app, automated) {
            Present::None => {
                Turn { status: status::after(app, &state, None, extra), operation: OperationField::Keep, again_ms }
            }
            Present::Retry { state: waiting, in_ms } => Turn {
                status: status::after(app, &state, Some(*waiting), extra),
                operation: OperationField::Keep,
                again_ms: Some(in_ms),
            },
            Present::Run(running) if is_blocked(scope, &running) => Turn {
                status: status::after(app, &state, Some(operation::blocked(*running)), extra),
                operation: OperationField::Set,
                again_ms: Some(WINDOW_POLL_MS),
            },
            Present::Run(running) => self.sync(scope, state, *running, extra).await,
        }
    }

    fn automation(&self, scope: &Scope, state: &Reconciled) -> AutoSync {
        let app = &scope.app;
        if state.problem.is_some() || !window_permits(scope, false, None) {
            return AutoSync::Idle;
        }
        let finished =
            app.status.operation_state.as_ref().and_then(|state| clock::parse(state.finished_at.as_deref()?));
        let revisions = if app.spec.has_many_sources() { state.revisions.as_slice() } else { &[] };
        auto_sync(
            app,
            &Situation {
                assessment: &state.assessment,
                revision: if app.spec.has_many_sources() { "" } else { &state.revision },
                revisions,
                since_last_ms: finished.map(|finished| clock::now_ms() - finished),
            },
        )
    }

    async fn sync(
        self: &Arc<Self>,
        scope: &Scope,
        state: Reconciled,
        running: OperationState,
        extra: Vec<Condition>,
    ) -> Turn {
        let app = &scope.app;
        let sync = operation::sync_of(app, &running);
        let (sync_scope, sync_state) = match self.operation_state(scope, &state, &sync).await {
            Ok(pair) => pair,
            Err(problem) => {
                let failed = operation::or_retry(operation::fail(running, &problem.message));
                return self.finished(scope, state, failed, extra).await;
            }
        };
        let request = SyncRequest {
            operation: &sync,
            recorded: running.sync_result.as_ref().map_or(&[], |result| result.resources.as_slice()),
            started_at: clock::parse(&running.started_at).unwrap_or(0) / 1000,
            confirmed: approved_since(app, &running),
            terminate: running.phase == OperationPhase::Terminating,
            now_ms: &clock::now_ms,
        };
        let progress = self.pipeline.advance(&sync_scope, &sync_state, &request).await;
        let until = progress.until;
        let booked = operation::or_retry(operation::book(running, app, &sync_state, &progress));
        if booked.phase.is_completed() || booked.finished_at.is_some() {
            return self.finished(scope, state, booked, extra).await;
        }
        Turn {
            status: status::after(app, &state, Some(booked), extra),
            operation: OperationField::Set,
            again_ms: until.map(|until| (until - clock::now_ms()).max(0)),
        }
    }

    /// The state that an operation is about: the application's own, unless it asks for other revisions or sources.
    async fn operation_state(
        self: &Arc<Self>,
        scope: &Scope,
        state: &Reconciled,
        sync: &windlass_model::application::SyncOperation,
    ) -> Result<(Scope, Reconciled), Problem> {
        let wanted = if sync.revisions.is_empty() { vec![sync.revision.clone()] } else { sync.revisions.clone() };
        let same_revision = wanted.iter().all(String::is_empty) || wanted == state.revisions;
        let sources = match (&sync.source, sync.sources.is_empty()) {
            (_, false) => Some(sync.sources.clone()),
            (Some(source), true) => Some(vec![source.clone()]),
            (None, true) => None,
        };
        let own: Vec<_> = scope.app.spec.all_sources().into_iter().cloned().collect();
        if same_revision && sources.as_ref().is_none_or(|sources| *sources == own) {
            return match &state.problem {
                Some(problem) => Err(problem.clone()),
                None => Ok((scope.clone(), state.clone())),
            };
        }
        let scope = Scope { sources, revisions: Some(wanted), ..scope.clone() };
        let state = self.pipeline.reconcile(&scope).await;
        match &state.problem {
            Some(problem) => Err(problem.clone()),
            None => Ok((scope, state)),
        }
    }

    /// A finished operation changes what is live, so the application is compared once more before its one
    /// final status is written.
    async fn finished(
        self: &Arc<Self>,
        scope: &Scope,
        before: Reconciled,
        booked: OperationState,
        extra: Vec<Condition>,
    ) -> Turn {
        let app = &scope.app;
        let state = if before.problem.is_some() { before } else { self.pipeline.reconcile(scope).await };
        let waits = !booked.phase.is_completed();
        let mut status = status::after(app, &state, Some(booked.clone()), extra);
        let sync = booked.operation.sync.clone().unwrap_or_default();
        if booked.phase == OperationPhase::Succeeded && !sync.dry_run && sync.resources.is_empty() {
            status::record_history(&mut status, app, &booked);
        }
        let again_ms = Some(if waits { 0 } else { 1 });
        Turn { status, operation: if waits { OperationField::Set } else { OperationField::Clear }, again_ms }
    }

    async fn write(&self, object: &ObjectKey, app: &Application, turn: Turn) -> Result<(), windlass_cluster::Error> {
        let mut status = turn.status;
        if status.controller_namespace.is_empty() {
            status.controller_namespace.clone_from(&self.options.control_namespace);
        }
        let refreshed = app.annotation(names::REFRESH).is_some();
        let marks = Marks { refreshed, operation: turn.operation };
        let Some(patch) = status::patch(app, status.clone(), marks) else { return Ok(()) };
        self.cluster.merge_patch(object, &patch).await?;
        if let Some(notifier) = &self.notifier {
            notifier.tell(app, &status);
        }
        Ok(())
    }

    async fn refuse(
        &self,
        object: &ObjectKey,
        app: &Application,
        problem: &Problem,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        let turn = Turn { status: status::invalid(app, problem), operation: OperationField::Keep, again_ms: None };
        self.write(object, app, turn).await?;
        Ok(None)
    }

    /// An application whose project or cluster is gone is not held back by it; what it made stays.
    async fn let_go(
        &self,
        object: &ObjectKey,
        app: &Application,
        problem: &Problem,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        tracing::warn!(application = %app.full_name(), reason = %problem, "deleted without its objects");
        self.release(object, app).await
    }

    async fn release(
        &self,
        object: &ObjectKey,
        app: &Application,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        if app.metadata.finalizers.iter().any(|name| deletion::is_ours(name)) {
            match self.cluster.merge_patch(object, &deletion::release(app)).await {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Takes the deletion one step further; whether there is still an application to report on.
    async fn delete(&self, object: &ObjectKey, scope: &Scope) -> Result<bool, windlass_cluster::Error> {
        let app = &scope.app;
        if !app.metadata.finalizers.iter().any(|name| deletion::is_ours(name)) {
            return Ok(true);
        }
        match deletion::cascade(scope).await? {
            Remaining::Waiting => Ok(true),
            Remaining::Confirmation { object } => {
                tracing::info!(%object, "waits for confirmation of its deletion");
                Ok(true)
            }
            Remaining::Nothing => {
                self.release(object, app).await?;
                // With a finalizer of somebody else's left, the change brings the next look.
                Ok(false)
            }
        }
    }
}

/// What one look has come to.
struct Turn {
    status: windlass_model::application::Status,
    operation: OperationField,
    again_ms: Option<i64>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the namespace is to carry other labels or annotations than the last sync gave it.
fn namespace_metadata_changed(app: &Application) -> bool {
    let wanted = app.spec.sync_policy.as_ref().and_then(|policy| policy.managed_namespace_metadata.as_ref());
    let last = app.status.operation_state.as_ref().and_then(|state| state.sync_result.as_ref());
    wanted.is_some() && last.is_some_and(|last| last.managed_namespace_metadata.as_ref() != wanted)
}

/// Whether pruning was approved after the operation began.
fn approved_since(app: &Application, state: &OperationState) -> bool {
    let approved = app.annotation(names::DELETION_APPROVED).and_then(clock::parse);
    let started = clock::parse(&state.started_at);
    approved.is_some_and(|approved| started.is_none_or(|started| approved >= started))
}

fn next_look(settings: &Settings, problem: Option<&Problem>) -> Duration {
    match problem {
        Some(problem) if problem.transient => Duration::from_secs(10),
        _ if settings.reconciliation.is_zero() => Duration::from_secs(24 * 3600),
        _ => settings.reconciliation + settings.jitter / 2,
    }
}
