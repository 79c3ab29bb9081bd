//! Helm 4's template engine as a library: a chart and values in, manifests out, as `helm template` prints them.
//!
//! [`Chart::from_directory`] loads a chart from any read-only tree ([`Files`]), [`render`] runs it. Nothing here does
//! I/O: files, clock, entropy and lookups come from the caller. Charts are programs of strangers; every size, depth and
//! loop is bounded, and what goes wrong is an [`Error`] that names chart, template, line.
//!
//! The WebAssembly component is a shim over [`render`]: its `Files` are the host's `read` and `read-dir`, its
//! [`Host::lookup`] and [`Environment`](windlass_sprig::Environment) the imports of the same purpose.

mod capabilities;
mod chart;
mod convert;
mod dependencies;
mod engine;
mod files;
mod functions;
mod glob;
mod manifest;
mod objects;
mod output;
mod render;
mod requirements;
mod schema;
mod trace;
mod values;
mod version;

pub use capabilities::{Capabilities, InvalidKubeVersion, KubeVersion};
pub use chart::{Chart, Dependency, File, ImportValue, LoadError, Maintainer, Metadata};
pub use engine::{Scope, Workings, render_templates};
pub use files::{Entry, EntryKind, FileError, Files, MemoryFiles};
pub use functions::{FunctionSettings, Lookup, LookupRequest, template_functions};
pub use manifest::{HookEvent, Manifest, ManifestError, Role, split as split_documents};
pub use render::{Error, Host, RenderOptions, Rendered, RenderedFiles, render, render_files};
pub use requirements::{Place, Requirement};
pub use schema::SchemaError;
pub use trace::{Location, TemplateError};
pub use values::coalesce::{TypeMismatch, coalesce_values};
pub use values::set;
pub use values::{ValueSources, ValuesError, ValuesFile};
