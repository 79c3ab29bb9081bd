//! Results of generator runs, reused for as long as nothing that a run looked at has changed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use windlass_model::{Digest, Tree};

use crate::{
    Problem,
    record::{Holds, Record},
    run::Generation,
    supply::Supply,
};

/// Results kept for one set of inputs: the branches that are switched between.
const VARIANTS: usize = 4;

/// Results of the same question, with what each depends on; the youngest first.
type Kept = HashMap<Digest, Vec<Known>>;

/// A result, with what it depends on.
type Known = (Arc<Record>, Arc<Generation>);

/// Generations by what they were asked; each with what it depends on.
#[derive(Default)]
pub(crate) struct Results {
    kept: Mutex<Kept>,
    missed: AtomicU64,
}

impl Results {
    /// A result whose reads are answered the same by `tree` and the `lent` ones, and for which the same would be fetched.
    pub(crate) fn find(
        &self,
        asked: Digest,
        holds: &Holds<'_>,
        tree: &dyn Tree,
        lent: &[Arc<dyn Tree>],
        supply: &Supply<'_>,
    ) -> Result<Option<Known>, Problem> {
        let candidates = self.lock().get(&asked).cloned().unwrap_or_default();
        for (record, result) in candidates {
            if record.reads.hold_for(holds, tree, lent) && supply.holds(&record.supplied)? {
                return Ok(Some((record, result)));
            }
        }
        self.missed.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }

    pub(crate) fn keep(&self, asked: Digest, record: Arc<Record>, result: Arc<Generation>) {
        let mut kept = self.lock();
        let variants = kept.entry(asked).or_default();
        variants.insert(0, (record, result));
        variants.truncate(VARIANTS);
    }

    /// How often there was no such result.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use windlass_model::{MemoryTree, Present, Read, ReadSet, read_set::look};
    use windlass_runtime::{Need, Origin};
    use windlass_source::{Freshness, SourceOptions, Sources};

    use super::*;
    use crate::{Permission, Transformers, record::Reads, supply::Supplied};

    fn reads(tree: &MemoryTree, path: &str) -> ReadSet {
        let read = Read::File(path.to_owned());
        let seen = look(tree, &read).unwrap();
        ReadSet::new([(read, seen)])
    }

    fn holds(reads: &ReadSet, tree: &dyn Tree) -> bool {
        reads.holds_for(&Present { tree, now: 0, lookup: &|_| None }).unwrap()
    }

    fn supply<'a>(sources: &'a Sources, transformers: &'a Transformers) -> Supply<'a> {
        Supply {
            sources,
            permission: Permission::CommandLine { remote: false },
            transformers,
            secrets: &[],
            project: "",
            freshness: Freshness::now(),
            pass_credentials: false,
        }
    }

    #[test]
    fn a_result_holds_until_something_read_of_its_own_tree_or_a_lent_one_changes() {
        let (own, values) = (MemoryTree::default().with("a", "1"), MemoryTree::default().with("prod.yaml", "1"));
        let (results, sources) = (Results::default(), Sources::new(SourceOptions::default()));
        let reads = Reads { own: reads(&own, "a"), lent: vec![reads(&values, "prod.yaml")] };
        let asked = Digest::of(b"question");
        results.keep(asked, Arc::new(Record { reads, supplied: Vec::new() }), Arc::default());
        let found = |own: &MemoryTree, lent: &[&MemoryTree]| {
            let lent: Vec<Arc<dyn Tree>> = lent.iter().map(|tree| Arc::new((*tree).clone()) as _).collect();
            results.find(asked, &holds, own, &lent, &supply(&sources, &Transformers::default())).unwrap().is_some()
        };
        assert!(found(&own, &[&values]));
        assert!(found(&own, &[&values.clone().with("test.yaml", "2")]), "a file that nobody has read");
        assert!(!found(&own, &[&values.clone().with("prod.yaml", "2")]));
        assert!(!found(&own.clone().with("a", "2"), &[&values]));
        assert!(!found(&own, &[]));
    }

    #[test]
    fn a_result_of_something_that_may_no_longer_be_fetched_does_not_hold() {
        let (results, sources) = (Results::default(), Sources::new(SourceOptions::default()));
        let need =
            Need { id: "base".into(), origin: Origin::Http("https://host/base.yaml".into()), digest: None, at: None };
        let supplied = vec![Supplied::new(need, Digest::of(b"base"))];
        let asked = Digest::of(b"question");
        results.keep(asked, Arc::new(Record { reads: Reads::default(), supplied }), Arc::default());
        let found =
            results.find(asked, &holds, &MemoryTree::default(), &[], &supply(&sources, &Transformers::default()));
        assert!(found.unwrap().is_none());
    }
}
