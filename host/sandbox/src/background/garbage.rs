//! Garbage collection by ownerReferences.
//!
//! Works on one change at a time: an object that is gone takes its dependents with it; one that ends in the
//! foreground waits for those that block it; one that ends as an orphan maker lets go of them first; one
//! whose owners are all gone, or never were, goes too.

use crate::api::Api;
use crate::catalog::{Resource, split_api_version};
use crate::object::{self, Object, Owner};
use crate::ownership;
use crate::store::{Change, Expected, Key, Name};
use crate::verbs::delete::{DeleteOptions, FOREGROUND, ORPHAN, Propagation, remove};

use super::Seen;

pub(super) fn collect(api: &Api, seen: &Seen<'_>) {
    let uid = object::uid(seen.object);
    if seen.deleted {
        visit_dependents(api, uid);
        owners_may_end(api, seen);
        return;
    }
    if object::is_terminating(seen.object) {
        if object::has_finalizer(seen.object, ORPHAN) {
            let_go(api, seen, uid);
        } else if object::has_finalizer(seen.object, FOREGROUND) {
            end_in_foreground(api, seen, uid);
        }
    }
    settle_dependent(api, &seen.key);
}

fn visit_dependents(api: &Api, uid: &str) {
    for key in api.store.dependents(uid) {
        settle_dependent(api, &key);
    }
}

/// What an object's references say about it.
enum Fate {
    Stay,
    /// No owner is left.
    Go,
    /// Some owners are left; the others are forgotten.
    Forget(Vec<String>),
}

fn settle_dependent(api: &Api, key: &Key) {
    let Some((resource, object, version)) = load(api, key) else { return };
    match fate(api, key, &object) {
        Fate::Stay => {}
        Fate::Go => {
            if !object::is_terminating(&object) {
                end(api, &resource, key, &object, version, policy_of(&object));
            }
        }
        Fate::Forget(uids) => forget(api, key, &uids),
    }
}

fn fate(api: &Api, key: &Key, object: &Object) -> Fate {
    let owners = object::owners(object);
    let (present, absent): (Vec<Owner>, Vec<Owner>) =
        owners.into_iter().partition(|owner| find_owner(api, &key.name.namespace, owner).is_some());
    match (present.is_empty(), absent.is_empty()) {
        (_, true) => Fate::Stay,
        (true, false) => Fate::Go,
        (false, false) => Fate::Forget(absent.into_iter().map(|owner| owner.uid).collect()),
    }
}

/// The owner, if the reference still holds. A reference to a kind that is not served is left alone.
fn find_owner(api: &Api, namespace: &str, owner: &Owner) -> Option<Option<Object>> {
    let (group, version) = split_api_version(&owner.api_version);
    let catalog = api.catalog();
    let Some(resource) = catalog.find_kind(group, version, &owner.kind) else { return Some(None) };
    let namespace = if resource.namespaced { namespace } else { "" };
    let key = Key { shelf: resource.shelf.clone(), name: Name::new(namespace, &owner.name) };
    let object = object::parse(&api.store.get(&key)?.body).ok()?;
    (object::uid(&object) == owner.uid).then_some(Some(object))
}

/// The dependent's own finalizers say how its dependents are treated.
fn policy_of(object: &Object) -> Propagation {
    if object::has_finalizer(object, FOREGROUND) {
        Propagation::Foreground
    } else if object::has_finalizer(object, ORPHAN) {
        Propagation::Orphan
    } else {
        Propagation::Background
    }
}

fn end(api: &Api, resource: &Resource, key: &Key, object: &Object, version: u64, policy: Propagation) {
    let options = DeleteOptions {
        propagation: Some(policy),
        uid: Some(object::uid(object).into()),
        resource_version: Some(version.to_string()),
        ..DeleteOptions::default()
    };
    if let Err(error) = remove(api, resource, key, &options) {
        tracing::debug!(%error, ?key, "not collected now");
    }
}

