//! What a process tells over HTTP: that it lives, that it is ready, and its metrics.
//!
//! Knows nothing of applications or clusters: pages are functions that give text.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};

/// Connections that are served at once; others wait in the system's queue.
const CONNECTIONS: usize = 64;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// The whole of a connection: probes and scrapes are short.
const CONNECTION_LIFE: Duration = Duration::from_secs(300);

/// What is served.
pub struct Pages {
    /// `/readyz`: whether the process can do its work; with a reason where not.
    pub ready: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// `/metrics`, in the text format of Prometheus.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
}

/// A running listener. Dropping it ends it.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens, and serves from now on.
    pub async fn start(listen: SocketAddr, pages: Pages) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, task: tokio::spawn(accept(listener, Arc::new(pages))) })
    }

    /// Where it listens, with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, pages: Arc<Pages>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = free.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let pages = pages.clone();
                tokio::spawn(async move {
                    if tokio::time::timeout(CONNECTION_LIFE, converse(stream, &pages)).await.is_err() {
                        tracing::debug!("a connection was open for too long");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of file descriptors, for one: it passes, and a tight loop would not help.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, pages: &Pages) {
    let service = service_fn(|request: Request<Incoming>| async move { Ok::<_, io::Error>(answer(&request, pages)) });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection broke off");
    }
}

fn answer<B>(request: &Request<B>, pages: &Pages) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = page(StatusCode::METHOD_NOT_ALLOWED, "only GET is served\n".into());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/healthz" => page(StatusCode::OK, "ok\n".into()),
        "/readyz" => match (pages.ready)() {
            Ok(()) => page(StatusCode::OK, "ok\n".into()),
            Err(reason) => page(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
        },
        "/metrics" => {
            let mut metrics = page(StatusCode::OK, (pages.metrics)());
            let media = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            metrics.headers_mut().insert(CONTENT_TYPE, media);
            metrics
        }
        _ => page(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics\n".into()),
    }
}

fn page(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
