//! `kustomize build`, as a library.
//!
//! It follows kustomize 5.8: the same objects in the same order, printed the same way. It does no input or output of
//! its own. What it reads comes through [`Files`], a read-only tree; remote bases and files are named by
//! [`Error::NeedsArtifact`], for the caller to fetch; charts go to the caller's renderer ([`Options::helm`]); functions
//! that are components are named by [`Error::NeedsFunction`], for the caller to run, and those that are programs or
//! containers are refused.
//!
//! ```
//! use std::collections::BTreeMap;
//! use windlass_kustomize::{Options, build};
//!
//! let mut files = BTreeMap::new();
//! files.insert("app/kustomization.yaml".to_owned(), b"namePrefix: a-\nresources: [map.yaml]\n".to_vec());
//! files.insert("app/map.yaml".to_owned(), b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n".to_vec());
//! let built = build(&files, "app", &Options::default()).unwrap();
//! assert_eq!(built.objects[0].body["metadata"]["name"], "a-b");
//! ```
//!
//! A component around it has three things to map: its source import to [`Files`], its parameters to [`Options`], and
//! [`Error`] to its answers: `NeedsArtifact` and `NeedsFunction` to what it needs, `Invalid` and `Unsupported` with their [`Diagnostic`] to
//! failures.
//!
//! Invariant: no input makes it panic, recurse without bound or use memory out of proportion; nothing is rendered on
//! an error.

mod artifact;
mod build;
mod builtin;
mod charts;
mod config;
mod documents;
mod edits;
mod error;
mod fieldspec;
mod files;
mod function;
mod generate;
mod go_json;
mod id;
mod labels;
mod layer;
mod loader;
mod node;
mod objects;
mod options;
mod order;
mod origin;
mod plugins;
mod references;
mod resmap;
mod resource;
mod schema;
mod selector;
mod strategic;
mod transform;
mod variables;

pub use artifact::{Artifact, Repository};
pub use build::{Built, Object, build};
pub use config::helm::HelmChart;
pub use config::transforms::{Image, Replica};
pub use edits::{Edits, LabelEdits, PatchEdit, PatchTarget};
pub use error::{Diagnostic, Error};
pub use files::{File, FileError, Files};
pub use function::FunctionCall;
pub use id::Gvk;
pub use options::{Inflate, InflateError, LoadRestriction, Options, Reorder};
pub use origin::{Configuration, Origin};
