//! The end of an application: what it made goes with it, or stays and somebody is told.

use std::{sync::Arc, time::Duration};

use windlass_model::{Application, ObjectKey};
use windlass_pipeline::{Problem, Scope};

use super::Controller;
use crate::{
    deletion::{self, Remaining},
    impersonation, left_behind, status,
    turn::Turn,
};

/// Whether the status of an application that is being deleted is still to be written.
pub(super) enum Deleting {
    Report,
    Reported { again: Option<Duration> },
}

impl Controller {
    /// What the application has made stays, and somebody is told of it.
    pub(super) async fn let_go(
        &self,
        object: &ObjectKey,
        app: &Arc<Application>,
        problem: &Problem,
    ) -> Result<Option<Duration>, windlass_cluster::Error> {
        let left = left_behind::of(app);
        if !left.is_empty() {
            tracing::warn!(application = %app.full_name(), reason = %problem, objects = ?left, "left behind");
            self.metrics.left_behind(&app.metadata.namespace, &app.metadata.name, left.len());
            let note = left_behind::note(app, problem, &left);
            if let Err(error) = self.cluster.record(&note).await {
                tracing::warn!(application = %app.full_name(), %error, "cannot record the event");
            }
        }
        self.release(object, app).await?;
        Ok(None)
    }

    async fn release(&self, object: &ObjectKey, app: &Arc<Application>) -> Result<(), windlass_cluster::Error> {
        self.scribe(object, app).release(deletion::is_ours).await
    }

    /// Takes the deletion one step further.
    pub(super) async fn delete(&self, object: &ObjectKey, scope: &Scope) -> Result<Deleting, windlass_cluster::Error> {
        let app = &scope.app;
        if !app.metadata.finalizers.iter().any(|name| deletion::is_ours(name)) {
            return Ok(Deleting::Report);
        }
        let acting = match impersonation::scope(scope) {
            Ok(acting) => acting,
            Err(message) => {
                let turn = Turn { status: status::deletion_failed(app, &message), ..Turn::keep() };
                self.write(object, app, turn).await?;
                return Ok(Deleting::Reported { again: None });
            }
        };
        match deletion::advance(&self.pipeline, &acting).await? {
            Remaining::Waiting => Ok(Deleting::Report),
            Remaining::Confirmation { object } => {
                tracing::info!(%object, "waits for confirmation of its deletion");
                Ok(Deleting::Report)
            }
            Remaining::Failed { message, again } => {
                let turn = Turn { status: status::deletion_failed(app, &message), ..Turn::keep() };
                self.write(object, app, turn).await?;
                Ok(Deleting::Reported { again: Some(again) })
            }
            Remaining::Done(finalizers) => {
                self.scribe(object, app).release(|name| finalizers.contains(&name)).await?;
                // The change brings the next look.
                Ok(Deleting::Reported { again: None })
            }
        }
    }
}
