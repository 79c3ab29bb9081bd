//! What lives in a cluster, as compact bytes.
//!
//! The answer of each of our own writes goes into the cache before anything is decided on it; an event
//! that is older than what the cache holds is passed over.

mod cached;
mod state;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use windlass_diff::Tracker;
use windlass_model::{GroupKind, Object, ObjectKey};

pub use self::cached::Cached;
use self::state::State;
use crate::trim::trim;

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

impl Cache {
    pub(crate) fn new(tracker: Tracker, listener: Listener) -> Self {
        Self { state: RwLock::default(), tracker: RwLock::new(tracker), kept_managers: RwLock::default(), listener }
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<Arc<Cached>> {
        read(&self.state).get(key).cloned()
    }

    pub(crate) fn keys(&self, scope: Scope<'_>) -> Vec<ObjectKey> {
        read(&self.state).keys(scope)
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

    /// Takes the object in, unless a newer state of it is here already.
    pub(crate) fn put(&self, mut object: Object) {
        let key = object.key();
        {
            let state = read(&self.state);
            if state.has_gone(object.uid()) || state.get(&key).is_some_and(|held| held.is_as_new_as(&object)) {
                return;
            }
        }
        let application: Option<Arc<str>> = read(&self.tracker).application_of(&object).map(Arc::from);
        trim(&mut object, &read(&self.kept_managers));
        let cached = Arc::new(Cached::new(&object, application.clone()));
        let previous = write(&self.state).insert(&key, cached);
        let previous = previous.and_then(|cached| cached.application().cloned());
        if previous.is_some() && previous != application {
            (self.listener)(Change { key: key.clone(), application: previous });
        }
        (self.listener)(Change { key, application });
    }

    /// Forgets an object, unless another of the same name is there by now.
    pub(crate) fn remove(&self, key: &ObjectKey, uid: Option<&str>) {
        let removed = write(&self.state).remove(key, uid);
        if let Some(removed) = removed {
            (self.listener)(Change { key: key.clone(), application: removed.application().cloned() });
        }
    }
}

// A poisoned lock means that a listener panicked; the data is whole, for it is changed in one step.

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
