//! Kubernetes' YAML in and out.
//!
//! Kubernetes tools do not read the YAML of the specification: kubectl, Helm and Argo CD read through go-yaml v2 into
//! JSON, kustomize through go-yaml v3, and both print through go-yaml again. This crate reads and prints what those
//! libraries read and print, over one scanner, with limits, so that a file means here what it means there.
//!
//! - [`to_json`] is the way for manifests: a stream of documents straight to JSON values.
//! - [`parse`] keeps positions, order and the text of scalars as a tree of [`Node`]s.
//! - [`emit`] prints a JSON value in the form of one of the tools ([`Style`]).
//!
//! Invariant: no input makes this crate panic, recurse without bound or use memory beyond its [`Limits`].
//! Comments are not kept. The crate does no input or output and depends on no other room.

mod error;
mod limits;
mod number;
mod read;
mod write;

pub use error::{Error, ErrorKind};
pub use limits::{Limit, Limits};
pub use read::json::{JsonDocument, first_to_json, to_json};
pub use read::node::{Document, DuplicateKey, Node, NodeKind, Scalar, ScalarStyle, Value};
pub use read::resolve::{Dialect, meaning};
pub use read::timestamp::to_rfc3339;
pub use read::tree::parse;
pub use write::{Style, emit};
