//! Bytes that nobody can guess who lacks the seed, told apart by words: HKDF, and HMAC over a counter.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Keeps this use of a secret apart from all others of the same bytes.
const SALT: &[u8] = b"windlass/entropy/1";
const BLOCK: usize = 32;

/// Where all chance comes from. Whoever has it can compute everything that was derived.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; BLOCK]);

impl Seed {
    /// The seed in a secret, or in a text that somebody chose.
    pub fn new(secret: &[u8]) -> Self {
        Self(mac(SALT, &[secret]))
    }

    /// The bytes that belong to these words, always the same ones. Words are told apart, not joined.
    pub fn stream<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Stream {
        let mut info = Vec::new();
        for word in words {
            info.extend((word.len() as u64).to_be_bytes());
            info.extend(word.as_bytes());
        }
        Stream { key: mac(&self.0, &[&info, &[1]]), next: 0, rest: Vec::new() }
    }

    /// A name of the seed that gives nothing of it away, for what remembers results.
    pub fn fingerprint(&self) -> [u8; BLOCK] {
        mac(&self.0, &[b"fingerprint", &[0]])
    }
}

// Neither must reach a log by way of a debug print.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// An endless row of bytes.
pub struct Stream {
    key: [u8; BLOCK],
    next: u64,
    /// What is left of the last block.
    rest: Vec<u8>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream(…)")
    }
}

impl Stream {
    /// The next bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.rest.is_empty() {
                self.rest = mac(&self.key, &[&self.next.to_be_bytes()]).to_vec();
                self.next += 1;
            }
            *byte = self.rest.pop().unwrap_or_default();
        }
    }

    pub(crate) fn take(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.fill(&mut bytes);
        bytes
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; BLOCK] {
    // A key of any length is one: HMAC hashes what is too long and pads what is too short.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes every key") };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
