//! Versioned storage: what etcd is to the real API server.
//!
//! Every write takes the next number of one counter. A *shelf* holds the objects of one
//! resource (all its versions) as bytes, and a window of its last changes, from which
//! watches are served and older states are rebuilt for pagination.
//!
//! Writers follow one another; readers and watchers meet only the writer of their own shelf.
//! Invariant: a write is in the log before anyone can see it.

mod batches;
mod changes;
mod key;
mod load;
mod log;
mod owners;
mod restore;
mod shelf;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use tokio::sync::watch;

use crate::object::{self, Object};
use log::{Log, Record};
use owners::Owners;
use restore::Restored;
use shelf::Clock;

pub use changes::{Event, EventKind, TooOld, Window};
pub use key::{Key, Name, ShelfId};
pub use log::LogError;
pub use shelf::{Page, Range, Shelf};

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

impl Expected {
    fn holds(self, stored: Option<u64>) -> bool {
        match self {
            Expected::Absent => stored.is_none(),
            Expected::At(version) => stored == Some(version),
        }
    }
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

pub struct Store {
    clock: Clock,
    /// The version that this process began with: no window reaches back further.
    began: u64,
    window: Window,
    /// Never shrinks. A shelf is locked by itself.
    shelves: RwLock<HashMap<ShelfId, Arc<Shelf>>>,
    owners: RwLock<Owners>,
    /// Held during a write: versions have one order. `None` where nothing is kept.
    writer: Mutex<Option<Log>>,
    /// For background tasks that follow every write.
    changed: watch::Sender<()>,
    /// What was loaded and may need to be settled: it has owners, or is ending.
    unsettled: Mutex<Vec<Key>>,
}

impl Store {
    pub fn in_memory(window: Window) -> Self {
        Self::with(Restored::nothing(window), None, window)
    }

    /// Opens the store kept in a folder, which is made if need be.
    ///
    /// # Errors
    /// The folder cannot be used, is held by another process, or its log is damaged before its end.
    pub fn open(folder: &Path, window: Window) -> Result<Self, LogError> {
        let mut log = Log::open(folder)?;
        let records = log.read()?;
        let (count, restored) = (records.len(), Restored::of(records, window));
        if (restored.objects() + 1) * 2 < count {
            log.rewrite(restored.records())?;
        }
        Ok(Self::with(restored, Some(log), window))
    }

    fn with(restored: Restored, log: Option<Log>, window: Window) -> Self {
        Store {
            began: restored.clock.load(Ordering::Acquire),
            clock: restored.clock,
            window,
            shelves: RwLock::new(restored.shelves),
            owners: RwLock::new(restored.owners),
            writer: Mutex::new(log),
            changed: watch::Sender::new(()),
            unsettled: Mutex::new(restored.unsettled),
        }
    }

    pub fn version(&self) -> u64 {
        self.clock.load(Ordering::Acquire)
    }

    /// The version of a shelf's last change.
    pub fn version_of_shelf(&self, shelf: &ShelfId) -> u64 {
        self.found(shelf).map_or(0, |shelf| shelf.version())
    }

    /// Wakes after every write.
    pub fn follow(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn found(&self, id: &ShelfId) -> Option<Arc<Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The shelf, made where there is none yet.
    pub fn shelf(&self, id: &ShelfId) -> Arc<Shelf> {
        if let Some(found) = self.found(id) {
            return found;
        }
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Shelf::new(self.clock.clone(), self.began, self.window));
        shelves.entry(id.clone()).or_insert_with(new).clone()
    }

    pub fn get(&self, key: &Key) -> Option<Stored> {
        self.found(&key.shelf)?.get(&key.name)
    }

    /// A page of a shelf as it is now, or as it was at `range.at`.
    ///
    /// # Errors
    /// The window no longer reaches back to `range.at`.
    pub fn list(&self, shelf: &ShelfId, range: &Range<'_>) -> Result<Page, TooOld> {
        self.shelf(shelf).list(range)
    }

    /// All shelves, those without objects too, in order.
    pub fn shelves(&self) -> Vec<(ShelfId, Arc<Shelf>)> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        let mut shelves: Vec<_> = shelves.iter().map(|(id, shelf)| (id.clone(), shelf.clone())).collect();
        shelves.sort_by(|(first, _), (second, _)| first.cmp(second));
        shelves
    }

    /// The objects that name this uid as an owner.
    pub fn dependents(&self, uid: &str) -> Vec<Key> {
        self.owners.read().unwrap_or_else(PoisonError::into_inner).dependents(uid)
    }

    /// Shelves that hold at least one object of the namespace, in order.
    pub fn shelves_of_namespace(&self, namespace: &str) -> Vec<ShelfId> {
        let shelves = self.shelves().into_iter();
        shelves.filter(|(_, shelf)| shelf.has_namespace(namespace)).map(|(id, _)| id).collect()
    }

    /// What was loaded and may need to be settled; once.
    pub fn take_unsettled(&self) -> Vec<Key> {
        std::mem::take(&mut self.unsettled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes one change, if what is stored is what the writer believes.
    ///
    /// # Errors
    /// [`CommitError::Collision`] where it is not; [`CommitError::Log`] when the disk refuses,
    /// in which case nothing has changed.
    pub fn commit(&self, key: &Key, expected: Expected, change: Change) -> Result<Stored, CommitError> {
        let shelf = self.shelf(&key.shelf);
        let written = self.write(&shelf, key, expected, change)?;
        shelf.wake();
        self.changed.send_replace(());
        Ok(written)
    }

    /// Makes a change until nobody has written in between. `attempt` gives `None` where someone has: from then on it
    /// has its turn, one at a time on a shelf, so that it loses only to writers who came before it and ends.
    ///
    /// # Errors
    /// What an attempt ends with.
    pub fn until_it_fits<T, E>(
        &self,
        shelf: &ShelfId,
        mut attempt: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<T, E> {
        if let Some(done) = attempt()? {
            return Ok(done);
        }
        let shelf = self.shelf(shelf);
        let _turn = shelf.turn();
        loop {
            if let Some(done) = attempt()? {
                return Ok(done);
            }
        }
    }

    fn write(&self, shelf: &Shelf, key: &Key, expected: Expected, change: Change) -> Result<Stored, CommitError> {
        let mut log = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let found = shelf.version_of(&key.name);
        if !expected.holds(found) {
            return Err(CommitError::Collision(found));
        }
        let version = self.version() + 1;
        let (mut object, removed) = match change {
            Change::Put(object) => (object, false),
            Change::Remove(object) => (object, true),
        };
        object::set_resource_version(&mut object, version);
        let stored = Stored { body: object::render(&object), version };
        if let Some(log) = &mut *log {
            log.append(&Record { key: key.clone(), version, body: (!removed).then(|| stored.body.clone()) })?;
        }
        let mut owners = self.owners.write().unwrap_or_else(PoisonError::into_inner);
        if removed {
            owners.forget(key);
            shelf.remove(&key.name, stored.clone());
        } else {
            owners.learn(key, &object);
            shelf.put(&key.name, stored.clone());
        }
        Ok(stored)
    }
}
