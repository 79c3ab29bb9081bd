//! `signing`: signatures with keys that the plugin has. Nothing is granted, since nothing is told that it could not find
//! out by itself, with more work.

use windlass_keys::PrivateKey;

use crate::{bindings::imports::signing::Host, session::Session};

/// Longest key in PEM: twice what one of 8,192 bits takes.
const KEY: usize = 16 << 10;
const MESSAGE: usize = 1 << 20;

impl Host for Session {
    fn sign(&mut self, private_key: String, message: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.meter.host_call()?;
        for (what, length, limit) in [("key", private_key.len(), KEY), ("message", message.len(), MESSAGE)] {
            if length > limit {
                return Ok(Err(format!("a {what} of {length} bytes, the limit is {limit}")));
            }
        }
        self.meter.heavy_call(weight(private_key.len()))?;
        let signed = PrivateKey::from_pem(&private_key).and_then(|key| key.sign(&message));
        Ok(signed.map_err(|error| error.to_string()))
    }
}

/// In host calls: work grows with the third power of the key's length. One of RSA with 2,048 bits has 1,700 bytes, and
/// takes a millisecond.
fn weight(length: usize) -> u64 {
    10 + (length as u64).saturating_pow(3) / 50_000_000
}
