//! Syncs played through the state machine: what is live comes from a small model of a cluster.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod order;
mod play;
mod pruning;
mod resumption;
