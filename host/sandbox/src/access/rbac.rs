//! Rules of roles, and what they allow.

use serde_json::Value;

use super::action::{Action, Object, Resource};
use super::user::User;
use crate::object;

/// One rule of a Role or ClusterRole.
/// Ordered as the API server lists rules: those of paths last.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    pub paths: Vec<String>,
    pub groups: Vec<String>,
    pub resources: Vec<String>,
    pub names: Vec<String>,
    pub verbs: Vec<String>,
}

/// The answer to "may they?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    /// Which binding allows it; or what kept a role from being read.
    pub reason: String,
}

const ALL: &str = "*";

impl Rule {
    pub fn read(rule: &Value) -> Self {
        Rule {
            groups: strings(&rule["apiGroups"]),
            resources: strings(&rule["resources"]),
            paths: strings(&rule["nonResourceURLs"]),
            names: strings(&rule["resourceNames"]),
            verbs: strings(&rule["verbs"]),
        }
    }

    /// The rules of a role object.
    pub fn all(role: &object::Object) -> Vec<Self> {
        role.get("rules").and_then(Value::as_array).into_iter().flatten().map(Rule::read).collect()
    }

    pub fn allows(&self, action: &Action) -> bool {
        has_or_all(&self.verbs, &action.verb)
            && match &action.object {
                Object::Resource(resource) => self.reaches(resource),
                Object::Path(path) => self.paths.iter().any(|pattern| path_matches(pattern, path)),
            }
    }

    fn reaches(&self, resource: &Resource) -> bool {
        has_or_all(&self.groups, &resource.group)
            && self.resources.iter().any(|pattern| resource_matches(pattern, &resource.qualified()))
            && (self.names.is_empty() || self.names.contains(&resource.name))
    }
}

/// `*`, the resource itself, or `*/subresource`.
pub fn resource_matches(pattern: &str, resource: &str) -> bool {
    if pattern == ALL || pattern == resource {
        return true;
    }
    let below = resource.split_once('/').map(|(_, below)| below);
    below.is_some_and(|below| pattern.strip_prefix("*/") == Some(below))
}

pub fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => pattern == path,
    }
}

fn has_or_all(words: &[String], word: &str) -> bool {
    words.iter().any(|entry| entry == ALL || entry == word)
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whom a binding is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    User(String),
    Group(String),
    ServiceAccount { namespace: String, name: String },
}

impl Subject {
    /// A subject of a binding in a namespace; none for a kind that does not exist.
    pub fn read(subject: &Value, binding_namespace: &str) -> Option<Self> {
        let text = |key: &str| subject[key].as_str().unwrap_or_default().to_owned();
        match subject["kind"].as_str()? {
            "User" => Some(Subject::User(text("name"))),
            "Group" => Some(Subject::Group(text("name"))),
            "ServiceAccount" => {
                let namespace = Some(text("namespace")).filter(|namespace| !namespace.is_empty());
                let namespace = namespace.unwrap_or_else(|| binding_namespace.into());
                Some(Subject::ServiceAccount { namespace, name: text("name") })
            }
            _ => None,
        }
    }

    pub fn is(&self, user: &User) -> bool {
        match self {
            Subject::User(name) => *name == user.name,
            Subject::Group(name) => user.is_in(name),
            Subject::ServiceAccount { namespace, name } => {
                super::user::split_service_account(&user.name) == Some((namespace, name))
            }
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::User(name) => write!(out, "User {name:?}"),
            Subject::Group(name) => write!(out, "Group {name:?}"),
            Subject::ServiceAccount { namespace, name } => write!(out, "ServiceAccount \"{name}/{namespace}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(rule: Value, expected: bool) {
        let resource = Resource {
            resource: "pods".into(),
            subresource: "log".into(),
            namespace: "a".into(),
            name: "x".into(),
            ..Resource::default()
        };
        let action = Action { verb: "get".into(), object: Object::Resource(resource) };
        assert_eq!(Rule::read(&rule).allows(&action), expected, "{rule}");
    }

    #[test]
    fn a_rule_reaches_the_groups_resources_and_names_that_it_lists() {
        let rule = |resources: Value| json!({ "apiGroups": [""], "resources": resources, "verbs": ["get"] });
        check(rule(json!(["pods/log"])), true);
        check(rule(json!(["*/log"])), true);
        check(rule(json!(["*"])), true);
        check(rule(json!(["pods"])), false);
        check(rule(json!(["*/status"])), false);
        check(json!({ "apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"] }), false);
        check(json!({ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "resourceNames": ["y"] }), false);
        check(json!({ "nonResourceURLs": ["*"], "verbs": ["*"] }), false);
    }

    #[test]
    fn a_path_is_matched_whole_or_by_its_beginning() {
        assert!(path_matches("/api/*", "/api/v1"));
        assert!(!path_matches("/api/*", "/api"));
        assert!(!path_matches("/healthz", "/healthz/etcd"));
        assert!(path_matches("*", "/anything"));
    }
}
