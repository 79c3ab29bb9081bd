//! What each verb does to the store.

mod bind;
pub mod create;
pub mod decode;
pub mod delete;
pub mod disorder;
pub mod list;
mod options;
pub mod patch;
pub mod present;
mod scale;
pub mod update;
mod view;
pub mod watch;
mod words;

use std::sync::Arc;

use http::StatusCode;

use crate::access::{self, review};
use crate::api::{Api, Call, Reply, Verb};
use crate::error::ApiError;

/// Carries out a call.
///
/// # Errors
/// Whatever the client is to be told.
pub fn perform(api: &Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    if !call.target.subresource.is_empty() {
        return subresource(api, call);
    }
    if call.resource.is("", "bindings") && call.verb == Verb::Create {
        return bind::bind(api, &call);
    }
    if call.resource.creatable_only {
        return review::answer(api, &call);
    }
    match call.verb {
        Verb::Get => get(api, &call),
        Verb::List => {
            options::check(&call.query)?;
            list::list(api, &call)
        }
        Verb::Watch => {
            options::check(&call.query)?;
            watch::watch(api.clone(), call)
        }
        Verb::Create => create::create(api, &call),
        Verb::Update => update::update(api, &call),
        Verb::Patch => patch::patch(api, &call),
        Verb::Delete => delete::delete(api, &call),
        // Namespaces end one by one.
        Verb::DeleteCollection if call.resource.is("", "namespaces") => Err(ApiError::method_not_allowed()),
        Verb::DeleteCollection => delete::delete_collection(api, &call),
    }
}

fn get(api: &Api, call: &Call) -> Result<Reply, ApiError> {
    list::check_version(api, &call.query.resource_version)?;
    let stored = api.store.get(&call.key()).ok_or_else(|| call.not_found())?;
    present::object(call, StatusCode::OK, stored.body)
}

fn subresource(api: &Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    if !call.resource.has(&call.target.subresource) {
        return Err(ApiError::no_such_path());
    }
    match (call.target.subresource.as_str(), call.verb) {
        ("scale", _) => scale::scale(api, &call),
        ("token", Verb::Create) => access::token::issue(api, &call),
        ("eviction", Verb::Create) => delete::evict(api, &call),
        ("binding", Verb::Create) => bind::bind(api, &call),
        ("log", Verb::Get) if api.store.get(&call.key()).is_none() => Err(call.not_found()),
        ("log", Verb::Get) => Ok(Reply::text("workloads are simulated here: there is no log\n")),
        ("exec" | "attach" | "portforward" | "proxy", _) => {
            Err(ApiError::bad_request("workloads are simulated here: there is nothing to connect to"))
        }
        (_, Verb::Get) => get(api, &call),
        (_, Verb::Update) => update::update(api, &call),
        (_, Verb::Patch) => patch::patch(api, &call),
        _ => Err(ApiError::method_not_allowed()),
    }
}
