//! From the records of a log to shelves: the last record of each object counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::changes::Window;
use super::load::Loaded;
use super::log::Record;
use super::owners::Owners;
use super::shelf::{Clock, Shelf};
use super::{Key, Name, ShelfId, Stored};
use crate::object;

/// What a store begins with.
pub(super) struct Restored {
    pub(super) clock: Clock,
    pub(super) shelves: HashMap<ShelfId, Arc<Shelf>>,
    pub(super) owners: Owners,
    pub(super) unsettled: Vec<Key>,
    /// The newest record, where it is a deletion: the next version is counted from it.
    last_deletion: Option<Record>,
}

/// The version of a store in which nothing was written.
const FIRST: u64 = 1;

impl Restored {
    pub(super) fn nothing(window: Window) -> Self {
        Self::of(Vec::new(), window)
    }

    /// Records come oldest first.
    pub(super) fn of(records: Vec<Loaded>, window: Window) -> Self {
        let newest = records.iter().max_by_key(|record| record.version);
        let version = newest.map_or(FIRST, |record| record.version);
        let last_deletion = newest.filter(|record| record.stored.is_none());
        let last_deletion =
            last_deletion.map(|record| Record { key: record.key.clone(), version: record.version, body: None });
        let clock = Clock::new(AtomicU64::new(version));
        let mut restored = Restored {
            clock,
            shelves: HashMap::new(),
            owners: Owners::default(),
            unsettled: Vec::new(),
            last_deletion,
        };
        for (id, records) in by_shelf(records) {
            let objects = restored.latest(&id, records);
            let shelf = Shelf::filled(objects, restored.clock.clone(), version, window);
            restored.shelves.insert(id, Arc::new(shelf));
        }
        restored
    }

    /// The objects of one shelf; what of them has owners or is ending is noted.
    fn latest(&mut self, id: &ShelfId, mut records: Vec<Loaded>) -> BTreeMap<Name, Stored> {
        records.sort_by(|first, second| first.key.name.cmp(&second.key.name));
        records.dedup_by(|later, earlier| {
            let same = later.key.name == earlier.key.name;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        for record in records.iter().filter(|record| record.unsettled) {
            let Some(stored) = &record.stored else { continue };
            let key = Key { shelf: id.clone(), name: record.key.name.clone() };
            if let Ok(object) = object::parse(&stored.body) {
                self.owners.learn(&key, &object);
            }
            self.unsettled.push(key);
        }
        records.into_iter().filter_map(|record| Some((record.key.name, record.stored?))).collect()
    }

    pub(super) fn objects(&self) -> usize {
        self.shelves.values().map(|shelf| shelf.len()).sum()
    }

    /// What a log has to hold to give the same again.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        let last = self.last_deletion.iter();
        let last = last.map(|record| Record { key: record.key.clone(), version: record.version, body: None });
        let live = self.shelves.iter().flat_map(|(id, shelf)| {
            shelf.snapshot().into_iter().map(|(name, stored)| Record {
                key: Key { shelf: id.clone(), name },
                version: stored.version,
                body: Some(stored.body),
            })
        });
        live.chain(last)
    }
}

fn by_shelf(records: Vec<Loaded>) -> HashMap<ShelfId, Vec<Loaded>> {
    let mut shelves: HashMap<ShelfId, Vec<Loaded>> = HashMap::new();
    for record in records {
        match shelves.get_mut(&record.key.shelf) {
            Some(shelf) => shelf.push(record),
            None => drop(shelves.insert(record.key.shelf.clone(), vec![record])),
        }
    }
    shelves
}
