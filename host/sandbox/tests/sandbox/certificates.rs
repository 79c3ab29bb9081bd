//! Client certificates, over a real connection.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use windlass_sandbox::{ClientCertificate, Sandbox};

use crate::asking::started;

/// The answer to a GET on a connection that presents this certificate.
async fn get(sandbox: &Sandbox, path: &str, certificate: Option<&ClientCertificate>) -> String {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(sandbox.ca_pem().as_bytes()).expect("an authority")).expect("trusted");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = match certificate {
        None => config.with_no_client_auth(),
        Some(given) => {
            let chain = CertificateDer::from_pem_slice(given.certificate_pem.as_bytes()).expect("a certificate");
            let key = PrivateKeyDer::from_pem_slice(given.key_pem.as_bytes()).expect("a key");
            config.with_client_auth_cert(vec![chain], key).expect("they fit")
        }
    };
    let stream = TcpStream::connect(sandbox.address()).await.expect("connects");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = connector.connect(name, stream).await.expect("shakes hands");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("answered");
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn a_certificate_of_the_sandbox_names_its_user_and_group() {
    let sandbox = started().await;
    let jane = sandbox.client_certificate("jane", None).expect("signed");
    let answer = get(&sandbox, "/api/v1/nodes", Some(&jane)).await;
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("User \\\"jane\\\" cannot list"), "{answer}");
    let root = sandbox.client_certificate("root", Some("system:masters")).expect("signed");
    assert!(get(&sandbox, "/api/v1/nodes", Some(&root)).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_unauthorized_and_none_is_anonymous() {
    let (sandbox, other) = (started().await, started().await);
    let stranger = other.client_certificate("root", Some("system:masters")).expect("signed");
    assert!(get(&sandbox, "/version", Some(&stranger)).await.starts_with("HTTP/1.1 401"));
    assert!(get(&sandbox, "/version", None).await.starts_with("HTTP/1.1 200"));
    assert!(get(&sandbox, "/api", None).await.contains("User \\\"system:anonymous\\\" cannot get path"));
}
