//! Versioned storage: what etcd is to the real API server.
//!
//! Every write takes the next number of one counter. A *shelf* holds the objects of one
//! resource (all its versions) as bytes, and a window of its last changes, from which
//! watches are served and older states are rebuilt for pagination.
//!
//! Invariant: a write is in the log before anyone can see it.

mod log;
mod owners;
mod shelf;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use crate::object::{self, Object};
use log::{Log, Record};
use owners::Owners;
use shelf::Shelf;

pub use log::LogError;
pub use shelf::{Event, EventKind, Page, Range, TooOld, frame};

/// Names a shelf: the plural resource name and its group, `deployments.apps`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShelfId(Arc<str>);

impl ShelfId {
    pub fn new(group: &str, plural: &str) -> Self {
        ShelfId(if group.is_empty() { plural.into() } else { format!("{plural}.{group}").into() })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where an object lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub shelf: ShelfId,
    pub name: Name,
}

/// Namespace (empty for cluster-scoped kinds) and name; ordered as lists are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub namespace: Box<str>,
    pub name: Box<str>,
}

impl Name {
    pub fn new(namespace: &str, name: &str) -> Self {
        Name { namespace: namespace.into(), name: name.into() }
    }
}

/// An object at rest.
#[derive(Clone, Debug)]
pub struct Stored {
    pub body: Bytes,
    pub version: u64,
}

/// What a writer believes is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Absent,
    At(u64),
}

pub enum Change {
    Put(Object),
    /// The object's last state, as watchers of its deletion see it.
    Remove(Object),
}

#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The stored version is not the expected one; `None`: nothing is stored.
    #[error("the stored object is not the one expected")]
    Collision(Option<u64>),
    #[error("the write could not be logged")]
    Log(#[from] LogError),
}

/// Limits of the window of changes that each shelf keeps.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub events: usize,
    pub bytes: usize,
}

impl Default for Window {
    fn default() -> Self {
        Window { events: 8192, bytes: 32 << 20 }
    }
}

pub struct Store {
    state: Mutex<State>,
    window: Window,
    /// The newest version, for background tasks that follow every write.
    latest: watch::Sender<u64>,
}

struct State {
    version: u64,
    shelves: HashMap<ShelfId, Shelf>,
    owners: Owners,
    log: Option<Log>,
}

impl Store {
    pub fn in_memory(window: Window) -> Self {
        Self::with(State { version: 1, shelves: HashMap::new(), owners: Owners::default(), log: None }, window)
    }

    /// Opens the store kept in a folder, which is made if need be.
    ///
    /// # Errors
    /// The folder cannot be used, is held by another process, or its log is damaged before its end.
    pub fn open(folder: &Path, window: Window) -> Result<Self, LogError> {
        let (log, records) = Log::open(folder)?;
        let mut state = State { version: 1, shelves: HashMap::new(), owners: Owners::default(), log: None };
        for record in records {
            state.restore(record?, window);
        }
        state.log = Some(log);
        Ok(Self::with(state, window))
    }

    fn with(state: State, window: Window) -> Self {
        Store { latest: watch::Sender::new(state.version), state: Mutex::new(state), window }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No caller code runs under the lock, so a poisoned state is still a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn version(&self) -> u64 {
        self.state().version
    }

    /// The version of a shelf's last change.
    pub fn version_of_shelf(&self, shelf: &ShelfId) -> u64 {
        self.state().shelves.get(shelf).map_or(0, Shelf::version)
    }

    /// Follows the newest version of the whole store.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.latest.subscribe()
    }

    pub fn get(&self, key: &Key) -> Option<Stored> {
        self.state().shelves.get(&key.shelf)?.get(&key.name)
    }

    /// A page of a shelf as it is now, or as it was at `range.at`.
    ///
    /// # Errors
    /// The window no longer reaches back to `range.at`.
    pub fn list(&self, shelf: &ShelfId, range: &Range<'_>) -> Result<Page, TooOld> {
        let state = self.state();
        match state.shelves.get(shelf) {
            Some(shelf) => shelf.list(range, state.version),
            None => Ok(Page::empty(range.at.unwrap_or(state.version))),
        }
    }

    /// The changes of a shelf after a version, and a receiver that wakes on the next one.
    ///
    /// # Errors
    /// The window no longer reaches back to `after`.
    pub fn changes(&self, shelf: &ShelfId, after: u64) -> Result<(Vec<Arc<Event>>, u64), TooOld> {
        let state = self.state();
        match state.shelves.get(shelf) {
            Some(shelf) => Ok((shelf.changes(after)?, state.version)),
            None => Ok((Vec::new(), state.version)),
        }
    }

    /// Wakes when the shelf changes.
    pub fn subscribe(&self, shelf: &ShelfId) -> watch::Receiver<u64> {
        let mut state = self.state();
        state.shelf(shelf).subscribe()
    }

    /// All shelves, those without objects too.
    pub fn shelves(&self) -> Vec<ShelfId> {
        let mut shelves: Vec<ShelfId> = self.state().shelves.keys().cloned().collect();
        shelves.sort();
        shelves
    }

    /// The objects that name this uid as an owner.
    pub fn dependents(&self, uid: &str) -> Vec<Key> {
        self.state().owners.dependents(uid)
    }

