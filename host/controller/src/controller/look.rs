//! One look at one application: finds its scope, lets the turn be decided and taken, and books when to look again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::Instrument as _;
use windlass_model::{Application, GroupKind, ObjectKey, application::SyncStatus, names};
use windlass_pipeline::{Reconciled, Remedy, Scope, Settings};
use windlass_source::Freshness;

use super::{Controller, at_rest, leave::Deleting, lock};
use crate::{
    charge,
    config::Config,
    deletion, left_behind,
    queue::AppKey,
    restore,
    scope::{self, Hindrance, Surroundings},
    scribe::Scribe,
    sync::{self, Syncing},
    turn::{self, Decision, Turn},
};

/// Pause before a failed action is tried again; doubled each time, up to the maximum.
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(60);
/// How soon an application looks again whether its cluster is back.
const UNREACHABLE_POLL: Duration = Duration::from_secs(10);

impl Controller {
    pub(super) async fn look(self: &Arc<Self>, key: &AppKey) {
        // No application has an empty name: this one stands for the configuration.
        if key.1.is_empty() {
            self.config().await;
            return;
        }
        let object = ObjectKey::new(GroupKind::new("argoproj.io", "Application"), &key.0, &key.1);
        let Some(cached) = self.cluster.get(&object) else { return self.forget(key) };
        let config = self.config().await;
        if self.still_rests(key, &cached, &config) {
            return self.queue.push(key.clone(), usual_pause(&config.settings));
        }
        let app = match serde_json::from_slice::<Application>(cached.body()) {
            Ok(app) => Arc::new(app),
            Err(error) => return tracing::error!(application = %key.1, %error, "cannot be read"),
        };
        let span = tracing::info_span!("reconcile", application = %app.full_name(), revision = tracing::field::Empty);
        let result = self.reconcile(&object, key, app, &config).instrument(span).await;
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
        config: &Config,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        if !charge::is_ours(&app, self.options.only_handed_over) {
            return Ok(None);
        }
        if !config.params.serves(&app.metadata.namespace, &self.options.control_namespace) {
            return Ok(None);
        }
        if restore::is_news(&app) {
            return self.welcome(object, &app).await;
        }
        let surroundings = Surroundings { home: &self.cluster, connections: &self.connections, config };
        let scope = match scope::of(&app, &surroundings, self.freshness(Some(&app), key, config)) {
            Ok(scope) => scope,
            Err(hindrance) => return self.hinder(object, &app, hindrance).await,
        };
        let watches = scope.project.warns_of_orphans();
        self.inbox.watch_neighbours(&scope.cluster_id, &app.spec.destination.namespace, key, watches);
        let is_syncing = app.status.operation_state.as_ref().is_some_and(|state| !state.phase.is_completed());
        if app.is_deleting() && !is_syncing {
            match self.delete(object, &scope).await? {
                Deleting::Report => {}
                Deleting::Reported { again } => return Ok(again),
            }
        }
        let began = Instant::now();
        let mut state = self.pipeline.reconcile(&scope).await;
        self.metrics.reconciled(&app.metadata.namespace, &scope.destination.server, began.elapsed());
        if namespace_metadata_changed(&app) && state.assessment.status == SyncStatus::Synced {
            state.assessment.status = SyncStatus::OutOfSync;
        }
        tracing::Span::current().record("revision", state.revision.as_str());
        let next = next_look(&config.settings, &state, scope.now);
        let is_news = self.note_lookups(key, &scope, &state);
        let finalizers = deletion::finalizers(&app, &state);
        let grounds = at_rest::grounds_of(&scope, &state);
        let scribe = self.scribe(object, &app);
        let turn = Turn { finalizers, ..self.turn(key, &scope, state, &scribe).await? };
        let grounds = grounds.filter(|_| at_rest::comes_to_rest(&turn));
        let delay = turn.again_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        let version = self.tell(&scribe, turn).await?;
        let next = if is_news { Duration::ZERO } else { next };
        self.remember_rest(key, &scope, config, grounds.map(|grounds| (version, grounds)));
        Ok(Some(delay.map_or(next, |delay| delay.min(next))))
    }

    /// Takes in an application that was read back from a backup.
    async fn welcome(
        &self,
        object: &ObjectKey,
        app: &Arc<Application>,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        self.write(object, app, turn::restored(app)).await?;
        tracing::warn!("was read back from a backup: no operation of before goes on, and nothing is pruned unasked");
        if let Err(error) = self.cluster.record(&restore::note(app)).await {
            tracing::warn!(%error, "cannot record the event");
        }
        Ok(Some(Duration::ZERO))
    }

    /// Has the application looked at when an object changes that its generators have looked up. Whoever knows no
    /// desired state knows no lookups either: those of before count.
    fn note_lookups(&self, key: &AppKey, scope: &Scope, state: &Reconciled) -> bool {
        state.problem.is_none() && self.inbox.lookers.note(key, &scope.cluster_id, state.influences.lookups())
    }

