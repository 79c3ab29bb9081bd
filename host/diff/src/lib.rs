//! Pure rules about one object or a set of them: tracking, hooks, sync options, normalisation,
//! comparison, ignore rules and ordering.
//!
//! Same input, same bytes out: no I/O, no clock, no randomness.

pub mod compare;
pub mod evidence;
mod glob;
pub mod hooks;
pub mod ignore;
pub mod mask;
pub mod normalize;
pub mod options;
pub mod order;
pub mod path;
pub mod relations;
pub mod target;
pub mod tracking;

pub use compare::{Comparison, compare};
pub use evidence::{Evidence, evidence};
pub use glob::Glob;
pub use hooks::{DeletePolicy, Hooks};
pub use ignore::IgnoreRules;
pub use mask::mask;
pub use options::{ResourceOptions, SyncOptions};
pub use path::FieldPath;
pub use target::Target;
pub use tracking::{Tracker, TrackingId, TrackingMethod};
