//! Which live objects stand behind which: owner references, and the relations that Kubernetes does not write down.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use windlass_model::{GroupKind, Object};

/// An object with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its place among the objects that were given.
    pub place: usize,
    pub children: Vec<Branch>,
}

/// Hangs objects under those of `roots`, by their places. Every object appears once.
pub fn branches(objects: &[&Object], roots: &[usize]) -> Vec<Branch> {
    let mut by_owner: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, object) in objects.iter().enumerate() {
        for uid in owners(object) {
            by_owner.entry(uid).or_default().push(place);
        }
    }
    let mut seen: HashSet<usize> = roots.iter().copied().collect();
    roots.iter().map(|root| branch(*root, objects, &by_owner, &mut seen)).collect()
}

fn branch(
    place: usize,
    objects: &[&Object],
    by_owner: &HashMap<&str, Vec<usize>>,
    seen: &mut HashSet<usize>,
) -> Branch {
    let parent = objects[place];
    let owned = by_owner.get(parent.uid()).into_iter().flatten().copied();
    let inferred = (0..objects.len()).filter(|other| stands_behind(parent, objects[*other]));
    let mut children: Vec<usize> = owned.chain(inferred).filter(|child| seen.insert(*child)).collect();
    children.sort_by_key(|child| objects[*child].key());
    Branch { place, children: children.into_iter().map(|child| branch(child, objects, by_owner, seen)).collect() }
}

/// UIDs of the objects that own this one.
pub fn owners(object: &Object) -> impl Iterator<Item = &str> {
    let references = object.at(&["metadata", "ownerReferences"]).and_then(Value::as_array);
    references.into_iter().flatten().filter_map(|reference| reference.get("uid")?.as_str())
}

/// Whether objects of this kind can stand behind another without naming it as their owner.
pub fn may_stand_behind(kind: &GroupKind) -> bool {
    matches!(
        (&*kind.group, &*kind.kind),
        ("", "PersistentVolumeClaim" | "Endpoints" | "Secret") | ("discovery.k8s.io", "EndpointSlice")
    )
}

/// Whether `child` belongs to `parent` by a relation that is not written down as ownership.
pub fn stands_behind(parent: &Object, child: &Object) -> bool {
    if parent.namespace() != child.namespace() || owners(child).next().is_some() {
        return false;
    }
    match (parent.group(), parent.kind(), child.kind()) {
        ("apps", "StatefulSet", "PersistentVolumeClaim") => is_claim_of(parent, child.name()),
        ("", "Service", "Endpoints") => parent.name() == child.name(),
        ("", "Service", "EndpointSlice") => child.label("kubernetes.io/service-name") == Some(parent.name()),
        ("", "ServiceAccount", "Secret") => {
            child.str_at(&["type"]) == "kubernetes.io/service-account-token"
                && child.annotation("kubernetes.io/service-account.name") == Some(parent.name())
        }
        _ => false,
    }
}

/// Claims are named `<template>-<set>-<ordinal>`.
fn is_claim_of(set: &Object, claim: &str) -> bool {
    let templates = set.at(&["spec", "volumeClaimTemplates"]).and_then(Value::as_array);
    templates.into_iter().flatten().filter_map(|template| template.pointer("/metadata/name")?.as_str()).any(
        |template| {
            let ordinal = claim
                .strip_prefix(template)
                .and_then(|rest| rest.strip_prefix('-'))
                .and_then(|rest| rest.strip_prefix(set.name()))
                .and_then(|rest| rest.strip_prefix('-'));
            ordinal.is_some_and(|ordinal| !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit()))
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(api_version: &str, kind: &str, name: &str, owner: &str, more: Value) -> Object {
        let owners = if owner.is_empty() { json!([]) } else { json!([{"uid": owner}]) };
        let mut object = json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": name, "namespace": "shop", "uid": name, "ownerReferences": owners},
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Object::new(object).unwrap()
    }

    #[test]
    fn owned_and_inferred_objects_hang_under_what_they_belong_to() {
        let templates = json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}});
        let objects = [
            object("apps/v1", "StatefulSet", "db", "", templates),
            object("v1", "Pod", "db-0", "db", json!({})),
            object("v1", "PersistentVolumeClaim", "data-db-0", "", json!({})),
            object("v1", "PersistentVolumeClaim", "data-dbx-0", "", json!({})),
            object("v1", "Service", "db", "", json!({})),
            object("v1", "Endpoints", "db", "", json!({})),
        ];
        let objects: Vec<&Object> = objects.iter().collect();
        let leaf = |place: usize| Branch { place, children: Vec::new() };
        assert_eq!(
            branches(&objects, &[0, 4]),
            [Branch { place: 0, children: vec![leaf(2), leaf(1)] }, Branch { place: 4, children: vec![leaf(5)] }]
        );
    }

    #[test]
    fn a_circle_of_owners_ends() {
        let objects = [object("v1", "ConfigMap", "a", "b", json!({})), object("v1", "ConfigMap", "b", "a", json!({}))];
        let objects: Vec<&Object> = objects.iter().collect();
        let tree = branches(&objects, &[0]);
        assert_eq!(tree[0].children.len(), 1);
        assert_eq!(tree[0].children[0].children, []);
    }
}
