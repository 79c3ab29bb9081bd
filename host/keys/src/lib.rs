//! Private keys and certificates out of a seed: the same seed and the same words give the same key.
//!
//! That is what libraries for TLS do not offer, since for them a key that can be had again is a mistake. Here it is
//! the point: what a chart generates has to be the same from commit to commit. Invariant: no clock, no randomness, no
//! I/O, and no key material in an error or a debug print. Signing is not constant in time: plugins ask for it, which
//! have the key, and no clock to measure with. Not here: verifying anything.

mod certificate;
mod der;
mod dsa;
#[cfg(target_arch = "x86_64")]
mod lanes;
mod montgomery;
mod parallel;
mod pem;
mod power;
mod prime;
mod private_key;
mod rsa;
mod seed;

pub use certificate::{Certificate, CertificateRequest, Issuer, Unsigned};
pub use private_key::{KeyKind, PrivateKey};
pub use seed::{Seed, Stream};

/// Why there is no key or certificate. The words are those of Go's libraries where charts' authors know them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("no PEM data in input")]
    NoPem,
    #[error("no private key data in PEM block of type {0}")]
    NoKey(String),
    #[error("decoding PEM as {0}: {1}")]
    Key(&'static str, Malformed),
    #[error("{0}")]
    Certificate(Malformed),
    #[error("x509: cannot sign with a {0} key")]
    CannotSign(&'static str),
    #[error("x509: {0:?} cannot be encoded as an IA5String")]
    NotAscii(String),
    #[error("x509: provided PrivateKey doesn't match parent's PublicKey")]
    OtherKey,
    #[error("x509: the time {0} has no place in a certificate")]
    Time(i64),
}

/// What is wrong with bytes that should be a key or a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("asn1: syntax error")]
    Syntax,
    #[error("unsupported key type or size")]
    Unsupported,
    #[error("the numbers of the key do not fit one another")]
    Inconsistent,
}
