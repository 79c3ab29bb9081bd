//! What a request does, as roles name it: a verb on a resource, or on a path that is none.

use crate::api::Verb;
use crate::http::query::Query;
use crate::http::route::{Route, Target};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub verb: String,
    pub object: Object,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Resource(Resource),
    Path(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    pub group: String,
    pub version: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
}

impl Resource {
    /// `pods/log`, or `pods`.
    pub fn qualified(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }
}

impl Action {
    /// What a request is about; the verb of a path outside the API is its method.
    pub fn of_request(method: &http::Method, path: &str, route: &Route, query: &Query) -> Self {
        let Route::Target(target) = route else {
            return Action { verb: method.as_str().to_lowercase(), object: Object::Path(path.into()) };
        };
        let verb = Verb::of(method, target, query.watch).map_or("", Verb::as_str);
        let mut action = Self::of_target(verb, target);
        if let (Object::Resource(resource), "list" | "watch" | "deletecollection") = (&mut action.object, verb) {
            resource.name = target.name.clone();
            if resource.name.is_empty() {
                resource.name = selected_name(&query.field_selector).unwrap_or_default().into();
            }
        }
        action
    }

    pub fn of_target(verb: &str, target: &Target) -> Self {
        // A namespace lies in itself.
        let own = target.group.is_empty() && target.resource == "namespaces" && target.namespace.is_empty();
        let namespace = if own { &target.name } else { &target.namespace };
        Action {
            verb: verb.into(),
            object: Object::Resource(Resource {
                group: target.group.clone(),
                version: target.version.clone(),
                resource: target.resource.clone(),
                subresource: target.subresource.clone(),
                namespace: namespace.clone(),
                name: target.name.clone(),
            }),
        }
    }
}

/// The one name that a field selector leaves.
fn selected_name(selector: &str) -> Option<&str> {
    let mut parts = selector.split(',').filter_map(|part| part.strip_prefix("metadata.name="));
    parts.next().map(|name| name.trim_start_matches('='))
}
