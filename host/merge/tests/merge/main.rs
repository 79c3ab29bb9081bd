//! How objects merge, through the public surface only.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like the tests themselves")]

mod apply;
mod client_apply;
mod documents;
mod fields;
mod json;
mod laws;
mod owners;
mod schema;
mod strategic;
mod subset;
