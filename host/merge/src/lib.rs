//! How Kubernetes objects merge: one schema table, field sets and their owners, and the patch forms built on them.
//!
//! A leaf: it knows JSON values and schemas, and nothing of clusters, clocks or GitOps. Every walk is guided by a
//! value whose depth was checked at the door ([`value::MAX_DEPTH`]), so hostile input ends in an error, never in an
//! exhausted stack.

pub mod apply;
pub mod client_apply;
pub mod fields;
pub mod json;
pub mod schema;
pub mod strategic;
pub mod subset;
pub mod typed;
pub mod value;
