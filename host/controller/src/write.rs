//! Writes Applications: a turn's status, and the finalizers that have done their work.

use windlass_cluster::Cluster;
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

/// Writes what a turn has come to, if there is anything to write.
pub(crate) async fn status(
    cluster: &Cluster,
    control_namespace: &str,
    object: &ObjectKey,
    app: &Application,
    turn: Turn,
) -> Result<Option<Written>, windlass_cluster::Error> {
    let mut status = turn.status;
    if status.controller_namespace.is_empty() {
        control_namespace.clone_into(&mut status.controller_namespace);
    }
    let refreshed = app.annotation(names::REFRESH).is_some();
    let marks = Marks { refreshed, operation: turn.operation, finalizers: turn.finalizers };
    let Some(patch) = status::patch(app, status.clone(), marks) else { return Ok(None) };
    let answer = cluster.merge_patch(object, &patch).await?;
    Ok(Some(Written { status, version: answer.resource_version().to_owned() }))
}

/// Takes away the finalizers for which `is_done` holds.
pub(crate) async fn without_finalizers(
    cluster: &Cluster,
    object: &ObjectKey,
    app: &Application,
    is_done: impl Fn(&str) -> bool,
) -> Result<(), windlass_cluster::Error> {
    if !app.metadata.finalizers.iter().any(|name| is_done(name)) {
        return Ok(());
    }
    match cluster.merge_patch(object, &deletion::release(app, is_done)).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
