//! The two servers that are asked: the embedded one in process, a real one over HTTPS.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;
use windlass_sandbox::{LocalService, Sandbox};

/// Longer than any watch of the scenarios.
const PATIENCE: Duration = Duration::from_secs(30);

pub enum Server {
    Embedded { service: LocalService, _running: Sandbox },
    Real { client: reqwest::Client, url: String, token: String },
}

impl Server {
    /// # Errors
    /// The embedded server does not start.
    pub async fn embedded() -> anyhow::Result<Self> {
        let running = Sandbox::start(Default::default()).await?;
        Ok(Server::Embedded { service: running.client_service(), _running: running })
    }

    /// The server that `REPLAY_SERVER`, `REPLAY_TOKEN` and `REPLAY_CA` name: an address, a token of an
    /// administrator, and the file of the authority that signed its certificate.
    ///
    /// # Errors
    /// A variable is missing, or the file is no certificate.
    pub fn real() -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        let file = variable("REPLAY_CA")?;
        let authority = std::fs::read(&file).with_context(|| format!("cannot read {file}"))?;
        let authority = reqwest::Certificate::from_pem(&authority)?;
        let client = reqwest::Client::builder().tls_certs_only([authority]).timeout(PATIENCE).build()?;
        Ok(Server::Real { client, url: variable("REPLAY_SERVER")?, token: variable("REPLAY_TOKEN")? })
    }

    /// How often a step that waits for the background is asked again.
    pub fn tries(&self) -> usize {
        match self {
            Server::Embedded { .. } => 60,
            Server::Real { .. } => 600,
        }
    }

    /// # Errors
    /// No answer comes, or it is cut off.
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        match self {
            Server::Embedded { service, .. } => {
                let Ok(response) = service.clone().oneshot(request.map(Full::new)).await;
                let (head, body) = response.into_parts();
                let body = tokio::time::timeout(PATIENCE, body.collect()).await.context("the answer does not end")?;
                let Ok(body) = body;
                Ok(Response::from_parts(head, body.to_bytes()))
            }
            Server::Real { client, url, token } => {
                let (head, body) = request.into_parts();
                let asked = client.request(head.method, format!("{url}{}", head.uri)).headers(head.headers);
                let response = asked.bearer_auth(token).body(body).send().await?;
                let mut answer = Response::new(Bytes::new());
                *answer.status_mut() = response.status();
                *answer.headers_mut() = response.headers().clone();
                *answer.body_mut() = response.bytes().await?;
                Ok(answer)
            }
        }
    }
}