fn end_in_foreground(api: &Api, seen: &Seen<'_>, uid: &str) {
    let mut blocked = false;
    for key in api.store.dependents(uid) {
        let Some((resource, object, version)) = load(api, &key) else { continue };
        let blocks = object::owners(&object).iter().any(|owner| owner.uid == uid && owner.blocks_deletion);
        blocked |= blocks;
        let others = object::owners(&object).iter().any(|owner| {
            owner.uid != uid && find_owner(api, &key.name.namespace, owner).flatten().is_some_and(|live| !waits(&live))
        });
        if others {
            forget(api, &key, &[uid.to_owned()]);
        } else if !object::is_terminating(&object) {
            end(api, &resource, &key, &object, version, Propagation::Foreground);
        }
    }
    let left = blocked && api.store.dependents(uid).iter().any(|key| still_blocks(api, key, uid));
    if !left {
        drop_finalizer(api, &seen.key, FOREGROUND);
    }
}

fn waits(owner: &Object) -> bool {
    object::is_terminating(owner) && object::has_finalizer(owner, FOREGROUND)
}

fn still_blocks(api: &Api, key: &Key, uid: &str) -> bool {
    let Some((_, object, _)) = load(api, key) else { return false };
    object::owners(&object).iter().any(|owner| owner.uid == uid && owner.blocks_deletion)
}

/// A dependent is gone: owners that waited for it may end now.
fn owners_may_end(api: &Api, seen: &Seen<'_>) {
    for owner in object::owners(seen.object) {
        let (group, version) = split_api_version(&owner.api_version);
        let Some(resource) = api.catalog().find_kind(group, version, &owner.kind).cloned() else { continue };
        let namespace = if resource.namespaced { &*seen.key.name.namespace } else { "" };
        let key = Key { shelf: resource.shelf.clone(), name: Name::new(namespace, &owner.name) };
        let Some((_, object, _)) = load(api, &key) else { continue };
        if object::uid(&object) == owner.uid && waits(&object) {
            end_in_foreground(api, &Seen { key, object: &object, deleted: false }, &owner.uid);
        }
    }
}

fn let_go(api: &Api, seen: &Seen<'_>, uid: &str) {
    for key in api.store.dependents(uid) {
        forget(api, &key, &[uid.to_owned()]);
    }
    if api.store.dependents(uid).is_empty() {
        drop_finalizer(api, &seen.key, ORPHAN);
    }
}

fn forget(api: &Api, key: &Key, uids: &[String]) {
    let Some((resource, before, version)) = load(api, key) else { return };
    let mut object = before.clone();
    let metadata = object::metadata_mut(&mut object);
    if let Some(serde_json::Value::Array(list)) = metadata.get_mut("ownerReferences") {
        list.retain(|entry| !uids.iter().any(|uid| entry["uid"] == uid.as_str()));
        if list.is_empty() {
            metadata.remove("ownerReferences");
        }
    }
    ownership::record_own(&resource, Some(&before), &mut object, "kube-controller-manager", "");
    commit(api, key, version, Change::Put(object));
}

pub(super) fn drop_finalizer(api: &Api, key: &Key, finalizer: &str) {
    let Some((resource, mut object, version)) = load(api, key) else { return };
    object::remove_finalizer(&mut object, finalizer);
    let ends = object::finalizers(&object).next().is_none() && crate::rules::may_end(&resource, &object);
    commit(api, key, version, if ends { Change::Remove(object) } else { Change::Put(object) });
}

/// A collision means that someone wrote in between; that write is seen later and settled then.
pub(super) fn commit(api: &Api, key: &Key, version: u64, change: Change) {
    if let Err(error) = api.store.commit(key, Expected::At(version), change) {
        tracing::debug!(%error, ?key, "not settled now");
    }
}

pub(super) fn load(api: &Api, key: &Key) -> Option<(std::sync::Arc<Resource>, Object, u64)> {
    let resource = api.catalog().of_shelf(&key.shelf)?.clone();
    let stored = api.store.get(key)?;
    Some((resource, object::parse(&stored.body).ok()?, stored.version))
}
