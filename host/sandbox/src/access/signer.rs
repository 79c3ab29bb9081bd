//! The key that service account tokens are signed with: ES256, as JSON web tokens name it.

use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::Digest as _;

use crate::identity::{self, IdentityError};

/// No key for tokens.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    #[error("cannot make a key for service account tokens")]
    Generate,
    #[error("{} does not hold a key: remove it to make a new one", .0.display())]
    Unreadable(PathBuf),
    #[error(transparent)]
    File(#[from] IdentityError),
}

pub struct Signer {
    key: EcdsaKeyPair,
    key_id: String,
}

const FILE: &str = "service-accounts.key";

impl Signer {
    /// # Errors
    /// The cryptographic library fails.
    pub fn generate() -> Result<Self, SignerError> {
        Self::read(&new_key()?).ok_or(SignerError::Generate)
    }

    /// The key kept in a folder, made at the first start: tokens outlive restarts.
    ///
    /// # Errors
    /// The file cannot be read, written or understood.
    pub fn kept_in(folder: &Path) -> Result<Self, SignerError> {
        let path = folder.join(FILE);
        let key = identity::kept(&path, || new_key().map(|key| URL_SAFE_NO_PAD.encode(key)))?;
        let key = URL_SAFE_NO_PAD.decode(key.trim()).ok().and_then(|key| Self::read(&key));
        key.ok_or(SignerError::Unreadable(path))
    }

    fn read(key: &[u8]) -> Option<Self> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key).ok()?;
        let key_id = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(key.public_key().as_ref()));
        Some(Signer { key, key_id })
    }

    /// # Errors
    /// The cryptographic library fails.
    pub fn sign(&self, claims: &Value) -> Result<String, SignerError> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({ "alg": "ES256", "kid": self.key_id });
        let signed = format!("{}.{}", part(&head), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| SignerError::Generate)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }

    /// The claims of a token of ours, whatever they say; none if it was not signed here.
    pub fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let head: Value = serde_json::from_slice(&part(head)?).ok()?;
        if head["alg"] != "ES256" {
            return None;
        }
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key().as_ref());
        key.verify(signed.as_bytes(), &part(signature)?).ok()?;
        serde_json::from_slice(&part(claims)?).ok()
    }

    /// The public key, as `/openid/v1/jwks` shows it.
    pub fn key_set(&self) -> Value {
        // An uncompressed point: one byte that says so, then both coordinates.
        let point = self.key.public_key().as_ref();
        let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
        json!({ "keys": [{
            "use": "sig",
            "kty": "EC",
            "kid": self.key_id,
            "crv": "P-256",
            "alg": "ES256",
            "x": coordinate(1),
            "y": coordinate(33),
        }]})
    }
}

fn new_key() -> Result<Vec<u8>, SignerError> {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    key.map(|key| key.as_ref().to_vec()).map_err(|_| SignerError::Generate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_here_and_not_changed_since_is_believed() {
        let signer = Signer::generate().expect("a key");
        let token = signer.sign(&json!({ "sub": "me" })).expect("signed");
        assert_eq!(signer.verify(&token).expect("ours")["sub"], "me");
        let (head, rest) = token.split_once('.').expect("a head");
        let (_, signature) = rest.split_once('.').expect("claims");
        let other = URL_SAFE_NO_PAD.encode(r#"{"sub":"you"}"#);
        assert_eq!(signer.verify(&format!("{head}.{other}.{signature}")), None);
        assert_eq!(Signer::generate().expect("a key").verify(&token), None);
        assert_eq!(signer.verify("no token"), None);
    }
}
