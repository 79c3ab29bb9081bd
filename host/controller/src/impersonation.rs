//! Syncs and deletions in the name of a service account that the project names.

use std::sync::Arc;

use windlass_pipeline::Scope;

/// The scope in which is written: the same, but in the account's name where syncs are impersonated.
pub(crate) fn scope(scope: &Scope) -> Result<Scope, String> {
    if !scope.settings.impersonation {
        return Ok(scope.clone());
    }
    let user = scope
        .project
        .impersonated_user(&scope.destination, &scope.app.metadata.namespace)
        .map_err(|reason| format!("failed to find a matching service account to impersonate: {reason}"))?;
    Ok(Scope { cluster: Arc::new(scope.cluster.impersonating(&user)), ..scope.clone() })
}
