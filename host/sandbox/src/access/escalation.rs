//! Nobody gives away what they do not have: the check on writes of roles and bindings.

use std::collections::BTreeMap;

use super::action::{Action, Object, Resource};
use super::policy::{Policy, RoleRef};
use super::rbac::{Rule, path_matches, resource_matches};
use super::user::User;
use crate::api::{Api, Call};
use crate::error::{ApiError, Subject};
use crate::object;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Whether the caller may write this role or binding; anything else passes.
///
/// # Errors
/// It would give rights that the caller does not hold.
pub fn check(api: &Api, call: &Call, next: &object::Object, live: Option<&object::Object>) -> Result<(), ApiError> {
    let resource = &call.resource;
    if resource.group != GROUP || call.user.is_master() || live.is_some_and(|live| only_lets_go(live, next)) {
        return Ok(());
    }
    let policy = api.access.roles.policy(&api.store);
    match resource.plural.as_str() {
        "roles" | "clusterroles" => role(&policy, call, next),
        "rolebindings" | "clusterrolebindings" => binding(&policy, call, next),
        _ => Ok(()),
    }
}

/// The garbage collector's writes, which change owners and finalizers alone.
fn only_lets_go(live: &object::Object, next: &object::Object) -> bool {
    let rest = |object: &object::Object| {
        let mut object = object.clone();
        let metadata = object::metadata_mut(&mut object);
        for key in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
            metadata.remove(key);
        }
        object
    };
    rest(live) == rest(next)
}

fn role(policy: &Policy, call: &Call, next: &object::Object) -> Result<(), ApiError> {
    let name = object::name(next);
    if may(policy, call, "escalate", &call.resource.plural, name) {
        return Ok(());
    }
    if next.get("aggregationRule").is_some_and(|rule| !rule.is_null()) && !holds_everything(policy, call) {
        return Err(refuse(call, name, "must have cluster-admin privileges to use the aggregationRule"));
    }
    confirm(policy, call, name, &Rule::all(next))
}

fn holds_everything(policy: &Policy, call: &Call) -> bool {
    let all = || vec!["*".to_owned()];
    let resources = Rule { groups: all(), resources: all(), verbs: all(), ..Rule::default() };
    let paths = Rule { paths: all(), verbs: all(), ..Rule::default() };
    missing(policy, &call.user, &call.target.namespace, &[resources, paths]).is_empty()
}

fn binding(policy: &Policy, call: &Call, next: &object::Object) -> Result<(), ApiError> {
    let name = object::name(next);
    let role = RoleRef::read(next);
    if may(policy, call, "bind", role.plural(), role.name()) {
        return Ok(());
    }
    let rules = policy.rules_of(&role).ok_or_else(|| {
        ApiError::not_found(Subject { group: GROUP, resource: &call.resource.plural, name: role.name() })
    })?;
    confirm(policy, call, name, rules)
}

fn may(policy: &Policy, call: &Call, verb: &str, plural: &str, name: &str) -> bool {
    let resource = Resource {
        group: GROUP.into(),
        version: call.resource.version.clone(),
        resource: plural.into(),
        namespace: call.target.namespace.clone(),
        name: name.into(),
        ..Resource::default()
    };
    policy.decide(&call.user, &Action { verb: verb.into(), object: Object::Resource(resource) }).allowed
}

fn refuse(call: &Call, name: &str, detail: &str) -> ApiError {
    ApiError::forbidden(call.subject(name), detail)
}

fn confirm(policy: &Policy, call: &Call, name: &str, rules: &[Rule]) -> Result<(), ApiError> {
    let missing = missing(policy, &call.user, &call.target.namespace, rules);
    if missing.is_empty() {
        return Ok(());
    }
    let groups: Vec<String> = call.user.groups.iter().map(|group| format!("{group:?}")).collect();
    let shown: Vec<String> = merged(missing).iter().map(shown).collect();
    let detail = format!(
        "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
        call.user.name,
        groups.join(" "),
        shown.join("\n")
    );
    Err(refuse(call, name, &detail))
}

