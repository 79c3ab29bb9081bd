//! The cheapest clients there are, so that the server is what is measured: one connection that is kept open, and calls
//! in process.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tower::ServiceExt as _;
use windlass_sandbox::{LocalBody, Sandbox};

use crate::Failure;

/// Where a server is, and how to get in.
pub struct Endpoint {
    pub address: SocketAddr,
    pub token: String,
    /// The certificate that the server's is signed with, in PEM.
    pub authority: String,
}

pub struct Connection {
    stream: TlsStream<TcpStream>,
    token: String,
    read: Vec<u8>,
}

impl Connection {
    pub async fn open(endpoint: &Endpoint) -> Result<Self, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(endpoint.authority.as_bytes())?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(endpoint.address).await?;
        stream.set_nodelay(true)?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(ServerName::try_from("localhost")?, stream).await?;
        Ok(Connection { stream, token: endpoint.token.clone(), read: Vec::new() })
    }

    /// Sends a request and reads its answer; fails unless the answer is a success.
    pub async fn ask(&mut self, method: &str, path: &str, media: &str, body: &str) -> Result<(), Failure> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {media}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.read.clear();
        let head = loop {
            self.more().await?;
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8_lossy(&self.read[..end + 4]).to_lowercase();
            }
        };
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.ok_or("an answer without a length")?.parse()?;
        while self.read.len() < head.len() + length {
            self.more().await?;
        }
        if head.starts_with("http/1.1 2") { Ok(()) } else { Err(String::from_utf8_lossy(&self.read).into()) }
    }

    async fn more(&mut self) -> Result<(), Failure> {
        if self.stream.read_buf(&mut self.read).await? == 0 {
            return Err("the connection ended".into());
        }
        Ok(())
    }
}

/// A call in process.
pub async fn call(sandbox: &Sandbox, method: &str, path: &str, body: String) -> Result<LocalBody, Failure> {
    let request = Request::builder().method(method).uri(path).body(Full::new(Bytes::from(body)))?;
    let response = sandbox.client_service().oneshot(request).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(response.into_body());
    }
    let body = response.into_body().collect().await?.to_bytes();
    Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into())
}
