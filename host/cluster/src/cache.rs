//! What lives in a cluster, as compact bytes.
//!
//! The answer of each of our own writes goes into the cache before anything is decided on it; an event
//! that is older than what the cache holds is passed over.

mod cached;
mod sound;
mod state;
mod told;

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU32, Ordering},
};

use windlass_diff::Tracker;
use windlass_model::{GroupKind, Object, ObjectKey};

pub use self::cached::Cached;
pub(crate) use self::told::Identity;
use self::{state::State, told::Told};
use crate::Kind;

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
    lists: AtomicU32,
    listener: Listener,
}

/// One list on its way into the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List(u32);

/// What is told of one object.
#[derive(Clone, Copy)]
pub(crate) struct News<'a> {
    pub(crate) key: &'a ObjectKey,
    pub(crate) identity: &'a Identity<'a>,
    /// Of an item of a list, which does not say it itself.
    pub(crate) kind: Option<&'a Kind>,
    pub(crate) json: &'a [u8],
    pub(crate) list: Option<List>,
}

impl Cache {
    pub(crate) fn new(tracker: Tracker, listener: Listener) -> Self {
        Self {
            state: RwLock::default(),
            tracker: RwLock::new(tracker),
            kept_managers: RwLock::default(),
            lists: AtomicU32::new(0),
            listener,
        }
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<Arc<Cached>> {
        read(&self.state).get(key).cloned()
    }

    pub(crate) fn keys(&self, scope: Scope<'_>) -> Vec<ObjectKey> {
        read(&self.state).keys(scope)
    }

    pub(crate) fn count_of(&self, application: &str) -> usize {
        read(&self.state).count_of(application)
    }

    pub(crate) fn keys_of_kind(&self, kind: &GroupKind) -> Vec<ObjectKey> {
        read(&self.state).keys_of_kind(kind)
    }

    /// The kinds of which there is an object.
    pub(crate) fn kinds(&self) -> Vec<GroupKind> {
        read(&self.state).kinds()
    }

    /// The objects that name `uid` as an owner.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<ObjectKey> {
        read(&self.state).owned_by(uid)
    }

    pub(crate) fn len(&self) -> usize {
        read(&self.state).len()
    }

    /// Recognises objects by another mark from now on, those that are here already too.
    pub(crate) fn set_tracker(&self, tracker: Tracker) {
        if *read(&self.tracker) == tracker {
            return;
        }
        *write(&self.tracker) = tracker.clone();
        let mut state = write(&self.state);
        let held: Vec<(ObjectKey, Arc<Cached>)> = state.all().map(|(key, held)| (key, held.clone())).collect();
        for (key, before) in held {
            let application: Option<Arc<str>> = tracker.application_of(&before.object()).map(Arc::from);
            if application.as_ref() != before.application() {
                state.insert(&key, Arc::new(before.marked_by(application)));
            }
        }
    }

    pub(crate) fn set_kept_managers(&self, managers: Vec<String>) {
        *write(&self.kept_managers) = managers;
    }

    /// Takes in an object that we were given as the answer to a request.
    pub(crate) fn put(&self, object: &Object) {
        self.put_json(&object.key(), &object.to_bytes());
    }

    /// The same, where it was not read.
    pub(crate) fn put_json(&self, key: &ObjectKey, json: &[u8]) {
        if let Some(identity) = Identity::of(json) {
            self.hear(&News { key, identity: &identity, kind: None, json, list: None });
        }
    }

