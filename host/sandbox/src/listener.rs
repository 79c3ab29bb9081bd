//! HTTPS on a socket: accepts, shakes hands, serves HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::access::{self, Peer};
use crate::clients::Clients;
use crate::identity::{Identity, IdentityError};
use crate::server::Server;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("cannot listen on {address}")]
    Bind { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    #[error("cannot check client certificates")]
    Clients(#[from] crate::clients::ClientsError),
}

pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: TlsAcceptor,
    clients: Arc<Clients>,
}

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// client-go opens one connection and expects the server to take this many requests on it at once.
const MAX_STREAMS: u32 = 1000;

impl Listener {
    pub(crate) async fn bind(address: SocketAddr, identity: &Identity) -> Result<Self, ListenError> {
        let fail = |source| ListenError::Bind { address, source };
        let socket = TcpListener::bind(address).await.map_err(fail)?;
        let bound = socket.local_addr().map_err(fail)?;
        let certificate = identity.server_certificate(bound.ip())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients = Arc::new(Clients::of(identity, provider.clone())?);
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients.clone())
            .with_single_cert(certificate.chain, certificate.key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Listener { socket, address: bound, tls: TlsAcceptor::from(Arc::new(config)), clients })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until dropped; connections end with it.
    pub(crate) async fn run(self, server: Arc<Server>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve(stream, self.tls.clone(), self.clients.clone(), server.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of file descriptors, most likely: give connections time to end.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a connection ended in a panic");
                    }
                }
            }
        }
    }
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, clients: Arc<Clients>, server: Arc<Server>) {
    // Small answers must not wait for a full segment; a stream that cannot say so is still good.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await else { return };
    let peer = peer(stream.get_ref().1.peer_certificates(), &clients);
    let answer = service_fn(|request| {
        let (server, peer) = (server.clone(), peer.clone());
        async move { Ok::<_, Infallible>(server.answer(request, &peer).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), answer).await {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Who is at the other end, by certificate.
fn peer(chain: Option<&[CertificateDer<'_>]>, clients: &Clients) -> Peer {
    let Some((certificate, between)) = chain.and_then(<[_]>::split_first) else { return Peer::Remote };
    let user = clients.trusts(certificate, between).then(|| access::user_of(certificate)).flatten();
    user.map_or(Peer::Stranger, Peer::Certified)
}