/// The single rights among these rules that the user does not hold.
fn missing(policy: &Policy, user: &User, namespace: &str, rules: &[Rule]) -> Vec<Rule> {
    let (held, _) = policy.rules_for(user, namespace);
    let singles = rules.iter().flat_map(singles);
    singles.filter(|single| !held.iter().any(|rule| covers(rule, single))).collect()
}

/// A rule as rules of one verb on one thing each.
fn singles(rule: &Rule) -> Vec<Rule> {
    let mut found = Vec::new();
    for verb in &rule.verbs {
        let verbs = vec![verb.clone()];
        for group in &rule.groups {
            for resource in &rule.resources {
                let (groups, resources) = (vec![group.clone()], vec![resource.clone()]);
                let whole = Rule { groups, resources, verbs: verbs.clone(), ..Rule::default() };
                match rule.names.as_slice() {
                    [] => found.push(whole),
                    names => {
                        found.extend(names.iter().map(|name| Rule { names: vec![name.clone()], ..whole.clone() }));
                    }
                }
            }
        }
        let paths = rule.paths.iter();
        found.extend(paths.map(|path| Rule { paths: vec![path.clone()], verbs: verbs.clone(), ..Rule::default() }));
    }
    found
}

fn covers(held: &Rule, single: &Rule) -> bool {
    let has = |held: &[String], wanted: &[String]| {
        held.iter().any(|word| word == "*") || wanted.iter().all(|word| held.contains(word))
    };
    if !has(&held.verbs, &single.verbs) {
        return false;
    }
    if let Some(path) = single.paths.first() {
        return held.paths.iter().any(|pattern| pattern == path || path_matches(pattern, path));
    }
    let reached = |resource: &String| held.resources.iter().any(|pattern| resource_matches(pattern, resource));
    has(&held.groups, &single.groups)
        && single.resources.iter().all(reached)
        && (held.names.is_empty()
            || !single.names.is_empty() && single.names.iter().all(|name| held.names.contains(name)))
}

/// Single rights on the same thing, put together again for the reader, in order.
fn merged(singles: Vec<Rule>) -> Vec<Rule> {
    let mut things: BTreeMap<Rule, Vec<String>> = BTreeMap::new();
    for mut single in singles {
        let verbs = std::mem::take(&mut single.verbs);
        let known = things.entry(single).or_default();
        known.extend(verbs.into_iter().filter(|verb| !known.contains(verb)).collect::<Vec<_>>());
    }
    things.into_iter().map(|(thing, verbs)| Rule { verbs, ..thing }).collect()
}

fn shown(rule: &Rule) -> String {
    let parts = [
        ("APIGroups", &rule.groups),
        ("Resources", &rule.resources),
        ("NonResourceURLs", &rule.paths),
        ("ResourceNames", &rule.names),
        ("Verbs", &rule.verbs),
    ];
    let parts = parts.into_iter().filter(|(_, words)| !words.is_empty()).map(|(label, words)| {
        let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        format!("{label}:[{}]", words.join(" "))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_right_is_covered_only_by_one_that_reaches_as_far() {
        let rule = |value: serde_json::Value| Rule::read(&value);
        let held = rule(json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"] }));
        let named = rule(json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"] }));
        let any = rule(json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }));
        assert!(covers(&held, &named));
        assert!(!covers(&held, &any));
        assert!(covers(&any, &named));
    }

    #[test]
    fn what_is_missing_is_told_by_thing_with_its_verbs() {
        let rule = Rule::read(&json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["list", "get"] }));
        let told: Vec<String> = merged(singles(&rule)).iter().map(shown).collect();
        assert_eq!(told, [r#"{APIGroups:[""], Resources:["pods"], Verbs:["list" "get"]}"#]);
    }
}
