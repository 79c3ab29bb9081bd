//! The binary as a user runs it.
//!
//! That this package has an integration test also makes `cargo test --workspace` build the binary, which the
//! scenarios in `tests/suite` run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod command_line;
mod commands;
