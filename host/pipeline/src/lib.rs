//! The one way from a repository to a cluster: resolve, generate, compare, judge, act.
//!
//! The controller and the one-shot commands run the same code. This crate alone puts sources, runtime,
//! cluster and engine together; it decides nothing itself and keeps only caches that are safe to lose.

mod allowance;
mod compare;
mod desired;
mod examine;
mod generators;
mod grounds;
mod influences;
mod lent;
mod live_objects;
mod orphans;
mod overrides;
mod pairing;
mod permission;
mod problem;
mod reconcile;
mod record;
mod render;
mod results;
mod run;
mod scope;
mod seen;
pub mod settings;
mod strip;
mod supply;
mod sync;
mod targets;
mod transformers;
mod tree;
mod verdicts;

pub use allowance::Allowances;
pub use desired::Resolved;
pub use examine::Examined;
pub use generators::{Generator, Generators};
pub use grounds::Grounds;
pub use influences::Influences;
pub use permission::{HostList, Permission, REMOTE_HOSTS};
pub use problem::{Problem, Remedy};
pub use reconcile::{Pipeline, PipelineOptions, Reconciled};
pub use render::Rendering;
pub use run::Generation;
pub use scope::Scope;
pub use settings::Settings;
pub use sync::{Progress, SyncRequest, Writing};
pub use targets::DesiredState;
pub use transformers::Transformers;
pub use tree::TreeNode;
