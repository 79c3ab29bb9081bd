//! One look at one application: finds its scope, lets the turn be decided and taken, and books when to look again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::Instrument as _;
use windlass_model::{Application, GroupKind, ObjectKey, application::SyncStatus, names};
use windlass_pipeline::{Problem, Reconciled, Remedy, Scope, Settings};
use windlass_source::Freshness;

use super::{Controller, leave::Deleting, lock};
use crate::{
    config::Config,
    deletion, left_behind,
    queue::AppKey,
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
        let Some(cached) = self.cluster.get(&object) else {
            lock(&self.next_waves).remove(key);
            return self.inbox.forget(key);
        };
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
        let config = self.config().await;
        if !config.params.serves(&app.metadata.namespace, &self.options.control_namespace) {
            return Ok(None);
        }
        let surroundings = Surroundings { home: &self.cluster, connections: &self.connections, config: &config };
        let scope = match scope::of(&app, &surroundings, self.freshness(&app, key, &config)) {
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
        let next = next_look(&config.settings, state.problem.as_ref());
        let finalizers = deletion::finalizers(&app, &state);
        let scribe = self.scribe(object, &app);
        let turn = Turn { finalizers, ..self.turn(key, &scope, state, &scribe).await? };
        let delay = turn.again_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        self.tell(&scribe, turn).await?;
        Ok(Some(delay.map_or(next, |delay| delay.min(next))))
    }

    fn freshness(&self, app: &Application, key: &AppKey, config: &Config) -> Freshness {
        match lock(&self.fresh_from).get(key).copied() {
            _ if app.annotation(names::REFRESH).is_some() => Freshness::now(),
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
        self.tell(&self.scribe(object, app), turn).await
    }

    /// Writes what a turn has come to, and tells whoever wants to know.
    async fn tell(&self, scribe: &Scribe<'_>, turn: Turn) -> Result<(), windlass_cluster::Error> {
        let app = scribe.app();
        let Some(status) = scribe.write(turn).await? else { return Ok(()) };
        if let Some(notifier) = &self.notifier {
            notifier.tell(&app, &status);
        }
        Ok(())
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

fn next_look(settings: &Settings, problem: Option<&Problem>) -> Duration {
    match problem.map(|problem| problem.remedy) {
        Some(Remedy::Sight) => Duration::from_secs(1),
        Some(Remedy::Time) => Duration::from_secs(10),
        _ if settings.reconciliation.is_zero() => Duration::from_secs(24 * 3600),
        _ => settings.reconciliation + settings.jitter / 2,
    }
}
