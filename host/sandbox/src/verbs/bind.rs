//! `pods/binding` and `bindings`: what a scheduler writes.

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::{Api, Call, Reply, log_failure};
use crate::catalog::shelf_of;
use crate::error::{ApiError, Reason, Subject};
use crate::object::{self, Object};
use crate::store::{Change, CommitError, Expected, Key};

/// Binds the Pod of the path, or the one that the binding itself names.
pub fn bind(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    let binding: Value = super::decode::loose(call)?;
    let node = binding["target"]["name"].as_str().unwrap_or_default();
    if node.is_empty() {
        return Err(ApiError::new(Reason::Unknown, "target.name: Required value"));
    }
    let name = match call.target.name.as_str() {
        "" => binding["metadata"]["name"].as_str().unwrap_or_default(),
        name => name,
    };
    let key = Key { shelf: shelf_of("", "pods"), ..call.key_of(name) };
    let pods = Subject { group: "", resource: "pods", name };
    api.store.until_it_fits(&key.shelf, || {
        let stored = api.store.get(&key).ok_or_else(|| ApiError::not_found(pods))?;
        let live = object::parse(&stored.body)
            .map_err(|error| ApiError::internal(format!("Internal error occurred: {error}")))?;
        let next = bound(live, name, node)?;
        if call.query.dry_run {
            return Ok(Some(()));
        }
        match api.store.commit(&key, Expected::At(stored.version), Change::Put(next)) {
            Ok(_) => Ok(Some(())),
            Err(CommitError::Collision(_)) => Ok(None),
            Err(error) => Err(log_failure(error)),
        }
    })?;
    let success = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Ok(Reply::json(StatusCode::CREATED, success.to_string().into_bytes()))
}

/// The server writes the node itself: nobody owns it, and it counts as no change of the Pod's wish.
fn bound(mut pod: Object, name: &str, node: &str) -> Result<Object, ApiError> {
    let subject = Subject { group: "", resource: "pods/binding", name };
    if object::is_terminating(&pod) {
        return Err(ApiError::conflict(subject, &format!("pod {name} is being deleted, cannot be assigned to a host")));
    }
    let assigned = object::text(object::child(&pod, "spec"), "nodeName");
    if !assigned.is_empty() {
        return Err(ApiError::conflict(subject, &format!("pod {name} is already assigned to node {assigned:?}")));
    }
    object::child_mut(&mut pod, "spec").insert("nodeName".into(), node.into());
    let scheduled = json!({
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": null,
        "lastTransitionTime": object::now(),
    });
    let conditions = object::child_mut(&mut pod, "status").entry("conditions").or_insert_with(|| json!([]));
    if let Some(conditions) = conditions.as_array_mut() {
        conditions.retain(|condition| condition["type"] != "PodScheduled");
        conditions.push(scheduled);
    }
    Ok(pod)
}
