//! A private key of any kind: made, read, written, and what certificates need of it.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey as EdwardsKey};
use p256::ecdsa::{Signature, SigningKey as CurveKey};

use crate::{
    Error, Malformed, Stream,
    der::{self, Reader},
    dsa::DsaKey,
    pem,
    rsa::RsaKey,
};

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Kinds of keys that can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    Rsa2048,
    Rsa4096,
    /// On the curve P-256.
    Ecdsa,
    Ed25519,
    /// With 2,048 and 256 bits.
    Dsa,
}

impl KeyKind {
    pub const ALL: [Self; 5] = [Self::Rsa2048, Self::Rsa4096, Self::Ecdsa, Self::Ed25519, Self::Dsa];

    /// The word that keeps the streams of different kinds apart.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa4096 => "rsa-4096",
            Self::Ecdsa => "ecdsa-p256",
            Self::Ed25519 => "ed25519",
            Self::Dsa => "dsa-2048",
        }
    }
}

/// A private key.
#[derive(Clone)]
pub struct PrivateKey(Key);

#[derive(Clone)]
enum Key {
    Rsa(RsaKey),
    Ecdsa(CurveKey),
    Ed25519(EdwardsKey),
    Dsa(DsaKey),
}

// No key must reach a log by way of a debug print.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PrivateKey {
    /// The key of that kind that the stream gives. RSA and DSA search for primes, on all processors: a
    /// hundredth of a second and more.
    pub fn make(kind: KeyKind, stream: &mut Stream) -> Self {
        Self(match kind {
            KeyKind::Rsa2048 => Key::Rsa(RsaKey::make(2048, stream)),
            KeyKind::Rsa4096 => Key::Rsa(RsaKey::make(4096, stream)),
            KeyKind::Ecdsa => Key::Ecdsa(curve_key(stream)),
            KeyKind::Ed25519 => {
                let mut secret = [0; 32];
                stream.fill(&mut secret);
                Key::Ed25519(EdwardsKey::from_bytes(&secret))
            }
            KeyKind::Dsa => Key::Dsa(DsaKey::make(stream)),
        })
    }

    /// Reads PKCS#1, PKCS#8 and SEC 1 in PEM.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        let block = pem::decode(text)?;
        let (form, key) = match block.label.as_str() {
            "PRIVATE KEY" => ("PKCS#8", read_any(&block.der)),
            "RSA PRIVATE KEY" => ("RSA private key", RsaKey::read(&block.der).map(Key::Rsa)),
            "EC PRIVATE KEY" => ("EC private key", read_curve(&block.der, None)),
            _ => return Err(Error::NoKey(block.label)),
        };
        key.map(Self).map_err(|reason| Error::Key(form, reason))
    }

    /// PKCS#1 for RSA, SEC 1 for ECDSA, OpenSSL's form for DSA, PKCS#8 for Ed25519.
    pub fn to_pem(&self) -> String {
        match &self.0 {
            Key::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.write()),
            Key::Ecdsa(key) => pem::encode("EC PRIVATE KEY", &write_curve(key)),
            Key::Dsa(key) => pem::encode("DSA PRIVATE KEY", &key.write()),
            Key::Ed25519(key) => {
                let secret = der::element(der::OCTET_STRING, key.as_bytes());
                let algorithm = der::sequence(&[der::oid(ED25519)]);
                let version = der::element(der::INTEGER, &[0]);
                pem::encode(
                    "PRIVATE KEY",
                    &der::sequence(&[version, algorithm, der::element(der::OCTET_STRING, &secret)]),
                )
            }
        }
    }

    /// The public half as certificates hold it: the algorithm, and the bits.
    pub(crate) fn public(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        match &self.0 {
            Key::Rsa(key) => Ok((der::sequence(&[der::oid(RSA), der::null()]), key.public())),
            Key::Ecdsa(key) => Ok((der::sequence(&[der::oid(CURVE), der::oid(P256)]), point(key))),
            Key::Ed25519(key) => Ok((der::sequence(&[der::oid(ED25519)]), key.verifying_key().to_bytes().to_vec())),
            Key::Dsa(_) => Err(Error::CannotSign("DSA")),
        }
    }

    /// The algorithm of signatures, as certificates name it.
    pub(crate) fn signature_algorithm(&self) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Key::Rsa(_) => Ok(der::sequence(&[der::oid(RSA_SHA256), der::null()])),
            Key::Ecdsa(_) => Ok(der::sequence(&[der::oid(ECDSA_SHA256)])),
            Key::Ed25519(_) => Ok(der::sequence(&[der::oid(ED25519)])),
            Key::Dsa(_) => Err(Error::CannotSign("DSA")),
        }
    }

    /// The signature as certificates hold it. Every scheme here is without chance: the same message gets the same one.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Key::Rsa(key) => Ok(key.sign(message)),
            Key::Ecdsa(key) => {
                let signature: Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Key::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            Key::Dsa(_) => Err(Error::CannotSign("DSA")),
        }
    }
}

/// Nearly every number is one of the curve; the stream goes on until one is.
fn curve_key(stream: &mut Stream) -> CurveKey {
    loop {
        if let Ok(key) = CurveKey::from_slice(&stream.take(32)) {
            return key;
        }
    }
}

fn point(key: &CurveKey) -> Vec<u8> {
    key.verifying_key().to_encoded_point(false).as_bytes().to_vec()
}

fn write_curve(key: &CurveKey) -> Vec<u8> {
    der::sequence(&[
        der::element(der::INTEGER, &[1]),
        der::element(der::OCTET_STRING, &key.to_bytes()),
        der::element(der::context(0), &der::oid(P256)),
        der::element(der::context(1), &der::bits(&point(key))),
    ])
}

/// SEC 1. The curve stands in it, or in the PKCS#8 around it.
fn read_curve(der: &[u8], outer: Option<&[u8]>) -> Result<Key, Malformed> {
    let mut fields = Reader(der).enter(der::SEQUENCE)?;
    fields.integer()?;
    let secret = fields.take(der::OCTET_STRING)?;
    let inner = fields.optional(der::context(0))?;
    let inner = inner.map(|curve| Reader(curve).take(der::OID)).transpose()?;
    if inner.or(outer) != Some(P256) {
        return Err(Malformed::Unsupported);
    }
    CurveKey::from_slice(secret).map(Key::Ecdsa).map_err(|_| Malformed::Inconsistent)
}

/// PKCS#8.
fn read_any(der: &[u8]) -> Result<Key, Malformed> {
    let mut fields = Reader(der).enter(der::SEQUENCE)?;
    fields.integer()?;
    let mut algorithm = fields.enter(der::SEQUENCE)?;
    let kind = algorithm.take(der::OID)?;
    let key = fields.take(der::OCTET_STRING)?;
    match kind {
        RSA => RsaKey::read(key).map(Key::Rsa),
        CURVE => read_curve(key, Some(algorithm.take(der::OID)?)),
        ED25519 => {
            let secret = Reader(key).take(der::OCTET_STRING)?;
            let secret = secret.try_into().map_err(|_| Malformed::Syntax)?;
            Ok(Key::Ed25519(EdwardsKey::from_bytes(secret)))
        }
        _ => Err(Malformed::Unsupported),
    }
}
