//! What the functions need from outside: clock, chance, keys, signatures.

use std::time::{SystemTime, UNIX_EPOCH};

use windlass_keys::{KeyKind, PrivateKey, Seed};

/// How exact an answer of the clock has to be. The coarser it may be, the longer what is made of it stays the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Seconds that the answer may lie in the past.
    pub granularity: u64,
    /// Moves the moment at which the answer changes, below the granularity: not everything has to change at once.
    pub phase: u64,
}

type Clock = dyn Fn(Reading) -> Result<(i64, u32), String>;
type Draw = dyn Fn(&str, &mut [u8]) -> Result<(), String>;
type Sign = dyn Fn(&str, &[u8]) -> Result<Vec<u8>, String>;
type KeyMaker = dyn Fn(&str, KeyKind) -> Result<String, String>;

/// Everything a template cannot compute. Bytes and keys belong to a call site, named by the first argument: the same
/// site may get the same ones each time, and no other site does. Errors are words for the template's author; they must
/// not contain key material.
pub struct Environment {
    /// Unix time: seconds and nanoseconds.
    pub now: Box<Clock>,
    /// Fills the buffer with unpredictable bytes.
    pub draw: Box<Draw>,
    /// Makes a private key, as PEM.
    pub make_key: Box<KeyMaker>,
    /// Signs a message with a private key in PEM. That could be computed here, but may be faster elsewhere.
    pub sign: Box<Sign>,
}

impl Environment {
    /// A world where it is always 1970, and chance and keys are refused: for rendering that must come out the same each
    /// time, whoever does it.
    pub fn fixed() -> Self {
        Environment {
            now: Box::new(|_| Ok((0, 0))),
            draw: Box::new(|_, _| Err("random values are not available here".to_owned())),
            make_key: Box::new(|_, _| Err("keys and certificates are not available here".to_owned())),
            sign: Box::new(sign),
        }
    }

    /// Chance and keys out of a seed, and the machine's clock.
    pub fn seeded(seed: Seed) -> Self {
        let keys = seed.clone();
        Environment {
            now: Box::new(|_| Ok(machine_time())),
            draw: Box::new(move |site, buffer| {
                seed.stream([site]).fill(buffer);
                Ok(())
            }),
            make_key: Box::new(move |site, kind| {
                Ok(PrivateKey::make(kind, &mut keys.stream([site, kind.name()])).to_pem())
            }),
            sign: Box::new(sign),
        }
    }
}

fn machine_time() -> (i64, u32) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (i64::try_from(now.as_secs()).unwrap_or(i64::MAX), now.subsec_nanos())
}

fn sign(private_key: &str, message: &[u8]) -> Result<Vec<u8>, String> {
    PrivateKey::from_pem(private_key).and_then(|key| key.sign(message)).map_err(|error| error.to_string())
}
