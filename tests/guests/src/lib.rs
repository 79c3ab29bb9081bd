//! Components that misbehave on request, to show that each ends as designed and the host stays up; and those of the
//! examples.

/// A generator whose parameter `do` says how it misbehaves.
pub const HOSTILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));

/// A transformer whose setting `do` says how it misbehaves.
pub const UNRULY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/unruly.wasm"));

/// The transformer of `examples/transformer`.
pub const TRANSFORMER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/transformer.wasm"));
