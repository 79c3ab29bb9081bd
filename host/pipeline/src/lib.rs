//! The one way from a repository to a cluster: resolve, generate, compare, judge, act.
//!
//! The controller and the one-shot commands run the same code. This crate alone puts sources, runtime,
//! cluster and engine together; it decides nothing itself and keeps only caches that are safe to lose.

mod allowance;
mod compare;
mod desired;
mod generators;
mod live_objects;
mod problem;
mod reconcile;
mod render;
mod results;
pub mod settings;
mod sync;
mod targets;
mod verdicts;

pub use allowance::Allowances;
pub use desired::Generation;
pub use generators::{Generator, Generators};
pub use problem::Problem;
pub use reconcile::{Pipeline, PipelineOptions, Reconciled, Resolved, Scope};
pub use render::Rendering;
pub use settings::Settings;
pub use sync::{Progress, SyncRequest};
pub use targets::DesiredState;
