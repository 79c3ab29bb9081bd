//! The objects of one resource, for readers and watchers who do not wait for each other.
//!
//! A writer changes a shelf under both of its locks, objects before changes; readers take one, or both in that order.
//! Invariant: a list at version `v` shows every change of the shelf up to `v`, and the window has all later ones.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use super::batches::{Batch, Batches};
use super::changes::{Changes, Event, EventKind, TooOld, Window};
use super::{Name, Stored};

/// Which part of a shelf to list.
#[derive(Clone, Debug, Default)]
pub struct Range<'a> {
    /// All namespaces when absent.
    pub namespace: Option<&'a str>,
    /// Exclusive start.
    pub after: Option<&'a Name>,
    /// No more than this many; all when zero.
    pub limit: usize,
    /// The state at this version rather than now.
    pub at: Option<u64>,
}

pub struct Page {
    pub items: Vec<(Name, Stored)>,
    pub version: u64,
    /// How many objects follow the page.
    pub remaining: usize,
}

/// The newest version of the whole store; every shelf reads it.
pub(super) type Clock = Arc<AtomicU64>;

pub struct Shelf {
    clock: Clock,
    objects: RwLock<BTreeMap<Name, Stored>>,
    changes: RwLock<Changes>,
    /// The version of the last change.
    version: AtomicU64,
    changed: watch::Sender<()>,
    batches: Batches,
    /// Held by the one writer who lost to another and tries again. Taken before the locks, never under them.
    turn: Mutex<()>,
}

/// What one step of a watch sends at most, unless one change alone is more.
const BATCH: Window = Window { events: 512, bytes: 256 << 10 };

impl Shelf {
    /// An empty shelf; its window reaches back to the version that the store began with.
    pub(super) fn new(clock: Clock, began: u64, window: Window) -> Self {
        Self::filled(BTreeMap::new(), clock, began, window)
    }

    pub(super) fn filled(objects: BTreeMap<Name, Stored>, clock: Clock, began: u64, window: Window) -> Self {
        Shelf {
            clock,
            version: AtomicU64::new(objects.values().map(|stored| stored.version).max().unwrap_or(0)),
            objects: RwLock::new(objects),
            changes: RwLock::new(Changes::since(began, window)),
            changed: watch::Sender::new(()),
            batches: Batches::default(),
            turn: Mutex::new(()),
        }
    }

    fn objects(&self) -> RwLockReadGuard<'_, BTreeMap<Name, Stored>> {
        // No caller code runs under a lock, so a poisoned state is still a whole one.
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> RwLockReadGuard<'_, Changes> {
        self.changes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the writers who lost before this one.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes after a change.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The version of the last change; whoever has seen it has missed nothing.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(super) fn get(&self, name: &Name) -> Option<Stored> {
        self.objects().get(name).cloned()
    }

    pub(super) fn version_of(&self, name: &Name) -> Option<u64> {
        self.objects().get(name).map(|stored| stored.version)
    }

    pub(super) fn has_namespace(&self, namespace: &str) -> bool {
        self.objects().range(first_of(namespace)..).next().is_some_and(|(name, _)| &*name.namespace == namespace)
    }

    pub(super) fn put(&self, name: &Name, stored: Stored) {
        let (mut objects, changes) = self.both();
        let previous = objects.insert(name.clone(), stored.clone());
        let kind = if previous.is_some() { EventKind::Modified } else { EventKind::Added };
        self.record(changes, Event::new(kind, name.clone(), stored, previous));
    }

    pub(super) fn remove(&self, name: &Name, last: Stored) {
        let (mut objects, changes) = self.both();
        let previous = objects.remove(name);
        self.record(changes, Event::new(EventKind::Deleted, name.clone(), last, previous));
    }

