//! Applications of which the last look has found that nothing is to be done, so that the next one can be short: where
//! nothing that it would go by has changed, it would find the same.

use std::{sync::Arc, time::Instant};

use windlass_cluster::{Cached, Cluster};
use windlass_model::application::SyncStatus;
use windlass_pipeline::{Grounds, Reconciled, Scope};

use super::{Controller, lock};
use crate::{
    config::{Config, Edition},
    queue::AppKey,
    status::OperationField,
    turn::Turn,
};

/// What such a look has gone by.
pub(crate) struct AtRest {
    /// Of the Application, with everything that was written to it.
    version: String,
    edition: Arc<Edition>,
    cluster: Arc<Cluster>,
    server: String,
    grounds: Arc<Grounds>,
}

/// What a look finds that comes to rest, before its status is written; `None` where time alone may change the verdict.
pub(crate) fn grounds_of(scope: &Scope, state: &Reconciled) -> Option<Arc<Grounds>> {
    let is_timeless = state.assessment.status == SyncStatus::Synced
        && state.problem.is_none()
        && !scope.app.is_deleting()
        && !scope.project.warns_of_orphans();
    state.grounds.clone().filter(|_| is_timeless)
}

/// Whether a turn leaves nothing to do.
pub(crate) fn comes_to_rest(turn: &Turn) -> bool {
    turn.again_ms.is_none() && turn.operation == OperationField::Keep
}

impl Controller {
    /// Whether an application rests, and nothing has changed since.
    pub(super) fn still_rests(&self, key: &AppKey, cached: &Cached, config: &Config) -> bool {
        let began = Instant::now();
        let at_rest = lock(&self.at_rest);
        let Some(known) = at_rest.get(key).filter(|known| known.version == cached.resource_version()) else {
            return false;
        };
        let known = known.clone();
        drop(at_rest);
        let holds = Arc::ptr_eq(&known.edition, &config.edition)
            && known.cluster.outage().is_none()
            && self.pipeline.holds(&known.grounds, &known.cluster, self.freshness(None, key, config));
        if holds {
            self.metrics.reconciled(&key.0, &known.server, began.elapsed());
        }
        holds
    }

    /// Remembers that an application rests in this version, or that it does not.
    pub(super) fn remember_rest(
        &self,
        key: &AppKey,
        scope: &Scope,
        config: &Config,
        rest: Option<(String, Arc<Grounds>)>,
    ) {
        let mut at_rest = lock(&self.at_rest);
        let Some((version, grounds)) = rest else {
            at_rest.remove(key);
            return;
        };
        let known = AtRest {
            version,
            edition: config.edition.clone(),
            cluster: scope.cluster.clone(),
            server: scope.destination.server.clone(),
            grounds,
        };
        at_rest.insert(key.clone(), Arc::new(known));
    }
}
