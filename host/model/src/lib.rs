//! Plain data that every other crate of the host speaks: keys, trees, read sets, manifests,
//! health, sync status, and the custom resources of `argoproj.io` and `windlass.dev`.
//!
//! Nothing here does I/O, knows a clock or is asynchronous.

pub mod digest;
pub mod read_set;
pub mod tree;

pub use digest::Digest;
pub use read_set::{Read, ReadSet, Seen};
pub use tree::{Entry, EntryKind, MemoryTree, Tree, TreeError, TreePath};
