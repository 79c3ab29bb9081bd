//! Stretches of a shelf's changes as they are sent: written once for all watchers that stand at the same version and
//! look the same way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;

use super::TooOld;

/// The bytes of all changes up to a version.
#[derive(Clone, Debug)]
pub struct Batch {
    pub bytes: Bytes,
    pub until: u64,
}

/// A batch that is there, or being written by the first who asked for it.
type Slot = Arc<OnceLock<Result<Batch, TooOld>>>;

struct Kept {
    after: u64,
    view: Arc<str>,
    slot: Slot,
}

/// Watchers keep pace with each other, give or take a few writes.
const KEPT: usize = 16;

#[derive(Default)]
pub(super) struct Batches(Mutex<VecDeque<Kept>>);

impl Batches {
    pub(super) fn get_or_write(
        &self,
        after: u64,
        view: &Arc<str>,
        write: impl FnOnce() -> Result<Batch, TooOld>,
    ) -> Result<Batch, TooOld> {
        self.slot(after, view).get_or_init(write).clone()
    }

    fn slot(&self, after: u64, view: &Arc<str>) -> Slot {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The newest stand in front: that is where most watchers are.
        if let Some(found) = kept.iter().find(|entry| entry.after == after && entry.view == *view) {
            return found.slot.clone();
        }
        kept.truncate(KEPT - 1);
        let slot = Slot::default();
        kept.push_front(Kept { after, view: view.clone(), slot: slot.clone() });
        slot
    }
}
