//! Results of generator runs, reused for as long as nothing that a run looked at has changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use windlass_model::{Digest, ReadSet};

use crate::desired::Generation;

/// Results kept for one set of inputs: the branches that are switched between.
const VARIANTS: usize = 4;

/// Results of the same question, with what each has read; the youngest first.
type Kept = HashMap<Digest, Vec<(ReadSet, Arc<Generation>)>>;

/// Generations by what they were asked; each with what it has read.
#[derive(Default)]
pub(crate) struct Results {
    kept: Mutex<Kept>,
}

impl Results {
    /// A result of which everything that was read would be read again.
    pub(crate) fn find(&self, asked: Digest, holds: impl Fn(&ReadSet) -> bool) -> Option<Arc<Generation>> {
        let candidates = self.lock().get(&asked)?.clone();
        candidates.into_iter().find(|(reads, _)| holds(reads)).map(|(_, result)| result)
    }

    pub(crate) fn keep(&self, asked: Digest, reads: ReadSet, result: Arc<Generation>) {
        let mut kept = self.lock();
        let variants = kept.entry(asked).or_default();
        variants.insert(0, (reads, result));
        variants.truncate(VARIANTS);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
