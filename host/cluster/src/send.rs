//! How a write leaves: after a last look at the fence, in whose name it is to be, and for a bounded time.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Request};
use windlass_model::Object;

use crate::{Answer, Cluster, Error, request};

/// A write is answered within this time or counts as failed. The API server gives it up sooner.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// What the API server is told; it then ends the request by itself, however long the answer takes to get here.
const SERVER_TIMEOUT_S: u64 = 8;
const IMPERSONATE: HeaderName = HeaderName::from_static("impersonate-user");

impl Cluster {
    /// Asks for one object.
    pub(crate) async fn read(&self, uri: &str) -> Result<Object, Error> {
        answered(request::answer(&self.client, request::get(uri)?)).await?.object()
    }

    /// Sends a request that changes something, or tries a change out; the answer is one object.
    pub(crate) async fn send(&self, request: Request<Vec<u8>>) -> Result<Object, Error> {
        self.ask(request).await?.object()
    }

    /// The same, with the answer as it came.
    pub(crate) async fn ask(&self, mut request: Request<Vec<u8>>) -> Result<Answer, Error> {
        self.fence.check().map_err(|message| Error::Fenced { message })?;
        bound(&mut request)?;
        if let Some(user) = &self.impersonated {
            let value = HeaderValue::from_str(user).map_err(|error| invalid(user, &error))?;
            request.headers_mut().insert(IMPERSONATE, value);
        }
        answered(request::answer(&self.client, request)).await
    }
}

async fn answered(request: impl Future<Output = Result<Answer, Error>>) -> Result<Answer, Error> {
    let late = || Error::Unreachable { message: format!("no answer within {} s", WRITE_TIMEOUT.as_secs()) };
    tokio::time::timeout(WRITE_TIMEOUT, request).await.unwrap_or_else(|_| Err(late()))
}

fn bound(request: &mut Request<Vec<u8>>) -> Result<(), Error> {
    let uri = request.uri().to_string();
    let separator = if uri.contains('?') { '&' } else { '?' };
    let bounded = format!("{uri}{separator}timeout={SERVER_TIMEOUT_S}s");
    *request.uri_mut() = bounded.parse().map_err(|error: http::uri::InvalidUri| invalid(&uri, &error))?;
    Ok(())
}

fn invalid(what: &str, error: &dyn std::error::Error) -> Error {
    Error::Invalid { object: what.to_owned(), message: error.to_string() }
}