    /// Shelves that hold at least one object of the namespace.
    pub fn shelves_of_namespace(&self, namespace: &str) -> Vec<ShelfId> {
        let state = self.state();
        let mut shelves: Vec<ShelfId> = state
            .shelves
            .iter()
            .filter(|(_, shelf)| shelf.has_namespace(namespace))
            .map(|(id, _)| id.clone())
            .collect();
        shelves.sort();
        shelves
    }

    /// Writes one change, if what is stored is what the writer believes.
    ///
    /// # Errors
    /// [`CommitError::Collision`] where it is not; [`CommitError::Log`] when the disk refuses,
    /// in which case nothing has changed.
    pub fn commit(&self, key: &Key, expected: Expected, change: Change) -> Result<Stored, CommitError> {
        let mut state = self.state();
        let stored = state.shelves.get(&key.shelf).and_then(|shelf| shelf.version_of(&key.name));
        let matches = match expected {
            Expected::Absent => stored.is_none(),
            Expected::At(version) => stored == Some(version),
        };
        if !matches {
            return Err(CommitError::Collision(stored));
        }
        let written = state.write(key, change, self.window)?;
        self.latest.send_replace(written.version);
        Ok(written)
    }
}

impl State {
    fn shelf(&mut self, id: &ShelfId) -> &mut Shelf {
        let version = self.version;
        self.shelves.entry(id.clone()).or_insert_with(|| Shelf::new(version))
    }

    fn write(&mut self, key: &Key, change: Change, window: Window) -> Result<Stored, LogError> {
        let version = self.version + 1;
        let (mut object, removed) = match change {
            Change::Put(object) => (object, false),
            Change::Remove(object) => (object, true),
        };
        object::set_resource_version(&mut object, version);
        let stored = Stored { body: object::render(&object), version };
        if let Some(log) = &mut self.log {
            log.append(&Record { key: key.clone(), version, body: (!removed).then(|| stored.body.clone()) })?;
        }
        self.version = version;
        if removed {
            self.owners.forget(key);
            self.shelf(&key.shelf).remove(&key.name, stored.clone(), window);
        } else {
            self.owners.learn(key, &object);
            self.shelf(&key.shelf).put(&key.name, stored.clone(), window);
        }
        Ok(stored)
    }

    /// Takes over a record of the log; no watch reaches back before the start.
    fn restore(&mut self, record: Record, window: Window) {
        let Record { key, version, body } = record;
        self.version = self.version.max(version);
        let Some(body) = body else {
            self.owners.forget(&key);
            self.shelf(&key.shelf).restore(&key.name, None, version, window);
            return;
        };
        // Parsing every object would cost a second for each 100,000 of them.
        if object::mentions(&body, b"\"ownerReferences\"")
            && let Ok(object) = object::parse(&body)
        {
            self.owners.learn(&key, &object);
        }
        self.shelf(&key.shelf).restore(&key.name, Some(Stored { body, version }), version, window);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key { shelf: ShelfId::new("", "configmaps"), name: Name::new("default", name) }
    }

    fn put(store: &Store, name: &str) -> Stored {
        let body = format!(r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}"}}}}"#);
        let object = object::parse(body.as_bytes()).expect("valid JSON");
        store.commit(&key(name), Expected::Absent, Change::Put(object)).expect("committed")
    }

    fn names(store: &Store, range: &Range<'_>) -> Vec<String> {
        let page = store.list(&ShelfId::new("", "configmaps"), range).expect("in the window");
        page.items.into_iter().map(|(name, _)| name.name.into()).collect()
    }

    #[test]
    fn a_list_at_an_earlier_version_shows_what_was_there_then() {
        let store = Store::in_memory(Window::default());
        let first = put(&store, "a");
        put(&store, "b");
        let live = object::parse(&first.body).expect("valid JSON");
        store.commit(&key("a"), Expected::At(first.version), Change::Remove(live)).expect("removed");
        assert_eq!(names(&store, &Range::default()), ["b"]);
        assert_eq!(names(&store, &Range { at: Some(first.version), ..Range::default() }), ["a"]);
    }

    #[test]
    fn a_window_that_has_moved_on_says_how_far_it_reaches() {
        let store = Store::in_memory(Window { events: 1, bytes: 1 << 20 });
        let first = put(&store, "a");
        let second = put(&store, "b");
        let shelf = ShelfId::new("", "configmaps");
        assert_eq!(store.changes(&shelf, 1).expect_err("gone"), TooOld(first.version));
        assert_eq!(store.changes(&shelf, first.version).expect("kept").0[0].version, second.version);
    }

    #[test]
    fn acknowledged_writes_survive_and_a_torn_record_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path(), Window::default()).expect("opens");
        let kept = put(&store, "a");
        put(&store, "b");
        assert!(Store::open(folder.path(), Window::default()).is_err(), "two processes on one folder");
        drop(store);
        let log = folder.path().join("objects.log");
        let length = std::fs::metadata(&log).expect("there").len();
        let file = std::fs::OpenOptions::new().write(true).open(&log).expect("opens");
        file.set_len(length - 3).expect("torn");
        drop(file);
        let store = Store::open(folder.path(), Window::default()).expect("opens again");
        assert_eq!(names(&store, &Range::default()), ["a"]);
        assert_eq!(store.get(&key("a")).expect("kept").body, kept.body);
    }
}
