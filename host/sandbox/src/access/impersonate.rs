//! Acting as someone else: `Impersonate-User` and its companions.

use http::header::HeaderMap;

use super::action::{Action, Object, Resource};
use super::user::{self, User};
use crate::api::Api;
use crate::error::ApiError;
use crate::http::query::decode_percent;

const EXTRA: &str = "impersonate-extra-";

/// Whom the headers ask for.
///
/// # Errors
/// Groups, a uid or extras without a user.
pub fn asked(headers: &HeaderMap) -> Result<Option<User>, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let groups = headers.get_all("impersonate-group").iter().filter_map(|value| value.to_str().ok());
    let mut wanted = User {
        name: text("impersonate-user"),
        uid: text("impersonate-uid"),
        groups: groups.map(str::to_owned).collect(),
        ..User::default()
    };
    for (name, value) in headers {
        let (Some(key), Ok(value)) = (name.as_str().strip_prefix(EXTRA), value.to_str()) else { continue };
        wanted.extra.entry(decode_percent(key).into_owned()).or_default().push(value.into());
    }
    if !wanted.name.is_empty() {
        return Ok(Some(wanted));
    }
    if wanted == User::default() {
        return Ok(None);
    }
    Err(ApiError::bad_request(format!("requested {} without impersonating a user name", shown(&wanted))))
}

/// The real server prints what it was asked for as its own language does.
fn shown(wanted: &User) -> String {
    let list = |words: &[String]| {
        let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        if words.is_empty() { "[]string(nil)".into() } else { format!("[]string{{{}}}", words.join(", ")) }
    };
    let extra: Vec<String> = wanted.extra.iter().map(|(key, values)| format!("{key:?}:{}", list(values))).collect();
    let extra = if extra.is_empty() { "(nil)".into() } else { format!("{{{}}}", extra.join(", ")) };
    let (uid, groups) = (&wanted.uid, list(&wanted.groups));
    format!("&user.DefaultInfo{{Name:\"\", UID:{uid:?}, Groups:{groups}, Extra:map[string][]string{extra}}}")
}

/// The wanted user, completed as the server completes them.
///
/// # Errors
/// The caller may not act as this user, as one of the groups, or with one of the extras.
pub fn become_other(api: &Api, caller: &User, mut wanted: User) -> Result<User, ApiError> {
    for action in needed(&wanted) {
        super::authorize(api, caller, &action)?;
    }
    if let Some((namespace, _)) = user::split_service_account(&wanted.name)
        && wanted.groups.is_empty()
    {
        wanted.groups = user::service_account_groups(namespace);
    }
    let last = if wanted.name == user::ANONYMOUS { user::UNAUTHENTICATED } else { user::AUTHENTICATED };
    if !wanted.is_in(user::AUTHENTICATED) && !wanted.is_in(user::UNAUTHENTICATED) {
        wanted.groups.push(last.into());
    }
    Ok(wanted)
}

/// Each thing that has to be allowed, in the order in which it is asked.
fn needed(wanted: &User) -> Vec<Action> {
    const AUTHENTICATION: &str = "authentication.k8s.io";
    let action = |group: &str, resource: &str, subresource: &str, namespace: &str, name: &str| Action {
        verb: "impersonate".into(),
        object: Object::Resource(Resource {
            group: group.into(),
            version: "v1".into(),
            resource: resource.into(),
            subresource: subresource.into(),
            namespace: namespace.into(),
            name: name.into(),
        }),
    };
    let mut needed = vec![match user::split_service_account(&wanted.name) {
        Some((namespace, name)) => action("", "serviceaccounts", "", namespace, name),
        None => action("", "users", "", "", &wanted.name),
    }];
    if !wanted.uid.is_empty() {
        needed.push(action(AUTHENTICATION, "uids", "", "", &wanted.uid));
    }
    needed.extend(wanted.groups.iter().map(|group| action("", "groups", "", "", group)));
    for (key, values) in &wanted.extra {
        needed.extend(values.iter().map(|value| action(AUTHENTICATION, "userextras", key, "", value)));
    }
    needed
}
