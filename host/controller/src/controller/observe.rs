//! What an observer asks of a controller that does not run.

use std::sync::Arc;

use windlass_model::Application;
use windlass_pipeline::{Pipeline, Problem, Scope};
use windlass_source::Freshness;

use super::Controller;
use crate::{
    queue::AppKey,
    scope::{self, Hindrance, Surroundings},
};

impl Controller {
    pub(crate) fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// The applications of the control plane's namespace, by name.
    pub(crate) fn own_applications(&self) -> Vec<Application> {
        let mut own = self.applications();
        own.retain(|app| app.metadata.namespace == self.options.control_namespace);
        own
    }

    /// The scope of an application, once its cluster has been connected, or why there is none.
    pub(crate) async fn scope_of(&self, app: &Arc<Application>, freshness: Freshness) -> Result<Scope, Problem> {
        loop {
            let config = self.config().await;
            let surroundings = Surroundings { home: &self.cluster, connections: &self.connections, config: &config };
            match scope::of(app, &surroundings, freshness) {
                Ok(scope) => return Ok(scope),
                Err(Hindrance::Gone(problem) | Hindrance::Refused(problem) | Hindrance::Unreachable(problem)) => {
                    return Err(problem);
                }
                Err(Hindrance::Connecting) => while self.next().await.is_some_and(|key| key.1 != app.metadata.name) {},
            }
        }
    }

    /// Waits for the next application that something has changed about. Nobody else takes from the queue of a
    /// controller that does not run.
    pub(crate) async fn next(&self) -> Option<AppKey> {
        let key = self.queue.pop().await?;
        self.queue.done(&key);
        Some(key)
    }
}
