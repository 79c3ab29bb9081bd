//! Results of generator runs, reused for as long as nothing that a run looked at has changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use windlass_model::{Digest, ReadSet, Tree};

use crate::desired::Generation;

/// Results kept for one set of inputs: the branches that are switched between.
const VARIANTS: usize = 4;

/// Results of the same question, with what each has read; the youngest first.
type Kept = HashMap<Digest, Vec<(Reads, Arc<Generation>)>>;

/// What a run has read: in its own tree, and in each that other sources lent to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    pub(crate) own: ReadSet,
    pub(crate) lent: Vec<ReadSet>,
}

impl Reads {
    /// Whether the trees answer as they did. The lent ones are in the order of the question.
    fn hold_for(&self, tree: &dyn Tree, lent: &[Arc<dyn Tree>]) -> bool {
        let holds = |reads: &ReadSet, tree: &dyn Tree| reads.holds_for(tree).unwrap_or(false);
        holds(&self.own, tree)
            && self.lent.len() == lent.len()
            && self.lent.iter().zip(lent).all(|(reads, tree)| holds(reads, &**tree))
    }
}

/// Generations by what they were asked; each with what it has read.
#[derive(Default)]
pub(crate) struct Results {
    kept: Mutex<Kept>,
}

impl Results {
    /// A result whose reads are answered the same by `tree` and the `lent` ones.
    pub(crate) fn find(&self, asked: Digest, tree: &dyn Tree, lent: &[Arc<dyn Tree>]) -> Option<Arc<Generation>> {
        let candidates = self.lock().get(&asked)?.clone();
        candidates.into_iter().find(|(reads, _)| reads.hold_for(tree, lent)).map(|(_, result)| result)
    }

    pub(crate) fn keep(&self, asked: Digest, reads: Reads, result: Arc<Generation>) {
        let mut kept = self.lock();
        let variants = kept.entry(asked).or_default();
        variants.insert(0, (reads, result));
        variants.truncate(VARIANTS);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use windlass_model::{MemoryTree, Read, read_set::look};

    use super::*;

    fn reads(tree: &MemoryTree, path: &str) -> ReadSet {
        let read = Read::File(path.to_owned());
        let seen = look(tree, &read).unwrap();
        ReadSet::new([(read, seen)])
    }

    #[test]
    fn a_result_holds_until_something_read_of_its_own_tree_or_a_lent_one_changes() {
        let (own, values) = (MemoryTree::default().with("a", "1"), MemoryTree::default().with("prod.yaml", "1"));
        let results = Results::default();
        let read = Reads { own: reads(&own, "a"), lent: vec![reads(&values, "prod.yaml")] };
        let asked = Digest::of(b"question");
        results.keep(asked, read, Arc::default());
        let found = |own: &MemoryTree, lent: &[&MemoryTree]| {
            let lent: Vec<Arc<dyn Tree>> = lent.iter().map(|tree| Arc::new((*tree).clone()) as _).collect();
            results.find(asked, own, &lent).is_some()
        };
        assert!(found(&own, &[&values]));
        assert!(found(&own, &[&values.clone().with("test.yaml", "2")]), "a file that nobody has read");
        assert!(!found(&own, &[&values.clone().with("prod.yaml", "2")]));
        assert!(!found(&own.clone().with("a", "2"), &[&values]));
        assert!(!found(&own, &[]));
    }
}
