//! The same faults in front of any other API server, for a client in this process.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::sync::Mutex;
use tower::{Service, ServiceExt as _};

use super::{Faults, Weather};
use crate::api::Verb;
use crate::counters::RequestKey;
use crate::http::accept::Encoding;
use crate::http::body::{ReplyBody, Sink};
use crate::http::query::Query;
use crate::http::route::Route;
use crate::server::{counted_name, refused};
use crate::verbs::disorder::{Disorder, HELD};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A `tower::Layer` that breaks requests on their way, by rules as those of [`Faults`].
#[derive(Clone)]
pub struct FaultLayer {
    weather: Arc<Weather>,
    /// What rules call the client.
    agent: &'static str,
}

impl FaultLayer {
    #[must_use]
    pub fn new(agent: &'static str) -> Self {
        FaultLayer { weather: Arc::default(), agent }
    }

    /// Breaks requests in another way from now on, or no longer. What the faults of before hold up ends.
    pub fn set_faults(&self, faults: Option<Faults>) {
        self.weather.change(faults);
    }
}

impl<S> tower::Layer<S> for FaultLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front { layer: self.clone(), inner: Arc::new(Mutex::new(inner)) }
    }
}

/// What stands in front of a server.
pub struct Front<S> {
    layer: FaultLayer,
    inner: Arc<Mutex<S>>,
}

impl<S, B, R> Service<Request<B>> for Front<S>
where
    S: Service<Request<B>, Response = Response<R>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<Failure>,
    B: Send + 'static,
    R: Body<Data = Bytes> + Send + 'static,
    R::Error: Into<Failure> + Send,
{
    type Response = Response<ReplyBody>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (layer, inner) = (self.layer.clone(), self.inner.clone());
        Box::pin(async move { layer.pass(request, &inner).await })
    }
}

impl FaultLayer {
    async fn pass<S, B, R>(&self, request: Request<B>, inner: &Mutex<S>) -> Result<Response<ReplyBody>, Failure>
    where
        S: Service<Request<B>, Response = Response<R>>,
        S::Error: Into<Failure>,
        R: Body<Data = Bytes> + Send + 'static,
        R::Error: Into<Failure> + Send,
    {
        let key = self.key(&request);
        let mut struck = match self.weather.strike(&key).await {
            Ok(struck) => struck,
            Err(error) => return Ok(refused(&error, Encoding::Json)),
        };
        let affliction = struck.watch.take();
        let answer = send(inner, request).await?;
        let answer = match struck.answer(Ok(answer)).await {
            Ok(answer) => answer,
            Err(error) => return Ok(refused(&error, Encoding::Json)),
        };
        let (head, body) = answer.into_parts();
        let body = match key.verb {
            Verb::Watch => ReplyBody::stream(|sink| relay(body, Disorder::of(affliction), sink)),
            _ => body.collect().await.map_err(Into::into)?.to_bytes().into(),
        };
        Ok(Response::from_parts(head, body))
    }

    fn key<B>(&self, request: &Request<B>) -> RequestKey {
        let agent = self.agent.to_owned();
        let is_watch = Query::parse(request.uri().query().unwrap_or_default()).is_ok_and(|query| query.watch);
        let named = |resource, verb| RequestKey { verb, resource, agent };
        match Route::parse(request.uri().path()) {
            // A method that no path takes is the server's to refuse.
            Route::Target(target) => {
                named(counted_name(&target), Verb::of(request.method(), &target, is_watch).unwrap_or(Verb::Get))
            }
            _ => named("discovery".into(), Verb::Get),
        }
    }
}

async fn send<S, B, R>(inner: &Mutex<S>, request: Request<B>) -> Result<Response<R>, Failure>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<Failure>,
{
    let mut service = inner.lock().await;
    let sent = service.ready().await.map_err(Into::into)?.call(request);
    drop(service);
    sent.await.map_err(Into::into)
}

/// Hands a watch on, line by line, as disordered as it is to be. Whatever breaks it ends it.
async fn relay<R>(body: R, mut disorder: Disorder<Bytes>, sink: Sink)
where
    R: Body<Data = Bytes>,
    R::Error: Send,
{
    let (mut body, mut rest) = (pin!(body), Vec::new());
    loop {
        tokio::select! {
            frame = body.frame() => {
                let Some(Ok(frame)) = frame else { return };
                rest.extend(frame.into_data().unwrap_or_default());
                for line in lines(&mut rest) {
                    for line in disorder.next(line) {
                        sink.put(line).await;
                    }
                    if disorder.ends() {
                        return;
                    }
                }
            }
            () = tokio::time::sleep(HELD), if disorder.holds() => {
                if let Some(line) = disorder.release() {
                    sink.put(line).await;
                }
            }
            () = disorder.until_over() => return,
        }
    }
}

/// Takes the whole lines off.
fn lines(rest: &mut Vec<u8>) -> Vec<Bytes> {
    let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let tail = rest.split_off(end);
    let whole = std::mem::replace(rest, tail);
    whole.split_inclusive(|byte| *byte == b'\n').map(Bytes::copy_from_slice).collect()
}
