//! The words in which the API server refuses.

use super::action::{Action, Object};
use super::user::User;
use crate::error::{ApiError, Details, Reason, Subject};

pub fn unauthorized() -> ApiError {
    ApiError::new(Reason::Unauthorized, "Unauthorized")
}

pub fn forbidden(user: &User, action: &Action, reason: &str) -> ApiError {
    let detail = sentence(user, action);
    let detail = if reason.is_empty() { detail } else { format!("{detail}: {reason}") };
    match &action.object {
        Object::Resource(resource) => {
            let subject = Subject { group: &resource.group, resource: &resource.resource, name: &resource.name };
            ApiError::forbidden(subject, &detail)
        }
        Object::Path(_) => {
            let mut error = ApiError::new(Reason::Forbidden, format!("forbidden: {detail}"));
            error.details = Some(Box::new(Details::default()));
            error
        }
    }
}

fn sentence(user: &User, action: &Action) -> String {
    let (name, verb) = (&user.name, &action.verb);
    let said = match &action.object {
        Object::Path(path) => format!("User {name:?} cannot {verb} path {path:?}"),
        Object::Resource(resource) => {
            let place = match resource.namespace.as_str() {
                "" => "at the cluster scope".to_owned(),
                namespace => format!("in the namespace {namespace:?}"),
            };
            let (what, group) = (resource.qualified(), &resource.group);
            format!("User {name:?} cannot {verb} resource {what:?} in API group {group:?} {place}")
        }
    };
    // The real server guards browsers so.
    said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
