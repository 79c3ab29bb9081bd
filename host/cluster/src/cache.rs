//! What lives in a cluster, as compact bytes.
//!
//! The answer of each of our own writes goes into the cache before anything is decided on it; an event
//! that is older than what the cache holds is passed over.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, RwLock},
};

use windlass_diff::Tracker;
use windlass_model::{GroupKind, Object, ObjectKey};

use crate::trim::trim;

/// A live object at rest.
#[derive(Debug)]
pub struct Cached {
    pub uid: Box<str>,
    pub resource_version: Box<str>,
    /// The application that the object's mark names.
    pub application: Option<Arc<str>>,
    /// UIDs of the objects that own this one.
    owners: Box<[Box<str>]>,
    body: Box<[u8]>,
}

impl Cached {
    /// Parses the object. The bytes were written by this cache, so this does not fail.
    pub fn object(&self) -> Object {
        Object::from_slice(&self.body).unwrap_or_else(|_| unreachable!("the cache holds what it serialised"))
    }

    pub fn is_owned(&self) -> bool {
        !self.owners.is_empty()
    }

    /// The object as JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// Whether this was written after `version`. Versions grow over all objects of a kind, so that even an object
    /// that was deleted and made again is told from what it was before.
    pub(crate) fn is_newer_than(&self, version: &str) -> bool {
        let number = |text: &str| text.parse::<u64>().ok();
        number(&self.resource_version) > number(version)
    }
}

/// One change of the live state.
#[derive(Clone, Debug)]
pub struct Change {
    pub key: ObjectKey,
    /// The application that the object belongs to now, or belonged to before it went.
    pub application: Option<Arc<str>>,
}

/// Which objects of an application are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    Application(&'a str),
    Namespace(&'a str),
}

type Listener = Box<dyn Fn(Change) + Send + Sync>;

pub(crate) struct Cache {
    state: RwLock<State>,
    tracker: RwLock<Tracker>,
    kept_managers: RwLock<Vec<String>>,
    listener: Listener,
}

