//! Components that misbehave on request, to show that each ends as designed and the host stays up.

/// A generator whose parameter `do` says how it misbehaves.
pub const HOSTILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));
