//! Client certificates in the TLS handshake: any is taken there, and trusted only where our authority signed it.
//!
//! The real server does the same, so that a stranger hears `Unauthorized` instead of a broken connection.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};

use crate::identity::Identity;

#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    #[error("the authority's certificate cannot be read")]
    Authority,
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Verifier(#[from] VerifierBuilderError),
}

#[derive(Debug)]
pub(crate) struct Clients {
    ours: Arc<dyn ClientCertVerifier>,
}

impl Clients {
    pub(crate) fn of(identity: &Identity, provider: Arc<CryptoProvider>) -> Result<Self, ClientsError> {
        let mut roots = RootCertStore::empty();
        roots.add(identity.authority().ok_or(ClientsError::Authority)?)?;
        let ours = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        Ok(Clients { ours })
    }

    pub(crate) fn trusts(&self, certificate: &CertificateDer<'_>, between: &[CertificateDer<'_>]) -> bool {
        self.ours.verify_client_cert(certificate, between, UnixTime::now()).is_ok()
    }
}

impl ClientCertVerifier for Clients {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.ours.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.ours.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.ours.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.ours.supported_verify_schemes()
    }
}