    /// Takes the object in, unless a newer state of it is here already, as it is of everything that we have written.
    pub(crate) fn hear(&self, news: &News<'_>) {
        if knows(&read(&self.state), news) {
            return;
        }
        let News { key, kind, json, list, .. } = *news;
        let Some(told) = Told::read(json, kind, &read(&self.kept_managers)) else { return };
        let application = self.application_of(&told.head);
        let Some(cached) = Cached::new(&told, application.clone()).map(Arc::new) else { return };
        if let Some(list) = list {
            cached.tell_in(list.0);
        }
        let previous = {
            let mut state = write(&self.state);
            // A watch and an answer may tell of the same object at one time: of two states the newer one counts, and
            // what has gone in between must not come back, for nobody would tell of its end again.
            if knows(&state, news) {
                return;
            }
            state.insert(key, cached)
        };
        let previous = previous.and_then(|cached| cached.application().cloned());
        if previous.is_some() && previous != application {
            (self.listener)(Change { key: key.clone(), application: previous });
        }
        (self.listener)(Change { key: key.clone(), application });
    }

    fn application_of(&self, object: &Object) -> Option<Arc<str>> {
        read(&self.tracker).application_of(object).map(|name| read(&self.state).application(name))
    }

    /// Begins a list: what it does not tell of will be gone at its end.
    pub(crate) fn begin_list(&self) -> List {
        // None is ever numbered 0, which stands for none.
        List(self.lists.fetch_add(1, Ordering::Relaxed).wrapping_add(1).max(1))
    }

    /// Forgets what a whole list has not told of. What was written after it was read is not missing in it.
    pub(crate) fn end_list(&self, list: List, kind: &GroupKind, namespace: &str, version: &str) {
        let untold = read(&self.state).untold(kind, namespace, list.0);
        for (key, held) in untold {
            if !held.is_newer_than(version) {
                self.remove(&key, None);
            }
        }
    }

    /// Forgets an object, unless another of the same name is there by now.
    pub(crate) fn remove(&self, key: &ObjectKey, uid: Option<&str>) {
        let removed = write(&self.state).remove(key, uid);
        if let Some(removed) = removed {
            (self.listener)(Change { key: key.clone(), application: removed.application().cloned() });
        }
    }
}

/// Whether what is told of an object is no news.
fn knows(state: &State, news: &News<'_>) -> bool {
    if state.has_gone(&news.identity.uid) {
        return true;
    }
    let is_held = |held: &&Arc<Cached>| held.is_as_new_as(&news.identity.resource_version);
    let Some(held) = state.get(news.key).filter(is_held) else { return false };
    news.list.into_iter().for_each(|list| held.tell_in(list.0));
    true
}

// A poisoned lock means that a listener panicked; the data is whole, for it is changed in one step.

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn cache() -> Cache {
        Cache::new(Tracker::default(), Box::new(|_| {}))
    }

    fn key() -> ObjectKey {
        ObjectKey { kind: GroupKind::new("", "ConfigMap"), namespace: "shop".into(), name: "settings".into() }
    }

    fn object(uid: usize, version: usize) -> String {
        format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"settings","namespace":"shop","uid":"{uid}","resourceVersion":"{version}"}}}}"#
        )
    }

    #[test]
    fn what_goes_while_an_answer_is_taken_in_does_not_come_back() {
        let cache = cache();
        for uid in 0..500 {
            thread::scope(|scope| {
                // Whoever takes the answer in stops here, half way.
                let tracker = write(&cache.tracker);
                scope.spawn(|| cache.put_json(&key(), object(uid, 2 * uid + 1).as_bytes()));
                thread::yield_now();
                cache.remove(&key(), Some(&uid.to_string()));
                drop(tracker);
            });
            assert!(cache.get(&key()).is_none(), "{uid}");
        }
    }

    #[test]
    fn of_two_states_that_are_told_at_one_time_the_newer_one_stays() {
        let cache = cache();
        for round in 1..500 {
            thread::scope(|scope| {
                let tracker = write(&cache.tracker);
                scope.spawn(|| cache.put_json(&key(), object(0, 2 * round).as_bytes()));
                scope.spawn(|| cache.put_json(&key(), object(0, 2 * round + 1).as_bytes()));
                thread::yield_now();
                drop(tracker);
            });
            let version = cache.get(&key()).map(|held| held.object().resource_version().to_owned());
            assert_eq!(version, Some((2 * round + 1).to_string()));
        }
    }
}
