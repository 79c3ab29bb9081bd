//! What the servers and their clients know each other by, made anew for each cluster.

use std::{fs, io, net::Ipv4Addr, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};

/// The files that the API server is started with, and what a client needs.
pub(crate) struct Identity {
    pub(crate) authority: String,
    /// The bearer token of a user who may do everything.
    pub(crate) token: String,
}

pub(crate) const SERVER_CERTIFICATE: &str = "server.crt";
pub(crate) const SERVER_KEY: &str = "server.key";
/// Signs the tokens of service accounts; the public half checks them.
pub(crate) const ACCOUNT_KEY: &str = "accounts.key";
pub(crate) const ACCOUNT_PUBLIC_KEY: &str = "accounts.pub";
pub(crate) const TOKENS: &str = "tokens.csv";

impl Identity {
    /// Makes an authority, a server certificate for loopback and a token, and writes what the server reads.
    pub(crate) fn write_to(folder: &Path) -> io::Result<Self> {
        let (authority, certificate, key) = certificates().map_err(io::Error::other)?;
        let accounts = KeyPair::generate().map_err(io::Error::other)?;
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let tokens = format!("{token},windlass-tests,,\"system:masters\"\n");
        for (name, text) in [
            (SERVER_CERTIFICATE, certificate),
            (SERVER_KEY, key),
            (ACCOUNT_KEY, accounts.serialize_pem()),
            (ACCOUNT_PUBLIC_KEY, accounts.public_key_pem()),
            (TOKENS, tokens),
        ] {
            fs::write(folder.join(name), text)?;
        }
        Ok(Self { authority, token })
    }

    pub(crate) fn kubeconfig(&self, port: u16, folder: &Path) -> io::Result<String> {
        let authority = folder.join("ca.crt");
        fs::write(&authority, &self.authority)?;
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "tests",
            "clusters": [{"name": "tests", "cluster": {
                "server": format!("https://127.0.0.1:{port}"), "certificate-authority": authority,
            }}],
            "users": [{"name": "tests", "user": {"token": self.token}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
        });
        Ok(kubeconfig.to_string())
    }
}

/// The authority's certificate, and the server's certificate and key.
fn certificates() -> Result<(String, String, String), rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "windlass-tests");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let mut server = CertificateParams::new(vec!["localhost".to_owned(), "kubernetes.default.svc".to_owned()])?;
    server.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = server.signed_by(&key, &authority)?;
    Ok((authority.pem(), certificate.pem(), key.serialize_pem()))
}
