//! What a generator's result depends on.

use std::sync::Arc;

use windlass_model::{ReadSet, Tree};

use crate::supply::Supplied;

/// What was read of the trees, and what was fetched.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) reads: Reads,
    pub(crate) supplied: Vec<Supplied>,
}

/// Whether everything that was read, of this tree and beyond it, would be read again.
pub(crate) type Holds<'a> = dyn Fn(&ReadSet, &dyn Tree) -> bool + 'a;

/// What a run has read: in its own tree, and in each that other sources lent to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    pub(crate) own: ReadSet,
    pub(crate) lent: Vec<ReadSet>,
}

impl Reads {
    /// Whether the trees answer as they did. The lent ones are in the order of the question.
    pub(crate) fn hold_for(&self, holds: &Holds<'_>, tree: &dyn Tree, lent: &[Arc<dyn Tree>]) -> bool {
        holds(&self.own, tree)
            && self.lent.len() == lent.len()
            && self.lent.iter().zip(lent).all(|(reads, tree)| holds(reads, &**tree))
    }
}
