//! The server's certificates and the token that lets a client in.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose};
use rcgen::{IsCa, KeyPair, KeyUsagePurpose, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;

/// A failure to make or keep the server's identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} does not hold a key, a certificate and a token: remove it to make new ones", .0.display())]
    Unreadable(PathBuf),
}

/// A certificate authority of our own and one bearer token.
pub struct Identity {
    authority_pem: String,
    authority_key_pem: String,
    token: String,
}

/// What the TLS listener presents.
pub struct ServerCertificate {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

/// What a client presents; both in PEM. The key is a secret.
pub struct ClientCertificate {
    pub certificate_pem: String,
    pub key_pem: String,
}

const FILE: &str = "identity.pem";
const TOKEN_MARK: &str = "token: ";

impl Identity {
    /// # Errors
    /// The cryptographic library fails.
    pub fn generate() -> Result<Self, IdentityError> {
        let key = KeyPair::generate()?;
        let authority_key_pem = key.serialize_pem();
        let authority = CertifiedIssuer::self_signed(authority_params(), key)?;
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        Ok(Identity { authority_pem: authority.pem(), authority_key_pem, token })
    }

    /// The identity kept in a folder, made at the first start: kubeconfigs outlive restarts.
    ///
    /// # Errors
    /// The file cannot be read, written or understood.
    pub fn kept_in(folder: &Path) -> Result<Self, IdentityError> {
        let path = folder.join(FILE);
        let text = kept(&path, || Self::generate().map(|identity| identity.text()))?;
        Self::from_text(&text).ok_or(IdentityError::Unreadable(path))
    }

    fn text(&self) -> String {
        format!("{TOKEN_MARK}{}\n{}{}", self.token, self.authority_key_pem, self.authority_pem)
    }

    fn from_text(text: &str) -> Option<Self> {
        let (token, rest) = text.strip_prefix(TOKEN_MARK)?.split_once('\n')?;
        let certificate = rest.find("-----BEGIN CERTIFICATE-----")?;
        let (key, authority) = rest.split_at(certificate);
        Some(Identity { token: token.into(), authority_key_pem: key.into(), authority_pem: authority.into() })
    }

    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// A certificate for the loopback names and the address listened on.
    ///
    /// # Errors
    /// The kept authority cannot be used.
    pub fn server_certificate(&self, address: IpAddr) -> Result<ServerCertificate, IdentityError> {
        let issuer = rcgen::Issuer::new(authority_params(), KeyPair::from_pem(&self.authority_key_pem)?);
        let key = KeyPair::generate()?;
        let certificate = server_params(address)?.signed_by(&key, &issuer)?;
        Ok(ServerCertificate {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        })
    }

    /// A certificate that lets a user in, as a member of the group.
    ///
    /// # Errors
    /// The kept authority cannot be used.
    pub fn client_certificate(&self, user: &str, group: Option<&str>) -> Result<ClientCertificate, IdentityError> {
        let issuer = rcgen::Issuer::new(authority_params(), KeyPair::from_pem(&self.authority_key_pem)?);
        let key = KeyPair::generate()?;
        let certificate = client_params(user, group).signed_by(&key, &issuer)?;
        Ok(ClientCertificate { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// The authority's certificate, for checking those of clients.
    pub fn authority(&self) -> Option<CertificateDer<'static>> {
        CertificateDer::from_pem_slice(self.authority_pem.as_bytes()).ok()
    }

    /// The kubeconfig that reaches this server; JSON, which is YAML too.
    pub fn kubeconfig(&self, url: &str) -> String {
        use base64::Engine as _;
        let authority = base64::engine::general_purpose::STANDARD.encode(&self.authority_pem);
        format!(
            "apiVersion: v1\n\
             kind: Config\n\
             current-context: windlass\n\
             clusters:\n\
             - name: windlass\n  cluster:\n    server: {url}\n    certificate-authority-data: {authority}\n\
             users:\n\
             - name: windlass\n  user:\n    token: {}\n\
             contexts:\n\
             - name: windlass\n  context:\n    cluster: windlass\n    user: windlass\n    namespace: default\n",
            self.token
        )
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "windlass-sandbox-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn client_params(user: &str, group: Option<&str>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(group) = group {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    params.distinguished_name.push(DnType::CommonName, user);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

/// The text of a file, made at the first start; readable by its owner only.
pub(crate) fn kept<E: From<IdentityError>>(path: &Path, make: impl FnOnce() -> Result<String, E>) -> Result<String, E> {
    let fail = |action| move |source| E::from(IdentityError::Io { action, path: path.into(), source });
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        found => return found.map_err(fail("read")),
    }
    let text = make()?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail("create the folder of"))?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(fail("create"))?;
    file.write_all(text.as_bytes()).map_err(fail("write"))?;
    Ok(text)
}

fn server_params(address: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    let mut params = CertificateParams::new(names.map(String::from))?;
    params.distinguished_name.push(DnType::CommonName, "windlass-sandbox");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    params.subject_alt_names.extend(loopback.map(SanType::IpAddress));
    if !loopback.contains(&address) && !address.is_unspecified() {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    Ok(params)
}
