//! Writes one Application during one look: each write goes on from what the one before has left.

use std::sync::{Arc, Mutex, PoisonError};

use windlass_cluster::{Answer, Cluster, Error};
use windlass_model::{Application, ObjectKey, application::Status, names};

use crate::{
    deletion,
    status::{self, Marks},
    turn::Turn,
};

/// A status, and the version of the Application with it.
pub(crate) struct Written {
    pub(crate) status: Status,
    pub(crate) version: String,
}

/// An Application and where it is.
pub(crate) struct Scribe<'a> {
    cluster: &'a Cluster,
    control_namespace: &'a str,
    object: &'a ObjectKey,
    latest: Mutex<Latest>,
}

/// The Application after the last write. Most looks write once: what the server has answered is read only when it is
/// gone on from.
enum Latest {
    Read(Arc<Application>),
    Told(Answer),
}

impl<'a> Scribe<'a> {
    pub(crate) fn new(
        cluster: &'a Cluster,
        control_namespace: &'a str,
        object: &'a ObjectKey,
        app: &Arc<Application>,
    ) -> Self {
        Self { cluster, control_namespace, object, latest: Mutex::new(Latest::Read(app.clone())) }
    }

    /// The Application as it stands after the last write.
    pub(crate) fn app(&self) -> Result<Arc<Application>, Error> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let app = match &*latest {
            Latest::Read(app) => return Ok(app.clone()),
            Latest::Told(answer) => Arc::new(answer.read::<Application>()?),
        };
        *latest = Latest::Read(app.clone());
        Ok(app)
    }

    /// Writes what a turn has come to; gives what was written if there was anything to write.
    pub(crate) async fn write(&self, turn: Turn) -> Result<Option<Written>, Error> {
        let app = self.app()?;
        let mut status = turn.status;
        if status.controller_namespace.is_empty() {
            self.control_namespace.clone_into(&mut status.controller_namespace);
        }
        let refreshed = app.annotation(names::REFRESH).is_some();
        let Turn { operation, finalizers, restored, .. } = turn;
        let marks = Marks { refreshed, operation, finalizers, restored };
        let Some(patch) = status::patch(&app, &mut status, marks) else { return Ok(None) };
        let answer = self.cluster.merge_patch(self.object, &patch).await?;
        let version = answer.version()?;
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Latest::Told(answer);
        Ok(Some(Written { status, version }))
    }

    /// Takes away the finalizers for which `is_done` holds.
    pub(crate) async fn release(&self, is_done: impl Fn(&str) -> bool) -> Result<(), Error> {
        let app = self.app()?;
        if !app.metadata.finalizers.iter().any(|name| is_done(name)) {
            return Ok(());
        }
        match self.cluster.merge_patch(self.object, &deletion::release(&app, is_done)).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
