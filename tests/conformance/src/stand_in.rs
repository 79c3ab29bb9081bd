//! An environment for measuring: the clock runs, chance is arithmetic, and keys and certificates are only text in the
//! right shape. What comes of it must be masked in comparisons, and is never to be used for anything else.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use windlass_sprig::{Environment, KeyKind};

pub fn environment() -> Environment {
    let state = Cell::new(0x9e37_79b9_7f4a_7c15_u64);
    Environment {
        now: Box::new(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            (i64::try_from(now.as_secs()).unwrap_or_default(), now.subsec_nanos())
        }),
        fill_random: Box::new(move |buffer| {
            for byte in buffer {
                // Xorshift: spread enough for names and passwords nobody uses.
                let mut next = state.get();
                next ^= next << 13;
                next ^= next >> 7;
                next ^= next << 17;
                state.set(next);
                *byte = (next >> 32) as u8;
            }
        }),
        generate_key: Box::new(|kind| {
            Ok(pem(match kind {
                KeyKind::Rsa { .. } => "RSA PRIVATE KEY",
                KeyKind::Ecdsa => "EC PRIVATE KEY",
                KeyKind::Ed25519 => "PRIVATE KEY",
                KeyKind::Dsa => "DSA PRIVATE KEY",
            }))
        }),
        sign_certificate: Box::new(|_| Ok(pem("CERTIFICATE"))),
        check_certificate: Box::new(|_| Ok(())),
        check_key: Box::new(|_| Ok(())),
    }
}

fn pem(label: &str) -> String {
    let line = "c3RhbmQtaW4gdGV4dCwgbm8ga2V5IGFuZCBubyBjZXJ0aWZpY2F0ZSBhdCBhbGw=";
    format!("-----BEGIN {label}-----\n{line}\n-----END {label}-----\n")
}
