//! The host's side of what plugins import. Each call is counted first; a denied capability is an answer,
//! not a trap.

mod gated;
mod log;
mod signing;
mod source;
mod yaml;

impl crate::bindings::types::Host for crate::session::Session {}
