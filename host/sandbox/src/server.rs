//! From an HTTP request to an HTTP answer: who asks, what for, and how the answer is written.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use serde::Serialize;
use serde_json::json;

use crate::access::{self, Action, Peer, User};
use crate::api::{Api, Call, Reply, Verb};
use crate::catalog;
use crate::counters::{Counters, RequestKey};
use crate::error::{ApiError, Reason};
use crate::faults::Weather;
use crate::http::accept::{self, Accept, Encoding, Form};
use crate::http::body::ReplyBody;
use crate::http::query::Query;
use crate::http::route::{Route, Target};
use crate::rules::formats;
use crate::{openapi, swagger, verbs};

/// The largest body the real API server reads.
const MAX_BODY: usize = 3 << 20;
/// A client that sends more hears the refusal only if what it sends is read; beyond this it is cut off.
const MAX_PASSED_OVER: usize = 64 << 20;

/// Everything that answers requests, however they come in.
pub struct Server {
    pub(crate) api: Arc<Api>,
    pub(crate) counters: Counters,
    pub(crate) weather: Weather,
}

/// A request for a resource, whose user may make it.
struct Asked {
    user: User,
    target: Target,
    query: Query,
}

impl Server {
    pub(crate) async fn answer<B>(&self, request: Request<B>, peer: &Peer) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let encoding = Accept::parse(text(request.headers(), ACCEPT)).unwrap_or_default().encoding;
        match self.route(request, peer).await {
            Ok(reply) => written(reply),
            Err(error) => refused(&error, encoding),
        }
    }

    async fn route<B>(&self, request: Request<B>, peer: &Peer) -> Result<Reply, ApiError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let route = Route::parse(request.uri().path());
        let user = access::identify(&self.api, request.headers(), peer)?;
        let query = Query::parse(request.uri().query().unwrap_or_default())?;
        let action = Action::of_request(request.method(), request.uri().path(), &route, &query);
        access::authorize(&self.api, &user, &action)?;
        query.check_timeout()?;
        match route {
            Route::Health => Ok(Reply::text("ok")),
            // Outside of what is served as an API the answer is that of any web server.
            Route::Unknown => Ok(nothing_there()),
            Route::Group(group) | Route::Resources { group, .. } if self.lacks(&group) => Ok(nothing_there()),
            Route::Target(target) if self.lacks(&target.group) => Ok(nothing_there()),
            Route::Target(target) => self.target(request, Asked { user, target, query }).await,
            other if matches!(*request.method(), Method::GET | Method::HEAD) => {
                let agent = text(request.headers(), USER_AGENT).unwrap_or_default().to_owned();
                let key = RequestKey { verb: Verb::Get, resource: "discovery".into(), agent };
                let struck = self.weather.strike(&key).await?;
                struck.answer(self.document(request.headers(), other)).await
            }
            _ => Err(ApiError::method_not_allowed()),
        }
    }

    fn lacks(&self, group: &str) -> bool {
        self.api.catalog().group(group).is_none()
    }

    fn document(&self, headers: &HeaderMap, route: Route) -> Result<Reply, ApiError> {
        let catalog = self.api.catalog();
        let accept = Accept::parse(text(headers, ACCEPT)).unwrap_or_default();
        let reply = match (route, accept.form) {
            (Route::CoreVersions, Form::Aggregated(version)) => {
                return Ok(aggregated(&catalog, true, version.as_str()));
            }
            (Route::Groups, Form::Aggregated(version)) => return Ok(aggregated(&catalog, false, version.as_str())),
            (Route::CoreVersions, _) => Some(in_encoding(headers, &catalog::core_versions(&self.api.address))?),
            (Route::Groups, _) => Some(in_encoding(headers, &catalog::groups(&catalog))?),
            (Route::Group(name), _) => match catalog::group(&catalog, &name) {
                Some(group) => Some(in_encoding(headers, &group)?),
                None => return Ok(nothing_there()),
            },
            (Route::Resources { group, version }, _) if catalog.is_away(&group, &version) => return Err(unavailable()),
            (Route::Resources { group, version }, _) => catalog::resources(&catalog, &group, &version)
                .map(|resources| in_encoding(headers, &resources))
                .transpose()?,
            (Route::Version, _) => Some(Reply::value(&catalog::server_version())),
            (Route::OpenApiIndex, _) => Some(Reply::text(&openapi::index(&catalog).to_string())),
            (Route::OpenApi(path), _) => match openapi::document(&catalog, &path) {
                Some(bytes) => Some(Reply::json(StatusCode::OK, bytes)),
                None => return Ok(Reply { media: "", ..Reply::json(StatusCode::NOT_FOUND, Vec::new()) }),
            },
            (Route::Issuer, _) => Some(Reply::value(&access::token::issuer(&self.api.address))),
            (Route::KeySet, _) => Some(Reply::value(&self.api.access.signer.key_set())),
            (Route::OpenApiV2, _) => {
                let document = catalog.openapi_v2(swagger::document);
                Some(Reply { media: swagger::MEDIA, ..Reply::json(StatusCode::OK, document) })
            }
            (Route::Root, _) => {
                Some(Reply::value(&json!({ "paths": ["/api", "/apis", "/healthz", "/openapi/v3", "/version"] })))
            }
            _ => None,
        };
        reply.ok_or_else(ApiError::no_such_path)
    }

    async fn target<B>(&self, request: Request<B>, asked: Asked) -> Result<Reply, ApiError>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let Asked { user, target, query } = asked;
        let verb = Verb::of(&head.method, &target, query.watch)?;
        let agent = text(&head.headers, USER_AGENT).unwrap_or_default().to_owned();
        let key = RequestKey { verb, resource: counted_name(&target), agent: agent.clone() };
        self.counters.count(key.clone());
        let mut struck = self.weather.strike(&key).await?;
        let catalog = self.api.catalog();
        if catalog.is_away(&target.group, &target.version) {
            return Err(unavailable());
        }
        let Some(resource) = catalog.find(&target.group, &target.version, &target.resource).cloned() else {
            return if catalog.is_custom(&target.group) { Ok(nothing_there()) } else { Err(ApiError::no_such_path()) };
        };
        let accept = Accept::parse(text(&head.headers, ACCEPT))?;
        if verb == Verb::Watch {
            accept.check_stream()?;
        }
        match check_scope(resource.namespaced, verb, &target) {
            Err(error) if resource.is_custom() && error.reason == Reason::NotFound => return Ok(nothing_there()),
            checked => checked?,
        }
        check_name(&target.name)?;
        query.check(verb)?;
        let body = read_body(body).await?;
        let content_type = text(&head.headers, CONTENT_TYPE).map(str::to_owned);
        let warning = resource.deprecation();
        let affliction = struck.watch.take();
        let call = Call { verb, resource, target, query, accept, content_type, user, agent, body, affliction };
        let mut reply = struck.answer(verbs::perform(&self.api, call)).await?;
        reply.warnings.extend(warning);
        Ok(reply)
    }
}