    /// How old an answer about branches may be; an application that rests asks for no refresh.
    pub(super) fn freshness(&self, app: Option<&Application>, key: &AppKey, config: &Config) -> Freshness {
        match lock(&self.fresh_from).get(key).copied() {
            _ if app.is_some_and(|app| app.annotation(names::REFRESH).is_some()) => Freshness::now(),
            Some(moment) => Freshness::since(moment.into_std()),
            None => Freshness::within(config.settings.reconciliation),
        }
    }

    /// Says why an application cannot be reconciled, or lets one go that is to be deleted and has nowhere to act.
    async fn hinder(
        &self,
        object: &ObjectKey,
        app: &Arc<Application>,
        hindrance: Hindrance,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        let (problem, again) = match hindrance {
            Hindrance::Connecting => return Ok(None),
            Hindrance::Gone(problem) if app.is_deleting() => {
                match left_behind::wait(app, &problem, self.options.lost_cluster_grace) {
                    None => return self.let_go(object, app, &problem).await,
                    Some(wait) => (problem, Some(wait)),
                }
            }
            Hindrance::Unreachable(problem) => (problem, Some(UNREACHABLE_POLL)),
            Hindrance::Gone(problem) | Hindrance::Refused(problem) => (problem, None),
        };
        self.write(object, app, turn::refused(app, &problem)).await?;
        Ok(again)
    }

    async fn turn(
        &self,
        key: &AppKey,
        scope: &Scope,
        state: Reconciled,
        scribe: &Scribe<'_>,
    ) -> Result<Turn, windlass_cluster::Error> {
        let (running, extra) = match turn::decide(scope, &state) {
            Decision::Rest(turn) => return Ok(*turn),
            Decision::Sync { running, extra } => (running, extra),
        };
        let next_wave_at = lock(&self.next_waves).get(key).copied();
        let syncing = Syncing { pipeline: &self.pipeline, scope, scribe, next_wave_at, extra };
        let turn = sync::advance(syncing, state, *running).await?;
        match turn.next_wave_at {
            Some(at) => lock(&self.next_waves).insert(key.clone(), at),
            None => lock(&self.next_waves).remove(key),
        };
        self.metrics.took_turn(scope, &turn.status);
        Ok(turn)
    }

    pub(super) async fn write(
        &self,
        object: &ObjectKey,
        app: &Arc<Application>,
        turn: Turn,
    ) -> Result<(), windlass_cluster::Error> {
        self.tell(&self.scribe(object, app), turn).await?;
        Ok(())
    }

    /// Writes what a turn has come to, and tells whoever wants to know; gives the version that the application then has.
    async fn tell(&self, scribe: &Scribe<'_>, turn: Turn) -> Result<String, windlass_cluster::Error> {
        let app = scribe.app()?;
        let Some(written) = scribe.write(turn).await? else { return Ok(app.metadata.resource_version.clone()) };
        if let Some(notifier) = &self.notifier {
            notifier.tell(&app, &written.status);
        }
        Ok(written.version)
    }

    fn forget(&self, key: &AppKey) {
        self.inbox.forget(key);
        lock(&self.at_rest).remove(key);
        lock(&self.next_waves).remove(key);
    }

    pub(super) fn scribe<'a>(&'a self, object: &'a ObjectKey, app: &Arc<Application>) -> Scribe<'a> {
        Scribe::new(&self.cluster, &self.options.control_namespace, object, app)
    }
}

/// Whether the namespace is to carry other labels or annotations than the last sync gave it.
fn namespace_metadata_changed(app: &Application) -> bool {
    let wanted = app.spec.sync_policy.as_ref().and_then(|policy| policy.managed_namespace_metadata.as_ref());
    let last = app.status.operation_state.as_ref().and_then(|state| state.sync_result.as_ref());
    wanted.is_some() && last.is_some_and(|last| last.managed_namespace_metadata.as_ref() != wanted)
}

fn usual_pause(settings: &Settings) -> Duration {
    match settings.reconciliation.is_zero() {
        true => Duration::from_secs(24 * 3600),
        false => settings.reconciliation + settings.jitter / 2,
    }
}

fn next_look(settings: &Settings, state: &Reconciled, now: u64) -> Duration {
    let next = match state.problem.as_ref().map(|problem| problem.remedy) {
        Some(Remedy::Sight) => Duration::from_secs(1),
        Some(Remedy::Time) => Duration::from_secs(10),
        _ => usual_pause(settings),
    };
    // What the clock has decided over is made anew when the clock says something else.
    match state.influences.changes_at() {
        Some(moment) => next.min(Duration::from_secs(moment.saturating_sub(now).max(1))),
        None => next,
    }
}
