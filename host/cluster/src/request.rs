//! Requests below kube's typed API: the same client and transport, bodies as bytes.

use http::{Method, Request};
use kube::Client;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use windlass_model::Object;

use crate::Error;

/// Media types of a patch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PatchType {
    Apply,
    Json,
    Merge,
    StrategicMerge,
}

impl PatchType {
    fn media_type(self) -> &'static str {
        match self {
            Self::Apply => "application/apply-patch+yaml",
            Self::Json => "application/json-patch+json",
            Self::Merge => "application/merge-patch+json",
            Self::StrategicMerge => "application/strategic-merge-patch+json",
        }
    }
}

pub(crate) fn get(uri: &str) -> Result<Request<Vec<u8>>, Error> {
    build(Method::GET, uri, None, Vec::new())
}

pub(crate) fn post(uri: &str, body: Vec<u8>) -> Result<Request<Vec<u8>>, Error> {
    build(Method::POST, uri, Some("application/json"), body)
}

pub(crate) fn put(uri: &str, body: Vec<u8>) -> Result<Request<Vec<u8>>, Error> {
    build(Method::PUT, uri, Some("application/json"), body)
}

pub(crate) fn delete(uri: &str, body: &Value) -> Result<Request<Vec<u8>>, Error> {
    build(Method::DELETE, uri, Some("application/json"), body.to_string().into_bytes())
}

pub(crate) fn patch(uri: &str, kind: PatchType, body: Vec<u8>) -> Result<Request<Vec<u8>>, Error> {
    build(Method::PATCH, uri, Some(kind.media_type()), body)
}

fn build(method: Method, uri: &str, content: Option<&str>, body: Vec<u8>) -> Result<Request<Vec<u8>>, Error> {
    let mut request = Request::builder().method(method).uri(uri).header("accept", "application/json");
    if let Some(content) = content {
        request = request.header("content-type", content);
    }
    request.body(body).map_err(|error| Error::Invalid { object: uri.to_owned(), message: error.to_string() })
}

/// What the API server has answered: one object, as it told it.
pub struct Answer {
    url: String,
    text: String,
}

impl Answer {
    /// Reads the object as what it is.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let Self { url, text } = self;
        serde_json::from_str(text).map_err(|error| Error::Malformed { url: url.clone(), message: error.to_string() })
    }

    /// The version that the object now has.
    pub fn version(&self) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Versioned {
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Metadata {
            resource_version: String,
        }
        self.read::<Versioned>().map(|object| object.metadata.resource_version)
    }

    pub(crate) fn object(&self) -> Result<Object, Error> {
        let Self { url, text } = self;
        let malformed = |error: serde_json::Error| Error::Malformed { url: url.clone(), message: error.to_string() };
        Object::from_slice(text.as_bytes()).map_err(malformed)
    }

    pub(crate) fn json(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// Sends a request whose answer is one object.
pub(crate) async fn answer(client: &Client, request: Request<Vec<u8>>) -> Result<Answer, Error> {
    let url = request.uri().path().to_owned();
    let text = client.request_text(request).await?;
    Ok(Answer { url, text })
}
