//! The server as a service in process: what a client library sends its requests into instead of a socket.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{HeaderValue, USER_AGENT};
use http::{Request, Response};
use hyper::body::Body;

use crate::access::Peer;
use crate::http::body::ReplyBody;
use crate::server::Server;

/// The body of answers.
pub type LocalBody = ReplyBody;

/// A `tower::Service` that answers as the HTTPS listener does. A request without credentials of its own may do
/// everything: its caller holds the server.
#[derive(Clone)]
pub struct LocalService {
    server: Arc<Server>,
    agent: Option<HeaderValue>,
}

impl LocalService {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        LocalService { server, agent: None }
    }

    /// The same, for a client that says who it is: counts and faults tell clients apart by that.
    #[must_use]
    pub fn as_agent(self, agent: &'static str) -> Self {
        LocalService { agent: Some(HeaderValue::from_static(agent)), ..self }
    }
}

impl<B> tower::Service<Request<B>> for LocalService
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<LocalBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(agent) = &self.agent {
            request.headers_mut().insert(USER_AGENT, agent.clone());
        }
        let server = self.server.clone();
        Box::pin(async move { Ok(server.answer(request, &Peer::InProcess).await) })
    }
}
