//! Which options of lists and watches go together: what the API server has against `ListOptions`.

use serde_json::json;

use crate::error::{ApiError, Cause, Subject};
use crate::http::query::{Query, VersionMatch};

const MATCH: &str = "resourceVersionMatch";

/// # Errors
/// Options that do not go together, each with its cause.
pub fn check(query: &Query) -> Result<(), ApiError> {
    let causes = if query.watch { watch_causes(query) } else { list_causes(query) };
    if causes.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid(Subject { group: "meta.k8s.io", resource: "ListOptions", name: "" }, causes))
}

fn list_causes(query: &Query) -> Vec<Cause> {
    if query.send_initial_events.is_some() {
        return vec![Cause::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")];
    }
    let Some(wanted) = query.version_match else { return Vec::new() };
    let mut causes = Vec::new();
    if !query.continue_token.is_empty() {
        causes.push(Cause::forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if query.resource_version.is_empty() {
        causes.push(Cause::forbidden(MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if query.resource_version == "0" && wanted == VersionMatch::Exact {
        let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
        causes.push(Cause::forbidden(MATCH, detail));
    }
    causes
}

fn watch_causes(query: &Query) -> Vec<Cause> {
    let mut causes = Vec::new();
    let not_older = query.version_match == Some(VersionMatch::NotOlderThan);
    if query.send_initial_events.is_some() && !not_older {
        let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        causes.push(Cause::forbidden(MATCH, detail));
    }
    if query.send_initial_events.is_none() && query.version_match.is_some() {
        let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
        causes.push(Cause::forbidden(MATCH, detail));
    }
    if query.version_match == Some(VersionMatch::Exact) {
        causes.push(Cause::unsupported(MATCH, &json!("Exact"), &["NotOlderThan"]));
    }
    if !query.continue_token.is_empty() {
        causes.push(Cause::forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"));
    }
    causes
}
