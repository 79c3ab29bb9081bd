//! A client that sends a request as it stands: most others tidy up its path, and would not send what no client should.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub struct Real {
    address: String,
    token: HeaderValue,
    connector: TlsConnector,
}

impl Real {
    /// # Errors
    /// The address is not `https://HOST:PORT`, or the authority no certificate.
    pub fn new(url: &str, token: String, authority: &[u8]) -> anyhow::Result<Self> {
        let address = url.strip_prefix("https://").context("the address does not begin with https://")?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Real {
            address: address.trim_end_matches('/').into(),
            token: HeaderValue::from_str(&format!("Bearer {token}"))?,
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Sends on a connection of its own, so that no request suffers from the one before it.
    ///
    /// # Errors
    /// No answer comes, or it is cut off.
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let mut request = request.map(Full::new);
        request.headers_mut().insert(HOST, HeaderValue::from_str(&self.address)?);
        request.headers_mut().insert(AUTHORIZATION, self.token.clone());
        let stream = TcpStream::connect(&self.address).await.with_context(|| self.address.clone())?;
        let host = self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host).to_owned();
        let stream = self.connector.connect(ServerName::try_from(host)?, stream).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // A refusal may come before the whole body has gone out: that the rest of it does not is no failure.
        let running = tokio::spawn(connection);
        let answer = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            anyhow::Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
        };
        let answer = answer.await;
        running.abort();
        answer
    }
}
