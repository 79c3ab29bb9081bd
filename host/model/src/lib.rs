//! Plain data that every other crate of the host speaks: keys, objects, trees, read sets, health,
//! and the custom resources of `argoproj.io`.
//!
//! Nothing here does I/O, knows a clock or is asynchronous.

pub mod application;
pub mod digest;
pub mod health;
pub mod key;
pub mod names;
pub mod object;
pub mod project;
pub mod read_set;
pub mod tree;

pub use application::Application;
pub use digest::Digest;
pub use health::{Health, HealthStatus};
pub use key::{GroupKind, ObjectKey};
pub use object::Object;
pub use project::Project;
pub use read_set::{ClockReading, Lookup, Present, Read, ReadSet, Seen};
pub use tree::{Entry, EntryKind, MemoryTree, Tree, TreeError, TreePath};

/// The CustomResourceDefinitions of Application and AppProject, as YAML.
pub const CRDS: [&str; 2] = [include_str!("../crds/application.yaml"), include_str!("../crds/appproject.yaml")];
