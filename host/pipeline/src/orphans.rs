//! Objects in an application's namespace that belong to no application.

use std::collections::HashSet;

use windlass_cluster::{Cached, Scope as Keys};
use windlass_engine::Pair;
use windlass_model::{
    GroupKind, ObjectKey,
    application::{Condition, ConditionType},
};

use crate::scope::Scope;

/// The warning about them, where the project wants one.
pub(crate) fn warning(scope: &Scope, pairs: &[Pair]) -> Option<Condition> {
    if !scope.project.warns_of_orphans() {
        return None;
    }
    let count = count(scope, pairs);
    let message = format!("Application has {count} orphaned resources");
    (count > 0).then(|| Condition::new(ConditionType::OrphanedResourceWarning, message))
}

/// Objects that nothing owns, and what they own in turn.
fn count(scope: &Scope, pairs: &[Pair]) -> usize {
    let known: HashSet<&ObjectKey> = pairs.iter().map(|pair| &pair.key).collect();
    let namespace = scope.app.spec.destination.namespace.as_str();
    let keys = scope.cluster.keys(Keys::Namespace(namespace));
    let is_candidate = |key: &&ObjectKey| {
        !known.contains(*key) && !scope.settings.is_excluded(&key.kind) && scope.project.is_orphan(key)
    };
    let candidates = keys.iter().filter(is_candidate).filter_map(|key| scope.cluster.get(key));
    candidates
        .filter(|cached| !cached.is_owned() && !belongs_to_somebody(scope, cached))
        .map(|cached| 1 + scope.cluster.owned_by(cached.uid()).len())
        .sum()
}

/// A mark that names an application which is gone does not count. Only in the cluster of the control plane can
/// that be seen.
fn belongs_to_somebody(scope: &Scope, cached: &Cached) -> bool {
    let Some(owner) = cached.application() else { return false };
    let (namespace, name) = owner.split_once('_').unwrap_or((&scope.settings.control_namespace, owner));
    let key = ObjectKey::new(GroupKind::new("argoproj.io", "Application"), namespace, name);
    let is_home = scope.cluster.get(&scope.own_key()).is_some();
    !is_home || scope.cluster.get(&key).is_some()
}