    fn both(&self) -> (RwLockWriteGuard<'_, BTreeMap<Name, Stored>>, RwLockWriteGuard<'_, Changes>) {
        let objects = self.objects.write().unwrap_or_else(PoisonError::into_inner);
        (objects, self.changes.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn record(&self, mut changes: RwLockWriteGuard<'_, Changes>, event: Event) {
        let version = event.version;
        changes.push(event);
        // In this order, and while nobody can read the shelf: whoever sees the clock sees the shelf too.
        self.version.store(version, Ordering::Release);
        self.clock.store(version, Ordering::Release);
    }

    /// Wakes watchers; their number is not for the next writer to wait for, so this is called without any lock.
    pub(super) fn wake(&self) {
        self.changed.send_replace(());
    }

    /// All changes after a version.
    ///
    /// # Errors
    /// The window no longer reaches back so far.
    pub fn changes_after(&self, version: u64) -> Result<Vec<Arc<Event>>, TooOld> {
        self.changes().after(version, Window { events: usize::MAX, bytes: usize::MAX })
    }

    /// The next changes after a version as one view of them sends them; written once where views are equal.
    ///
    /// # Errors
    /// The window no longer reaches back so far.
    pub fn batch(
        &self,
        after: u64,
        view: Option<&Arc<str>>,
        write: impl FnOnce(&[Arc<Event>]) -> Vec<u8>,
    ) -> Result<Batch, TooOld> {
        let make = || {
            let events = self.changes().after(after, BATCH)?;
            let until = events.last().map_or(after, |event| event.version);
            Ok(Batch { bytes: write(&events).into(), until })
        };
        match view.filter(|_| self.changed.receiver_count() > 1) {
            Some(view) => self.batches.get_or_write(after, view, make),
            None => make(),
        }
    }

    pub(super) fn list(&self, range: &Range<'_>) -> Result<Page, TooOld> {
        let objects = self.objects();
        // Under the lock: a write to this shelf is either in it or later than the clock.
        let now = self.clock.load(Ordering::Acquire);
        let past = match range.at {
            Some(at) if at < now => self.overlay(at)?,
            _ => BTreeMap::new(),
        };
        let mut page = Page { items: Vec::new(), version: range.at.unwrap_or(now).min(now), remaining: 0 };
        let limit = if range.limit == 0 { usize::MAX } else { range.limit };
        for (name, stored) in merged(&objects, range, &past) {
            if page.items.len() < limit {
                page.items.push((name.clone(), stored.clone()));
            } else {
                page.remaining += 1;
            }
        }
        Ok(page)
    }

    /// What differs between now and an earlier version: the state then, of every object changed since.
    fn overlay(&self, at: u64) -> Result<BTreeMap<Name, Option<Stored>>, TooOld> {
        let mut past = BTreeMap::new();
        for event in self.changes_after(at)?.into_iter().rev() {
            past.insert(event.name.clone(), event.previous.clone());
        }
        Ok(past)
    }

    pub(super) fn len(&self) -> usize {
        self.objects().len()
    }

    /// Every object as it is now, for a log that is written anew.
    pub(super) fn snapshot(&self) -> Vec<(Name, Stored)> {
        self.objects().iter().map(|(name, stored)| (name.clone(), stored.clone())).collect()
    }
}

fn merged<'a>(
    objects: &'a BTreeMap<Name, Stored>,
    range: &'a Range<'_>,
    past: &'a BTreeMap<Name, Option<Stored>>,
) -> impl Iterator<Item = (&'a Name, &'a Stored)> {
    let start = match (range.after, range.namespace) {
        (Some(after), _) => Bound::Excluded(after.clone()),
        (None, Some(namespace)) => Bound::Included(first_of(namespace)),
        (None, None) => Bound::Unbounded,
    };
    let inside = |name: &Name| range.namespace.is_none_or(|namespace| *name.namespace == *namespace);
    let bounds = (start, Bound::Unbounded);
    let present = objects.range(bounds.clone()).filter(|(name, _)| !past.contains_key(*name));
    let earlier = past.range(bounds).filter_map(|(name, stored)| Some((name, stored.as_ref()?)));
    merge_ordered(present.take_while(move |(name, _)| inside(name)), earlier.take_while(move |(name, _)| inside(name)))
}

/// The smallest name of a namespace.
fn first_of(namespace: &str) -> Name {
    Name::new(namespace, "")
}

/// Merges two iterators that are ordered by name and share none.
fn merge_ordered<'a>(
    left: impl Iterator<Item = (&'a Name, &'a Stored)>,
    right: impl Iterator<Item = (&'a Name, &'a Stored)>,
) -> impl Iterator<Item = (&'a Name, &'a Stored)> {
    let mut left = left.peekable();
    let mut right = right.peekable();
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(first), Some(second)) if first.0 > second.0 => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    })
}