/// What the Service of an APIService would answer.
fn unavailable() -> ApiError {
    ApiError::new(Reason::ServiceUnavailable, "service unavailable")
}

/// A path below which nothing is.
fn nothing_there() -> Reply {
    Reply { code: StatusCode::NOT_FOUND, ..Reply::text("404 page not found\n") }
}

/// Discovery in the encoding that the client asks for.
fn in_encoding(headers: &HeaderMap, document: &impl Serialize) -> Result<Reply, ApiError> {
    let accept = Accept::parse(text(headers, ACCEPT)).map_err(|_| accept::unacceptable_form(accept::SERVED))?;
    let unwritable = |error: serde_json::Error| ApiError::internal(format!("Internal error occurred: {error}"));
    match accept.encoding {
        Encoding::Json => Ok(Reply::json(StatusCode::OK, serde_json::to_vec(document).map_err(unwritable)?)),
        Encoding::Yaml => encoded(&serde_json::to_value(document).map_err(unwritable)?, Encoding::Yaml),
    }
}

fn encoded(value: &serde_json::Value, encoding: Encoding) -> Result<Reply, ApiError> {
    match encoding {
        Encoding::Json => Ok(Reply::value(value)),
        Encoding::Yaml => Ok(Reply { media: "application/yaml", ..Reply::text(&crate::yaml::write(value)?) }),
    }
}

fn aggregated(catalog: &catalog::Catalog, core: bool, version: &str) -> Reply {
    let mut reply = Reply::value(&catalog::aggregated_groups(catalog, core, version));
    reply.media = match version {
        "v2" => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        _ => "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
    };
    reply
}

pub(crate) fn counted_name(target: &Target) -> String {
    let mut name = target.resource.clone();
    if !target.group.is_empty() {
        name = format!("{name}.{}", target.group);
    }
    if target.subresource.is_empty() { name } else { format!("{name}/{}", target.subresource) }
}

/// A namespaced object is only reached through its namespace, a cluster-scoped one never through one.
fn check_scope(namespaced: bool, verb: Verb, target: &Target) -> Result<(), ApiError> {
    let whole = matches!(verb, Verb::List | Verb::Watch) && target.name.is_empty();
    match (namespaced, target.namespace.is_empty()) {
        (true, true) if whole => Ok(()),
        (true, true) if verb == Verb::Create => Err(ApiError::method_not_allowed()),
        (true, true) if verb == Verb::DeleteCollection => Err(ApiError::method_not_allowed()),
        (true, true) | (false, false) => Err(ApiError::no_such_path()),
        _ => Ok(()),
    }
}

/// A name that could lead out of its place in a path is none.
fn check_name(name: &str) -> Result<(), ApiError> {
    let faults = formats::path_segment(name);
    if faults.is_empty() {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("Name parameter invalid: {name:?}: {}", faults.join(";"))))
}

async fn read_body<B>(body: B) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = std::pin::pin!(body);
    let (mut kept, mut read) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| ApiError::bad_request(format!("the request body could not be read: {}", error.into())))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read <= MAX_BODY {
            kept.extend_from_slice(&data);
        } else if read > MAX_PASSED_OVER {
            break;
        }
    }
    if read > MAX_BODY {
        let message = format!("Request entity too large: limit is {MAX_BODY}");
        return Err(ApiError::new(Reason::RequestEntityTooLarge, message));
    }
    Ok(kept.freeze())
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn written(reply: Reply) -> Response<ReplyBody> {
    let mut response = Response::new(reply.body);
    *response.status_mut() = reply.code;
    let headers = response.headers_mut();
    if !reply.media.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.media));
    }
    headers.insert("cache-control", HeaderValue::from_static("no-cache, private"));
    for warning in &reply.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append("warning", value);
        }
    }
    response
}

pub(crate) fn refused(error: &ApiError, encoding: Encoding) -> Response<ReplyBody> {
    let reply = encoded(&error.status(), encoding);
    let reply = Reply { code: error.reason.code(), ..reply.unwrap_or_else(|_| Reply::value(&error.status())) };
    let mut response = written(reply.warn(error.warnings.clone()));
    let seconds = error.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    if seconds > 0 {
        response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    }
    response
}
