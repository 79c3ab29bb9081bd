//! Aggregated cluster roles: their rules are those of the roles whose labels they select.

use serde_json::Value;

use super::garbage;
use crate::api::Api;
use crate::catalog::shelf_of;
use crate::object::{self, Object};
use crate::selector::matches_label_selector;
use crate::store::{Change, Key, Name, Range};

pub(super) const SHELF: &str = "clusterroles.rbac.authorization.k8s.io";

/// Roles that select each other settle in as many rounds as they are deep: a change wakes the next.
pub(super) fn settle(api: &Api) {
    let shelf = shelf_of("rbac.authorization.k8s.io", "clusterroles");
    let Ok(page) = api.store.list(&shelf, &Range::default()) else { return };
    let roles: Vec<(Name, u64, Object)> = page
        .items
        .into_iter()
        .filter_map(|(name, stored)| Some((name, stored.version, object::parse(&stored.body).ok()?)))
        .collect();
    for (name, version, role) in &roles {
        let Some(rules) = aggregated(role, roles.iter().map(|(_, _, other)| other)) else { continue };
        if role.get("rules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() == rules {
            continue;
        }
        let mut next = role.clone();
        next.insert("rules".into(), rules.into());
        garbage::commit(api, &Key { shelf: shelf.clone(), name: name.clone() }, *version, Change::Put(next));
    }
}

/// What an aggregated role has to hold; none for one that is not.
fn aggregated<'a>(role: &Object, all: impl Iterator<Item = &'a Object>) -> Option<Vec<Value>> {
    let selectors = object::child(role, "aggregationRule").get("clusterRoleSelectors")?.as_array()?;
    let mut rules: Vec<Value> = Vec::new();
    for other in all.filter(|other| object::name(other) != object::name(role)) {
        let labels = object::child(object::metadata(other), "labels");
        if selectors.iter().filter_map(Value::as_object).any(|selector| matches_label_selector(selector, labels)) {
            let more = other.get("rules").and_then(Value::as_array).into_iter().flatten();
            for rule in more {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
    }
    Some(rules)
}
