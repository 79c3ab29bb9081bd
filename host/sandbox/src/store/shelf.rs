//! The objects of one resource and the window of their last changes.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::watch;

use super::{Name, Stored, Window};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Added,
    Modified,
    Deleted,
}

/// One change of one object.
#[derive(Debug)]
pub struct Event {
    pub kind: EventKind,
    pub name: Name,
    pub version: u64,
    /// The object after the change; its last state where it was deleted.
    pub body: Bytes,
    /// The object before the change: a selector that matched only then sees a deletion.
    pub previous: Option<Stored>,
    /// The frame that watches send; made by the first of them and shared by all.
    frame: OnceLock<Bytes>,
}

impl Event {
    /// The event as a watch sends it, where the stored form is what the client wants.
    pub fn frame(&self) -> Bytes {
        self.frame.get_or_init(|| frame(self.kind.word(), &self.body)).clone()
    }
}

impl EventKind {
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Added => "ADDED",
            EventKind::Modified => "MODIFIED",
            EventKind::Deleted => "DELETED",
        }
    }
}

/// One line of a watch.
pub fn frame(word: &str, object: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(object.len() + 40);
    frame.extend_from_slice(b"{\"type\":\"");
    frame.extend_from_slice(word.as_bytes());
    frame.extend_from_slice(b"\",\"object\":");
    frame.extend_from_slice(object);
    frame.extend_from_slice(b"}\n");
    frame.into()
}

/// The window does not reach back far enough; carries the oldest version it can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOld(pub u64);

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

impl Page {
    pub(super) fn empty(version: u64) -> Self {
        Page { items: Vec::new(), version, remaining: 0 }
    }
}

pub(super) struct Shelf {
    objects: BTreeMap<Name, Stored>,
    window: VecDeque<Arc<Event>>,
    window_bytes: usize,
    /// Changes after this version are in the window.
    oldest: u64,
    changed: watch::Sender<u64>,
}

impl Shelf {
    pub(super) fn new(version: u64) -> Self {
        Shelf {
            objects: BTreeMap::new(),
            window: VecDeque::new(),
            window_bytes: 0,
            oldest: version,
            changed: watch::Sender::new(version),
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn version(&self) -> u64 {
        *self.changed.borrow()
    }

    pub(super) fn get(&self, name: &Name) -> Option<Stored> {
        self.objects.get(name).cloned()
    }

    pub(super) fn version_of(&self, name: &Name) -> Option<u64> {
        self.objects.get(name).map(|stored| stored.version)
    }

    pub(super) fn has_namespace(&self, namespace: &str) -> bool {
        self.objects.range(first_of(namespace)..).next().is_some_and(|(name, _)| &*name.namespace == namespace)
    }

    pub(super) fn put(&mut self, name: &Name, stored: Stored, window: Window) {
        let previous = self.objects.insert(name.clone(), stored.clone());
        let kind = if previous.is_some() { EventKind::Modified } else { EventKind::Added };
        self.record(kind, name, stored, previous, window);
    }

    pub(super) fn remove(&mut self, name: &Name, last: Stored, window: Window) {
        let previous = self.objects.remove(name);
        self.record(EventKind::Deleted, name, last, previous, window);
    }

    pub(super) fn restore(&mut self, name: &Name, stored: Option<Stored>, version: u64, _window: Window) {
        match stored {
            Some(stored) => self.objects.insert(name.clone(), stored),
            None => self.objects.remove(name),
        };
        self.oldest = self.oldest.max(version);
        self.changed.send_replace(version);
    }

    fn record(&mut self, kind: EventKind, name: &Name, stored: Stored, previous: Option<Stored>, window: Window) {
        let event = Event {
            kind,
            name: name.clone(),
            version: stored.version,
            body: stored.body,
            previous,
            frame: OnceLock::new(),
        };
        let version = event.version;
        self.window_bytes += event.body.len();
        self.window.push_back(Arc::new(event));
        while self.window.len() > window.events || (self.window_bytes > window.bytes && self.window.len() > 1) {
            let Some(dropped) = self.window.pop_front() else { break };
            self.window_bytes -= dropped.body.len();
            self.oldest = dropped.version;
        }
        self.changed.send_replace(version);
    }

    pub(super) fn changes(&self, after: u64) -> Result<Vec<Arc<Event>>, TooOld> {
        if after < self.oldest {
            return Err(TooOld(self.oldest));
        }
        let start = self.window.partition_point(|event| event.version <= after);
        Ok(self.window.range(start..).cloned().collect())
    }

    pub(super) fn list(&self, range: &Range<'_>, now: u64) -> Result<Page, TooOld> {
        let past = match range.at {
            Some(at) if at < now => self.overlay(at)?,
            _ => BTreeMap::new(),
        };
        let mut page = Page::empty(range.at.unwrap_or(now).min(now));
        let limit = if range.limit == 0 { usize::MAX } else { range.limit };
        for (name, stored) in self.merged(range, &past) {
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
        for event in self.changes(at)?.into_iter().rev() {
            past.insert(event.name.clone(), event.previous.clone());
        }
        Ok(past)
    }

    fn merged<'a>(
        &'a self,
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
        let present = self.objects.range(bounds.clone()).filter(|(name, _)| !past.contains_key(*name));
        let earlier = past.range(bounds).filter_map(|(name, stored)| Some((name, stored.as_ref()?)));
        merge_ordered(
            present.take_while(move |(name, _)| inside(name)),
            earlier.take_while(move |(name, _)| inside(name)),
        )
    }
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
