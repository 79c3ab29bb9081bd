//! What the server does without being asked: namespaces, garbage, CRDs, APIServices.
//!
//! One task follows every write. It reads what changed from the shelves' windows and acts through the same
//! functions as requests do. If it falls behind a window it looks at everything again.

mod accounts;
mod aggregation;
mod apiservices;
mod crds;
mod garbage;
mod namespaces;
mod start;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::watch;

use crate::api::Api;
use crate::catalog::shelf_of;
use crate::object::{self, Object};
use crate::rules;
use crate::store::{Event, EventKind, Key, Name, Range, Shelf, ShelfId, Stored};

const API_SERVICES: &str = "apiservices.apiregistration.k8s.io";

pub(crate) struct Background {
    api: Arc<Api>,
    wake: watch::Receiver<()>,
    /// The version that everything was looked at in; shelves made later have their first change after it.
    began: u64,
    seen: HashMap<ShelfId, u64>,
    /// Whether a cluster role changed since aggregated ones were last put together.
    roles_changed: bool,
    /// Quotas that have to be counted again.
    uncounted: BTreeSet<Name>,
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
        let began = api.store.version();
        start::furnish(&api);
        apiservices::furnish(&api);
        let uncounted = rules::all_quotas(&api);
        let mut background = Background { api, wake, began, seen: HashMap::new(), roles_changed: true, uncounted };
        background.look_at_what_was_kept();
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
            self.wake.borrow_and_update();
            let before = self.api.store.version();
            for (id, shelf) in self.api.store.shelves() {
                self.follow(&id, &shelf);
            }
            if std::mem::take(&mut self.roles_changed) {
                aggregation::settle(&self.api);
            }
            for quota in std::mem::take(&mut self.uncounted) {
                rules::count_again(&self.api, &quota);
            }
            if self.api.store.version() == before {
                return;
            }
        }
    }

    fn follow(&mut self, id: &ShelfId, shelf: &Shelf) {
        let after = self.seen.get(id).copied().unwrap_or(self.began);
        let now = shelf.version();
        if now <= after {
            return;
        }
        self.roles_changed |= id.as_str() == aggregation::SHELF;
        let Ok(events) = shelf.changes_after(after) else {
            self.seen.insert(id.clone(), now);
            self.uncounted.extend(rules::all_quotas(&self.api));
            return self.look_at(id);
        };
        for event in events {
            self.seen.insert(id.clone(), event.version);
            self.uncounted.extend(rules::quotas_to_count(&self.api, id, &event));
            self.handle_event(id, &event);
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

    /// What a store that was opened from disk may have left half done.
    fn look_at_what_was_kept(&self) {
        for id in [
            shelf_of("", "namespaces"),
            shelf_of("apiextensions.k8s.io", "customresourcedefinitions"),
            shelf_of("apiregistration.k8s.io", "apiservices"),
        ] {
            self.look_at(&id);
        }
        for key in self.api.store.take_unsettled() {
            let Some(stored) = self.api.store.get(&key) else { continue };
            self.look_at_one(key, &stored);
        }
    }

    fn look_at(&self, shelf: &ShelfId) {
        let Ok(page) = self.api.store.list(shelf, &Range::default()) else { return };
        for (name, stored) in page.items {
            self.look_at_one(Key { shelf: shelf.clone(), name }, &stored);
        }
    }

    fn look_at_one(&self, key: Key, stored: &Stored) {
        if !concerns(&key.shelf, &stored.body) {
            return;
        }
        let Ok(object) = object::parse(&stored.body) else { return };
        self.act(&Seen { key, object: &object, deleted: false });
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
            API_SERVICES => {
                apiservices::settle(&self.api, seen);
                if apiservices::changes_what_is_served(&self.api, seen) {
                    crds::refresh(&self.api);
                }
            }
            _ => {}
        }
        if seen.deleted {
            namespaces::content_gone(&self.api, seen);
            crds::instance_gone(&self.api, seen);
        }
    }
}

/// All objects of a kind.
fn all(api: &Api, group: &str, plural: &str) -> Option<Vec<Object>> {
    let page = api.store.list(&shelf_of(group, plural), &Range::default()).ok()?;
    Some(page.items.iter().filter_map(|(_, stored)| object::parse(&stored.body).ok()).collect())
}

/// Cheap test before parsing: most objects neither have owners nor end.
fn concerns(shelf: &ShelfId, body: &[u8]) -> bool {
    matches!(shelf.as_str(), "namespaces" | "customresourcedefinitions.apiextensions.k8s.io" | API_SERVICES)
        || object::may_be_unsettled(body)
}
