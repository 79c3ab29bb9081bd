//! Everything that is held, by kind and name, by application and by owner.

use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet, VecDeque},
    hash::{Hash, Hasher},
    sync::Arc,
};

use windlass_model::{GroupKind, ObjectKey};

use super::{Cached, Scope};

#[derive(Default)]
pub(super) struct State {
    shelves: HashMap<GroupKind, Shelf>,
    by_application: Index<Arc<str>>,
    by_owner: Index<Box<str>>,
    gone: Gone,
}

/// The objects of one kind, by namespace.
type Shelf = HashMap<Arc<str>, HashSet<Held>>;
type Index<K> = HashMap<K, HashSet<ObjectKey>>;

/// An object that is found by its name, which it has with it.
struct Held(Arc<Cached>);

impl Borrow<str> for Held {
    fn borrow(&self) -> &str {
        self.0.name()
    }
}

impl Hash for Held {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name().hash(state);
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.0.name() == other.0.name()
    }
}

impl Eq for Held {}

#[expect(clippy::mutable_key_type, reason = "an object is found by its name, and that does not change")]
impl State {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<&Arc<Cached>> {
        self.shelves.get(&key.kind)?.get(&key.namespace)?.get(&*key.name).map(|held| &held.0)
    }

    pub(super) fn keys(&self, scope: Scope<'_>) -> Vec<ObjectKey> {
        match scope {
            Scope::Application(name) => self.by_application.get(name).into_iter().flatten().cloned().collect(),
            Scope::Namespace(name) => {
                let shelves = self.shelves.iter();
                shelves.flat_map(|(kind, shelf)| keys_in(kind, shelf.get_key_value(name))).collect()
            }
        }
    }

    /// How many objects carry an application's mark.
    pub(super) fn count_of(&self, application: &str) -> usize {
        self.by_application.get(application).map_or(0, HashSet::len)
    }

    pub(super) fn keys_of_kind(&self, kind: &GroupKind) -> Vec<ObjectKey> {
        self.shelves.get(kind).into_iter().flat_map(|shelf| keys_in(kind, shelf)).collect()
    }

    /// The objects of a kind that a list has not told of; of one namespace, or of all where it is empty.
    pub(super) fn untold(&self, kind: &GroupKind, namespace: &str, list: u32) -> Vec<(ObjectKey, Arc<Cached>)> {
        let shelf = self.shelves.get(kind).into_iter().flatten();
        let fed = shelf.filter(|(name, _)| namespace.is_empty() || ***name == *namespace);
        let untold = fed.flat_map(|(namespace, room)| {
            let untold = room.iter().filter(|held| !held.0.was_told_in(list));
            untold.map(move |held| (key(kind, namespace, held), held.0.clone()))
        });
        untold.collect()
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
        let rooms = self.shelves.iter().flat_map(|(kind, shelf)| shelf.iter().map(move |room| (kind, room)));
        rooms.flat_map(|(kind, (namespace, room))| room.iter().map(move |held| (key(kind, namespace, held), &held.0)))
    }

    pub(super) fn len(&self) -> usize {
        self.shelves.values().flat_map(HashMap::values).map(HashSet::len).sum()
    }

    /// Whether an object with this UID was seen to go.
    pub(super) fn has_gone(&self, uid: &str) -> bool {
        self.gone.uids.contains(uid)
    }

    /// The name of an application, as one text for all that belongs to it.
    pub(super) fn application(&self, name: &str) -> Arc<str> {
        self.by_application.get_key_value(name).map_or_else(|| name.into(), |(name, _)| name.clone())
    }

    /// Puts an object in; gives the one that was in its place.
    pub(super) fn insert(&mut self, key: &ObjectKey, cached: Arc<Cached>) -> Option<Arc<Cached>> {
        let key = self.shared(key);
        let shelf = self.shelves.entry(key.kind.clone()).or_default();
        let room = shelf.entry(key.namespace.clone()).or_default();
        let before = room.replace(Held(cached.clone())).map(|held| held.0);
        self.reindex(&key, before.as_deref(), Some(&cached));
        before
    }

    /// Takes an object out, unless another with the same name is there by now. Its UID will not come back.
    pub(super) fn remove(&mut self, key: &ObjectKey, uid: Option<&str>) -> Option<Arc<Cached>> {
        uid.into_iter().for_each(|uid| self.gone.add(uid));
        self.get(key).filter(|held| uid.is_none_or(|uid| held.uid() == uid))?;
        let shelf = self.shelves.get_mut(&key.kind)?;
        let room = shelf.get_mut(&key.namespace)?;
        let removed = room.take(&*key.name)?.0;
        if room.is_empty() {
            shelf.remove(&key.namespace);
        }
        if shelf.is_empty() {
            self.shelves.remove(&key.kind);
        }
        self.reindex(key, Some(&removed), None);
        Some(removed)
    }

    /// The same key, made of the texts that are here already.
    fn shared(&self, key: &ObjectKey) -> ObjectKey {
        let Some((kind, shelf)) = self.shelves.get_key_value(&key.kind) else { return key.clone() };
        let namespace = shelf.get_key_value(&key.namespace).map_or(&key.namespace, |(namespace, _)| namespace);
        ObjectKey { kind: kind.clone(), namespace: namespace.clone(), name: key.name.clone() }
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

/// The keys of the objects in some namespaces.
fn keys_in<'a>(
    kind: &'a GroupKind,
    rooms: impl IntoIterator<Item = (&'a Arc<str>, &'a HashSet<Held>)>,
) -> impl Iterator<Item = ObjectKey> {
    let rooms = rooms.into_iter();
    rooms.flat_map(move |(namespace, room)| room.iter().map(move |held| key(kind, namespace, held)))
}

fn key(kind: &GroupKind, namespace: &Arc<str>, held: &Held) -> ObjectKey {
    ObjectKey { kind: kind.clone(), namespace: namespace.clone(), name: held.0.name().into() }
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
