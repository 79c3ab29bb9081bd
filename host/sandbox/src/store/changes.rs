//! The window of a shelf's last changes: what watches are served from, and what earlier states are rebuilt of.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{Name, Stored};
use crate::selector::{Sides, Traits};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Added,
    Modified,
    Deleted,
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
    /// What selectors look at; read out of the bytes for the first of them.
    sides: OnceLock<Sides>,
}

impl Event {
    pub(super) fn new(kind: EventKind, name: Name, stored: Stored, previous: Option<Stored>) -> Self {
        Event { kind, name, version: stored.version, body: stored.body, previous, sides: OnceLock::new() }
    }

    /// What selectors look at, before and after the change.
    pub fn sides(&self, read: impl Fn(&Bytes) -> Option<Traits>) -> &Sides {
        self.sides.get_or_init(|| Sides {
            before: self.previous.as_ref().and_then(|stored| read(&stored.body)),
            after: if self.kind == EventKind::Deleted { None } else { read(&self.body) },
        })
    }
}

/// The window does not reach back far enough; carries the oldest version it can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOld(pub u64);

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

pub(super) struct Changes {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// Changes after this version are here.
    oldest: u64,
    window: Window,
}

impl Changes {
    pub(super) fn since(oldest: u64, window: Window) -> Self {
        Changes { events: VecDeque::new(), bytes: 0, oldest, window }
    }

    pub(super) fn push(&mut self, event: Event) {
        self.bytes += event.body.len();
        self.events.push_back(Arc::new(event));
        while self.events.len() > self.window.events || (self.bytes > self.window.bytes && self.events.len() > 1) {
            let Some(dropped) = self.events.pop_front() else { break };
            self.bytes -= dropped.body.len();
            self.oldest = dropped.version;
        }
    }

    /// No more than so many changes after a version, and of no more bytes unless the first alone has more.
    pub(super) fn after(&self, version: u64, most: Window) -> Result<Vec<Arc<Event>>, TooOld> {
        if version < self.oldest {
            return Err(TooOld(self.oldest));
        }
        let start = self.events.partition_point(|event| event.version <= version);
        let mut bytes = 0;
        let fits = |event: &&Arc<Event>| {
            let first = bytes == 0;
            bytes += event.body.len();
            first || bytes <= most.bytes
        };
        Ok(self.events.range(start..).take(most.events).take_while(fits).cloned().collect())
    }
}
