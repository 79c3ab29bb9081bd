//! Runs plugins: WebAssembly components of package `windlass:plugin`, each call in a store of its own,
//! under limits, with no authority but what was granted. The only crate that names wasmtime.
//!
//! [`Runtime::load`] reads, checks and compiles; [`Runtime::generate`], [`Runtime::assess`],
//! [`Runtime::plan`], [`Runtime::strip`] and [`Runtime::transform`] call. Every call blocks its thread until the plugin is done or a limit ends it.
//!
//! Invariant: whatever a component does, a call returns, the process stays up, and the error names the
//! plugin and what it overran. May not know: clusters, Git, HTTP.

mod assess;
mod bindings;
mod cache;
mod chance;
mod convert;
mod engine;
mod error;
mod files;
mod generate;
mod grants;
mod header;
mod imports;
mod limits;
mod linker;
mod meter;
mod plan;
mod plugin;
mod runtime;
mod session;
mod strip;
mod transform;
mod wasi;
mod words;

pub use assess::{HealthStatus, Verdict};
pub use chance::{Clock, Entropy};
pub use error::{CallError, Diagnostic, Disposition, Failure, LoadError, Location, Severity, StartError, Stop};
pub use generate::{
    Application, Artifact, GenerateRequest, Generated, Lent, Manifest, Need, Origin, Target, Transformation,
};
pub use grants::{Capability, Decision, Grants};
pub use header::SECTION;
pub use limits::{Limit, Limits, Usage};
pub use plan::{Event, Part, PlannedRequest};
pub use plugin::Manifest as PluginManifest;
pub use plugin::{Handled, Kind, Packed, Plugin, PluginName};
pub use runtime::{Runtime, RuntimeOptions};
pub use session::{Refused, Services};
pub use strip::Stripped;
pub use transform::Transformed;
pub use windlass_keys::Seed;
