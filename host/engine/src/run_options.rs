//! What is asked of one sync, beside its objects.

use std::collections::HashMap;

use windlass_diff::{SyncOptions, options::Propagation};
use windlass_model::{ObjectKey, application::ManagedNamespaceMetadata};

/// The settings of one sync.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub sync: SyncOptions,
    pub propagation: Propagation,
    pub prune: bool,
    pub dry_run: bool,
    pub force: bool,
    /// The commit, for the names of generated hooks.
    pub revision: String,
    /// Seconds since 1970 at which the operation started, for the same names.
    pub started_at: i64,
    /// What tells this attempt of this operation from every other; its hooks carry it.
    pub attempt: String,
    /// The destination namespace.
    pub namespace: String,
    pub namespace_metadata: Option<ManagedNamespaceMetadata>,
    /// Pause between waves, in milliseconds.
    pub wave_delay_ms: i64,
    /// Whether pruning and deletions that wait for it have been confirmed.
    pub confirmed: bool,
    pub prune_cap: PruneCap,
}

/// How much of an application one sync may prune without a confirmation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PruneCap {
    /// In percent of its objects; `None` is no cap.
    pub percent: Option<u8>,
    /// Its objects, those that it is to have and those that it is to lose, with what goes with them.
    pub objects: usize,
    /// How many objects go with one that is pruned, as with a Namespace.
    pub contents: HashMap<ObjectKey, usize>,
}
