//! A client in process: what is asked, as whom, and what comes back.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _};
use windlass_sandbox::{FaultLayer, LocalBody, Options, Sandbox};

pub struct Asking<'a> {
    sandbox: &'a Sandbox,
    front: Option<FaultLayer>,
    headers: Vec<(String, String)>,
}

pub async fn started() -> Sandbox {
    Sandbox::start(Options::default()).await.expect("the sandbox starts")
}

impl<'a> Asking<'a> {
    pub fn as_admin(sandbox: &'a Sandbox) -> Self {
        Asking { sandbox, front: None, headers: Vec::new() }
    }

    pub fn as_user(sandbox: &'a Sandbox, user: &str) -> Self {
        Self::as_admin(sandbox).with("impersonate-user", user)
    }

    pub fn behind(self, front: &FaultLayer) -> Self {
        Self { front: Some(front.clone()), ..self }
    }

    pub fn with(mut self, header: &str, value: &str) -> Self {
        self.headers.push((header.into(), value.into()));
        self
    }

    /// The code of the answer to any bytes.
    pub async fn code(&self, method: &str, path: &str, media: &str, body: impl Into<Bytes>) -> u16 {
        self.send(method, path, media, body.into()).await.status().as_u16()
    }

    /// The code and the object of the answer to any bytes.
    pub async fn answer(&self, method: &str, path: &str, media: &str, body: impl Into<Bytes>) -> (u16, Value) {
        let response = self.send(method, path, media, body.into()).await;
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (code, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn send(&self, method: &str, path: &str, media: &str, body: Bytes) -> http::Response<LocalBody> {
        let mut request = Request::builder().method(method).uri(path).header("content-type", media);
        for (header, value) in &self.headers {
            request = request.header(header, value);
        }
        let request = request.body(Full::new(body)).expect("a request");
        let service = self.sandbox.client_service();
        match &self.front {
            None => service.oneshot(request).await.expect("infallible"),
            Some(front) => front.layer(service).oneshot(request).await.expect("an answer"),
        }
    }

    pub async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (media, body) = in_json(method, &body);
        self.answer(method, path, media, body).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.ask("GET", path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask("POST", path, body).await
    }

    /// The message of a refusal with this code.
    pub async fn refused(&self, method: &str, path: &str, body: Value, code: u16) -> String {
        let (found, answer) = self.ask(method, path, body).await;
        assert_eq!(found, code, "{answer}");
        answer["message"].as_str().unwrap_or_default().to_owned()
    }

    pub async fn watch(&self, path: &str) -> Watching {
        let (media, body) = in_json("GET", &Value::Null);
        let response = self.send("GET", path, media, body).await;
        assert_eq!(response.status(), 200);
        Watching { body: response.into_body(), read: Vec::new() }
    }

    pub async fn make(&self, name: &str) -> (u16, Value) {
        self.post("/api/v1/namespaces/default/configmaps", json!({ "metadata": { "name": name } })).await
    }
}

/// The media type and the bytes of an object; null is nothing.
fn in_json(method: &str, body: &Value) -> (&'static str, Bytes) {
    let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    (media, if body.is_null() { Bytes::new() } else { body.to_string().into() })
}

pub struct Watching {
    body: LocalBody,
    read: Vec<u8>,
}

impl Watching {
    /// The next event; none when the watch has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("an event"));
            }
            let frame = self.body.frame().await?.expect("infallible");
            self.read.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
        }
    }

    /// Kind and name of the next event.
    pub async fn told(&mut self) -> (String, String) {
        let event = self.next().await.expect("an event");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
    }
}
