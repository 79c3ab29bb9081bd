//! Namespaces end when their content has ended.

use serde_json::{Value, json};

use crate::api::Api;
use crate::catalog::shelf_of;
use crate::object::{self, Object};
use crate::ownership;
use crate::store::{Change, Key, Name, Range};
use crate::verbs::delete::{DeleteOptions, Propagation, remove};

use super::{Seen, garbage};

/// A namespace changed: if it is ending, its content is deleted.
pub(super) fn settle(api: &Api, seen: &Seen<'_>) {
    if seen.deleted || !object::is_terminating(seen.object) {
        return;
    }
    let namespace = object::name(seen.object);
    delete_content(api, namespace);
    if api.store.shelves_of_namespace(namespace).is_empty() {
        finalize(api, &seen.key);
    } else {
        tell(api, &seen.key, namespace);
    }
}

/// Something in a namespace is gone: it may have been the last thing that kept it.
pub(super) fn content_gone(api: &Api, seen: &Seen<'_>) {
    let namespace = &*seen.key.name.namespace;
    if namespace.is_empty() || !api.store.shelves_of_namespace(namespace).is_empty() {
        return;
    }
    let key = Key { shelf: shelf_of("", "namespaces"), name: Name::new("", namespace) };
    if let Some((_, object, _)) = garbage::load(api, &key)
        && object::is_terminating(&object)
    {
        finalize(api, &key);
    }
}

fn delete_content(api: &Api, namespace: &str) {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    for shelf in api.store.shelves_of_namespace(namespace) {
        let Some(resource) = api.catalog().of_shelf(&shelf).cloned() else { continue };
        let range = Range { namespace: Some(namespace), ..Range::default() };
        let Ok(page) = api.store.list(&shelf, &range) else { continue };
        for (name, _) in page.items {
            let key = Key { shelf: shelf.clone(), name };
            if let Err(error) = remove(api, &resource, &key, &options) {
                tracing::debug!(%error, ?key, "not deleted with its namespace now");
            }
        }
    }
}

/// Takes the namespace's own finalizer away, and the namespace with it if no other is left.
fn finalize(api: &Api, key: &Key) {
    let Some((resource, mut namespace, version)) = garbage::load(api, key) else { return };
    let before = namespace.clone();
    if let Some(Value::Array(list)) = object::child_mut(&mut namespace, "spec").get_mut("finalizers") {
        list.retain(|entry| entry != "kubernetes");
    }
    let ends = object::finalizers(&namespace).next().is_none() && crate::rules::may_end(&resource, &namespace);
    // Finalizers of others may keep it: a write that changes nothing would call for the next one.
    if !ends && namespace == before {
        return;
    }
    garbage::commit(api, key, version, if ends { Change::Remove(namespace) } else { Change::Put(namespace) });
}

/// Conditions that say what is still there, as `kubectl describe` shows them.
fn tell(api: &Api, key: &Key, namespace: &str) {
    let Some((resource, mut object, version)) = garbage::load(api, key) else { return };
    let before = object.clone();
    let (mut finalizers, mut remaining) = (Vec::new(), Vec::new());
    for shelf in api.store.shelves_of_namespace(namespace) {
        let range = Range { namespace: Some(namespace), ..Range::default() };
        let Ok(page) = api.store.list(&shelf, &range) else { continue };
        remaining.push(format!("{} has {} resource instances", with_group_dot(shelf.as_str()), page.items.len()));
        for (_, stored) in page.items {
            let Ok(content) = object::parse(&stored.body) else { continue };
            finalizers.extend(object::finalizers(&content).map(str::to_owned));
        }
    }
    let conditions = conditions(&object, &remaining, &finalizers);
    let status = object::child_mut(&mut object, "status");
    if status.get("conditions") == Some(&conditions) {
        return;
    }
    status.insert("conditions".into(), conditions);
    ownership::record_own(&resource, Some(&before), &mut object, "kube-controller-manager", "status");
    garbage::commit(api, key, version, Change::Put(object));
}

/// The core group is written with a dot and no name.
fn with_group_dot(shelf: &str) -> String {
    if shelf.contains('.') { shelf.into() } else { format!("{shelf}.") }
}

fn conditions(namespace: &Object, remaining: &[String], finalizers: &[String]) -> Value {
    let mut counted: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for finalizer in finalizers {
        *counted.entry(finalizer).or_default() += 1;
    }
    let counted: Vec<String> =
        counted.iter().map(|(finalizer, count)| format!("{finalizer} in {count} resource instances")).collect();
    let content = format!("Some resources are remaining: {}", remaining.join(", "));
    let held = format!("Some content in the namespace has finalizers remaining: {}", counted.join(", "));
    let fine =
        |kind: &str, reason: &str, message: &str| (kind.to_owned(), "False", reason.to_owned(), message.to_owned());
    let conditions = [
        fine("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
        fine(
            "NamespaceDeletionGroupVersionParsingFailure",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        fine(
            "NamespaceDeletionContentFailure",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining".into(), "True", "SomeResourcesRemain".into(), content),
        match counted.is_empty() {
            true => fine(
                "NamespaceFinalizersRemaining",
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
            ),
            false => ("NamespaceFinalizersRemaining".into(), "True", "SomeFinalizersRemain".into(), held),
        },
    ];
    let list = conditions.into_iter().map(|(kind, status, reason, message)| {
        let since = since(namespace, &kind, status);
        json!({ "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since })
    });
    Value::Array(list.collect())
}

/// The time of a condition's last change of status; now where it changes.
fn since(namespace: &Object, kind: &str, status: &str) -> String {
    let before = object::child(namespace, "status").get("conditions").and_then(Value::as_array);
    let before = before.into_iter().flatten().find(|entry| entry["type"] == kind && entry["status"] == status);
    before.and_then(|entry| entry["lastTransitionTime"].as_str()).map_or_else(object::now, str::to_owned)
}