#[derive(Default)]
struct State {
    objects: HashMap<ObjectKey, Arc<Cached>>,
    by_application: HashMap<Arc<str>, HashSet<ObjectKey>>,
    by_owner: HashMap<Box<str>, HashSet<ObjectKey>>,
    gone: Gone,
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

impl Cache {
    pub(crate) fn new(tracker: Tracker, listener: Listener) -> Self {
        Self { state: RwLock::default(), tracker: RwLock::new(tracker), kept_managers: RwLock::default(), listener }
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<Arc<Cached>> {
        read(&self.state).objects.get(key).cloned()
    }

    pub(crate) fn keys(&self, scope: Scope<'_>) -> Vec<ObjectKey> {
        let state = read(&self.state);
        match scope {
            Scope::Application(name) => {
                state.by_application.get(name).map(|keys| keys.iter().cloned().collect()).unwrap_or_default()
            }
            Scope::Namespace(name) => state.objects.keys().filter(|key| *key.namespace == *name).cloned().collect(),
        }
    }

    pub(crate) fn keys_of_kind(&self, kind: &GroupKind) -> Vec<ObjectKey> {
        read(&self.state).objects.keys().filter(|key| key.kind == *kind).cloned().collect()
    }

    /// The objects that name `uid` as an owner.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<ObjectKey> {
        read(&self.state).by_owner.get(uid).map(|keys| keys.iter().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn all_keys(&self) -> Vec<ObjectKey> {
        read(&self.state).objects.keys().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        read(&self.state).objects.len()
    }

    /// Recognises objects by another mark from now on, those that are here already too.
    pub(crate) fn set_tracker(&self, tracker: Tracker) {
        if *read(&self.tracker) == tracker {
            return;
        }
        *self.tracker.write().unwrap_or_else(std::sync::PoisonError::into_inner) = tracker.clone();
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let held: Vec<(ObjectKey, Arc<Cached>)> =
            state.objects.iter().map(|(key, held)| (key.clone(), held.clone())).collect();
        for (key, before) in held {
            let application: Option<Arc<str>> = tracker.application_of(&before.object()).map(Arc::from);
            if application == before.application {
                continue;
            }
            let after = Arc::new(Cached {
                uid: before.uid.clone(),
                resource_version: before.resource_version.clone(),
                application,
                owners: before.owners.clone(),
                body: before.body.clone(),
            });
            state.reindex(&key, Some(&before), Some(&after));
            state.objects.insert(key, after);
        }
    }

    pub(crate) fn set_kept_managers(&self, managers: Vec<String>) {
        *self.kept_managers.write().unwrap_or_else(std::sync::PoisonError::into_inner) = managers;
    }

    /// Takes the object in, unless a newer state of it is here already.
    pub(crate) fn put(&self, mut object: Object) {
        if read(&self.state).gone.uids.contains(object.uid()) {
            return;
        }
        let key = object.key();
        let version = object.resource_version();
        if self.get(&key).is_some_and(|held| held.is_newer_than(version) || *held.resource_version == *version) {
            return;
        }
        let application: Option<Arc<str>> = read(&self.tracker).application_of(&object).map(Arc::from);
        trim(&mut object, &read(&self.kept_managers));
        let cached = Cached {
            uid: object.uid().into(),
            resource_version: object.resource_version().into(),
            application: application.clone(),
            owners: owners(&object),
            body: object.to_bytes().into_boxed_slice(),
        };
        let previous = {
            let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let cached = Arc::new(cached);
            let previous = state.objects.insert(key.clone(), cached.clone());
            state.reindex(&key, previous.as_deref(), Some(&cached));
            previous.and_then(|cached| cached.application.clone())
        };
        if previous.is_some() && previous != application {
            (self.listener)(Change { key: key.clone(), application: previous });
        }
        (self.listener)(Change { key, application });
    }

    /// Forgets an object, unless another of the same name is there by now.
    pub(crate) fn remove(&self, key: &ObjectKey, uid: Option<&str>) {
        let removed = {
            let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            uid.into_iter().for_each(|uid| state.gone.add(uid));
            let same = state.objects.get(key).is_some_and(|held| uid.is_none_or(|uid| *held.uid == *uid));
            let removed = if same { state.objects.remove(key) } else { None };
            state.reindex(key, removed.as_deref(), None);
            removed
        };
        if let Some(removed) = removed {
            (self.listener)(Change { key: key.clone(), application: removed.application.clone() });
        }
    }
}

impl State {
    fn reindex(&mut self, key: &ObjectKey, before: Option<&Cached>, after: Option<&Cached>) {
        let application = |cached: Option<&Cached>| cached.and_then(|cached| cached.application.clone());
        let owners = |cached: Option<&Cached>| cached.map(|cached| cached.owners.to_vec()).unwrap_or_default();
        let (old, new) = (application(before), application(after));
        if old != new {
            old.iter().for_each(|name| take_out(&mut self.by_application, name, key));
            new.into_iter().for_each(|name| put_in(&mut self.by_application, name, key));
        }
        let (old, new) = (owners(before), owners(after));
        if old != new {
            old.iter().for_each(|uid| take_out(&mut self.by_owner, uid, key));
            new.into_iter().for_each(|uid| put_in(&mut self.by_owner, uid, key));
        }
    }
}

type Index<K> = HashMap<K, HashSet<ObjectKey>>;

fn take_out<K: Eq + std::hash::Hash>(index: &mut Index<K>, name: &K, key: &ObjectKey) {
    if let Some(keys) = index.get_mut(name) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(name);
        }
    }
}

fn put_in<K: Eq + std::hash::Hash>(index: &mut Index<K>, name: K, key: &ObjectKey) {
    index.entry(name).or_default().insert(key.clone());
}

fn owners(object: &Object) -> Box<[Box<str>]> {
    let references = object.at(&["metadata", "ownerReferences"]).and_then(serde_json::Value::as_array);
    references.into_iter().flatten().filter_map(|owner| owner.get("uid")?.as_str().map(Box::from)).collect()
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    // A poisoned lock means that a listener panicked; the data is whole, for it is changed in one step.
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}
