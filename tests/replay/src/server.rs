//! The two servers that are asked: the embedded one in process, a real one over HTTPS.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;
use windlass_sandbox::{LocalService, Sandbox};

use crate::real::Real;

/// Longer than any watch of the scenarios.
const PATIENCE: Duration = Duration::from_secs(30);

pub enum Server {
    Embedded { service: LocalService, _running: Sandbox },
    Real(Real),
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
        Ok(Server::Real(Real::new(&variable("REPLAY_SERVER")?, variable("REPLAY_TOKEN")?, &authority)?))
    }

    /// # Errors
    /// No answer comes, or it is cut off.
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let answer = async {
            match self {
                Server::Embedded { service, .. } => {
                    let Ok(response) = service.clone().oneshot(request.map(Full::new)).await;
                    let (head, body) = response.into_parts();
                    let Ok(body) = body.collect().await;
                    Ok(Response::from_parts(head, body.to_bytes()))
                }
                Server::Real(real) => real.send(request).await,
            }
        };
        tokio::time::timeout(PATIENCE, answer).await.context("the answer does not end")?
    }
}
