//! What the functions need from outside: clock, randomness, keys and certificates.

use std::net::IpAddr;

/// Kinds of private keys, with the parameters that sprig uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// PKCS#1 PEM. 4096 bits from `genPrivateKey`, 2048 for certificates.
    Rsa { bits: u32 },
    /// P-256, SEC 1 PEM.
    Ecdsa,
    /// PKCS#8 PEM.
    Ed25519,
    /// 2048/256 bits, OpenSSL's PEM.
    Dsa,
}

/// A certificate to be signed. Key usages are key encipherment and digital signature (and certificate
/// signing for a CA), extended usages server and client authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSpec {
    pub common_name: String,
    pub ip_addresses: Vec<IpAddr>,
    pub dns_names: Vec<String>,
    /// Unix seconds.
    pub not_before: i64,
    /// Unix seconds.
    pub not_after: i64,
    /// Big-endian.
    pub serial: [u8; 16],
    pub is_ca: bool,
    /// PEM of the private key whose public half is certified.
    pub key: String,
    /// Self-signed where absent.
    pub issuer: Option<Issuer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// PEM
    pub certificate: String,
    /// PEM
    pub key: String,
}

type Random = dyn Fn(&mut [u8]);
type KeyMaker = dyn Fn(KeyKind) -> Result<String, String>;
type Signer = dyn Fn(&CertificateSpec) -> Result<String, String>;
type Check = dyn Fn(&str) -> Result<(), String>;

/// Everything a template cannot compute. Errors are words for the template's author; they must not
/// contain key material.
pub struct Environment {
    /// Unix time: seconds and nanoseconds.
    pub now: Box<dyn Fn() -> (i64, u32)>,
    /// Fills the buffer with unpredictable bytes.
    pub fill_random: Box<Random>,
    /// Makes a private key, as PEM.
    pub generate_key: Box<KeyMaker>,
    /// Signs a certificate, as PEM.
    pub sign_certificate: Box<Signer>,
    /// Whether the PEM text holds a certificate.
    pub check_certificate: Box<Check>,
    /// Whether the PEM text holds a private key.
    pub check_key: Box<Check>,
}

impl Environment {
    /// A world where it is 1970, chance has no luck and keys cannot be made: for rendering that must
    /// come out the same each time.
    pub fn fixed() -> Self {
        let denied = || "keys and certificates are not available here".to_owned();
        Environment {
            now: Box::new(|| (0, 0)),
            fill_random: Box::new(|buffer| buffer.fill(0)),
            generate_key: Box::new(move |_| Err(denied())),
            sign_certificate: Box::new(move |_| Err(denied())),
            check_certificate: Box::new(|_| Ok(())),
            check_key: Box::new(|_| Ok(())),
        }
    }
}
