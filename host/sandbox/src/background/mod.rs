//! What the server does without being asked: namespaces, garbage, CRDs.
//!
//! One task follows every write. It reads what changed from the shelves' windows and acts through the same
//! functions as requests do. If it falls behind a window it looks at everything again.

mod accounts;
mod aggregation;
mod crds;
mod garbage;
mod namespaces;
mod start;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::api::Api;
use crate::object::{self, Object};
use crate::store::{Event, EventKind, Key, Range, ShelfId};

pub(crate) struct Background {
    api: Arc<Api>,
    wake: watch::Receiver<u64>,
    seen: HashMap<ShelfId, u64>,
    /// Whether a cluster role changed since aggregated ones were last put together.
    roles_changed: bool,
}

/// A change, as the background tasks look at it.
pub(crate) struct Seen<'a> {
    pub(crate) key: Key,
    pub(crate) object: &'a Object,
    pub(crate) deleted: bool,
}

impl Background {
    /// Makes what every cluster has, and catches up with a store that was opened from disk.
    pub(crate) fn start(api: Arc<Api>) -> Self {
        let wake = api.store.follow();
        start::furnish(&api);
        let mut background = Background { api, wake, seen: HashMap::new(), roles_changed: true };
        background.look_at_everything();
        background.catch_up();
        background
    }

    pub(crate) async fn run(mut self) {
        while self.wake.changed().await.is_ok() {
            self.catch_up();
            tokio::task::yield_now().await;
        }
    }

    /// Acts until a round changes nothing more.
    fn catch_up(&mut self) {
        loop {
            let before = *self.wake.borrow_and_update();
            for shelf in self.api.store.shelves() {
                self.follow(&shelf);
            }
            if std::mem::take(&mut self.roles_changed) {
                aggregation::settle(&self.api);
            }
            if self.api.store.version() == before {
                return;
            }
        }
    }

    fn follow(&mut self, shelf: &ShelfId) {
        let after = self.seen.get(shelf).copied().unwrap_or(0);
        match self.api.store.changes(shelf, after) {
            Ok((events, now)) => {
                self.seen.insert(shelf.clone(), now);
                self.roles_changed |= !events.is_empty() && shelf.as_str() == aggregation::SHELF;
                for event in events {
                    self.handle_event(shelf, &event);
                }
            }
            Err(_) => {
                self.seen.insert(shelf.clone(), self.api.store.version());
                self.roles_changed |= shelf.as_str() == aggregation::SHELF;
                self.look_at(shelf);
            }
        }
    }

    fn handle_event(&self, shelf: &ShelfId, event: &Event) {
        let deleted = event.kind == EventKind::Deleted;
        if !deleted && !concerns(shelf, &event.body) {
            return;
        }
        let Ok(object) = object::parse(&event.body) else { return };
        let key = Key { shelf: shelf.clone(), name: event.name.clone() };
        self.act(&Seen { key, object: &object, deleted });
    }

    fn look_at_everything(&mut self) {
        for shelf in self.api.store.shelves() {
            self.seen.insert(shelf.clone(), self.api.store.version());
            self.look_at(&shelf);
        }
    }

    fn look_at(&self, shelf: &ShelfId) {
        let Ok(page) = self.api.store.list(shelf, &Range::default()) else { return };
        for (name, stored) in page.items {
            if !concerns(shelf, &stored.body) {
                continue;
            }
            let Ok(object) = object::parse(&stored.body) else { continue };
            self.act(&Seen { key: Key { shelf: shelf.clone(), name }, object: &object, deleted: false });
        }
    }

    fn act(&self, seen: &Seen<'_>) {
        garbage::collect(&self.api, seen);
        match seen.key.shelf.as_str() {
            "namespaces" => {
                namespaces::settle(&self.api, seen);
                accounts::settle(&self.api, seen);
            }
            "serviceaccounts" if seen.deleted => accounts::replace(&self.api, seen),
            "customresourcedefinitions.apiextensions.k8s.io" => crds::settle(&self.api, seen),
            _ => {}
        }
        if seen.deleted {
            namespaces::content_gone(&self.api, seen);
            crds::instance_gone(&self.api, seen);
        }
    }
}

/// Cheap test before parsing: most objects neither have owners nor end.
fn concerns(shelf: &ShelfId, body: &[u8]) -> bool {
    matches!(shelf.as_str(), "namespaces" | "customresourcedefinitions.apiextensions.k8s.io")
        || object::mentions(body, b"\"ownerReferences\"")
        || object::mentions(body, b"\"deletionTimestamp\"")
}
