//! Everything that is held, by kind and name, by application and by owner.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
    sync::Arc,
};

use windlass_model::{GroupKind, ObjectKey};

use super::{Cached, Scope};

#[derive(Default)]
pub(super) struct State {
    shelves: HashMap<GroupKind, Shelf>,
    by_application: Index<Arc<str>>,
    by_owner: Index<Box<str>>,
    /// One text for each namespace, which all keys share.
    namespaces: HashSet<Arc<str>>,
    gone: Gone,
}

/// The objects of one kind.
type Shelf = HashMap<Place, Arc<Cached>>;
/// Namespace and name.
type Place = (Arc<str>, Arc<str>);
type Index<K> = HashMap<K, HashSet<ObjectKey>>;

impl State {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Arc<Cached>> {
        self.shelves.get(&key.kind)?.get(&place(key))
    }

    pub(super) fn keys(&self, scope: Scope<'_>) -> Vec<ObjectKey> {
        match scope {
            Scope::Application(name) => self.by_application.get(name).into_iter().flatten().cloned().collect(),
            Scope::Namespace(name) => {
                let shelves = self.shelves.iter();
                let inside = shelves.flat_map(|(kind, shelf)| {
                    shelf.keys().filter(|(namespace, _)| **namespace == *name).map(|place| key(kind, place))
                });
                inside.collect()
            }
        }
    }

    pub(super) fn keys_of_kind(&self, kind: &GroupKind) -> Vec<ObjectKey> {
        self.shelves.get(kind).into_iter().flat_map(|shelf| shelf.keys().map(|place| key(kind, place))).collect()
    }

    pub(super) fn kinds(&self) -> Vec<GroupKind> {
        self.shelves.keys().cloned().collect()
    }

    /// The objects that name `uid` as an owner.
    pub(super) fn owned_by(&self, uid: &str) -> Vec<ObjectKey> {
        self.by_owner.get(uid).into_iter().flatten().cloned().collect()
    }

    /// Every object, with its key.
    pub(super) fn all(&self) -> impl Iterator<Item = (ObjectKey, &Arc<Cached>)> {
        self.shelves.iter().flat_map(|(kind, shelf)| shelf.iter().map(|(place, cached)| (key(kind, place), cached)))
    }

    pub(super) fn len(&self) -> usize {
        self.shelves.values().map(HashMap::len).sum()
    }

    /// Whether an object with this UID was seen to go.
    pub(super) fn has_gone(&self, uid: &str) -> bool {
        self.gone.uids.contains(uid)
    }

    /// Puts an object in; gives the one that was in its place.
    pub(super) fn insert(&mut self, key: &ObjectKey, cached: Arc<Cached>) -> Option<Arc<Cached>> {
        let key = self.shared(key);
        let shelf = self.shelves.entry(key.kind.clone()).or_default();
        let before = shelf.insert(place(&key), cached.clone());
        self.reindex(&key, before.as_deref(), Some(&cached));
        before
    }

    /// Takes an object out, unless another with the same name is there by now. Its UID will not come back.
    pub(super) fn remove(&mut self, key: &ObjectKey, uid: Option<&str>) -> Option<Arc<Cached>> {
        uid.into_iter().for_each(|uid| self.gone.add(uid));
        self.get(key).filter(|held| uid.is_none_or(|uid| held.uid() == uid))?;
        let shelf = self.shelves.get_mut(&key.kind)?;
        let removed = shelf.remove(&place(key))?;
        if shelf.is_empty() {
            self.shelves.remove(&key.kind);
        }
        self.reindex(key, Some(&removed), None);
        Some(removed)
    }

    /// The same key, made of the texts that are here already.
    fn shared(&mut self, key: &ObjectKey) -> ObjectKey {
        let kind = self.shelves.get_key_value(&key.kind).map_or_else(|| key.kind.clone(), |(kind, _)| kind.clone());
        let namespace = match self.namespaces.get(&key.namespace) {
            Some(namespace) => namespace.clone(),
            None => {
                self.namespaces.insert(key.namespace.clone());
                key.namespace.clone()
            }
        };
        ObjectKey { kind, namespace, name: key.name.clone() }
    }

    fn reindex(&mut self, key: &ObjectKey, before: Option<&Cached>, after: Option<&Cached>) {
        let application = |cached: Option<&Cached>| cached.and_then(|cached| cached.application().cloned());
        let (old, new) = (application(before), application(after));
        if old != new {
            old.iter().for_each(|name| take_out(&mut self.by_application, name, key));
            new.into_iter().for_each(|name| put_in(&mut self.by_application, name, key));
        }
        let (old, new) = (before.map_or(&[][..], Cached::owners), after.map_or(&[][..], Cached::owners));
        if old != new {
            old.iter().for_each(|uid| take_out(&mut self.by_owner, uid, key));
            new.iter().for_each(|uid| put_in(&mut self.by_owner, uid.clone(), key));
        }
    }
}

fn place(key: &ObjectKey) -> Place {
    (key.namespace.clone(), key.name.clone())
}

fn key(kind: &GroupKind, (namespace, name): &Place) -> ObjectKey {
    ObjectKey { kind: kind.clone(), namespace: namespace.clone(), name: name.clone() }
}

fn take_out<K: Eq + Hash>(index: &mut Index<K>, name: &K, key: &ObjectKey) {
    if let Some(keys) = index.get_mut(name) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(name);
        }
    }
}

fn put_in<K: Eq + Hash>(index: &mut Index<K>, name: K, key: &ObjectKey) {
    index.entry(name).or_default().insert(key.clone());
}

/// UIDs of objects that were seen to go. The answer to our own request may arrive after the watch has told of
/// its end, and must not bring the object back.
#[derive(Default)]
struct Gone {
    uids: HashSet<Box<str>>,
    order: VecDeque<Box<str>>,
}

impl Gone {
    /// Requests are answered long before this many more objects have gone.
    const KEPT: usize = 4096;

    fn add(&mut self, uid: &str) {
        if self.uids.insert(uid.into()) {
            self.order.push_back(uid.into());
        }
        if self.order.len() > Self::KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.uids.remove(&oldest);
        }
    }
}
