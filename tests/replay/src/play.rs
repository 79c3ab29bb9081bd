//! Plays a scenario on a server: sends its requests in order and keeps the answers.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::scenario::{Body, Scenario, Step, Until};
use crate::server::Server;

/// How often a step that waits for the background is asked again.
const TRIES: usize = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// # Errors
/// The server does not answer; a refusal is an answer.
pub async fn play(server: &Server, scenario: &Scenario) -> anyhow::Result<Vec<Answer>> {
    let mut player = Player { server, names: BTreeMap::new(), last: Value::Null };
    player.prepare(&scenario.name).await?;
    let mut answers = Vec::with_capacity(scenario.steps.len());
    for step in &scenario.steps {
        let response = player.perform(step).await;
        let response = response.with_context(|| format!("{} {}", scenario.name, step.name))?;
        answers.push(Answer::of(step, &response));
    }
    Ok(answers)
}

struct Player<'a> {
    server: &'a Server,
    /// What `${…}` stands for.
    names: BTreeMap<String, String>,
    /// The object of the last answer that was one.
    last: Value,
}

impl Player<'_> {
    async fn prepare(&mut self, scenario: &str) -> anyhow::Result<()> {
        let namespace = format!("replay-{scenario}");
        let body = json!({ "metadata": { "name": namespace } }).to_string();
        self.names.insert("ns".into(), namespace);
        let request = Request::post("/api/v1/namespaces").header("content-type", "application/json");
        let response = self.server.send(request.body(body.into())?).await?;
        anyhow::ensure!(response.status() == 201, "the namespace cannot be made: {}", response.status());
        Ok(())
    }

    async fn perform(&mut self, step: &Step) -> anyhow::Result<Response<Bytes>> {
        let mut response = self.server.send(self.request(step)?).await?;
        for _ in 0..TRIES {
            if step.until.as_ref().is_none_or(|until| until.holds(&response)) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            response = self.server.send(self.request(step)?).await?;
        }
        self.learn(step, &response);
        Ok(response)
    }

    fn request(&self, step: &Step) -> anyhow::Result<Request<Bytes>> {
        let mut request = Request::builder().method(step.method).uri(self.filled(&step.target));
        request = request.header("user-agent", "replay/1.0");
        for (name, value) in &step.headers {
            request = request.header(name, value);
        }
        let bare = step.headers.iter().all(|(name, _)| name != "content-type");
        if step.body != Body::Empty && bare {
            request = request.header("content-type", "application/json");
        }
        let body = match &step.body {
            Body::Empty => String::new(),
            Body::Bytes(bytes) => return Ok(request.body(bytes.clone().into())?),
            Body::Text(text) => text.clone(),
            Body::Json(value) => value.to_string(),
            Body::Edit(patch) => {
                let mut object = self.last.clone();
                merge(&mut object, patch);
                object.to_string()
            }
        };
        Ok(request.body(self.filled(&body).into())?)
    }

    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
    }

    fn learn(&mut self, step: &Step, response: &Response<Bytes>) {
        let Ok(body) = serde_json::from_slice::<Value>(response.body()) else { return };
        let metadata = &body["metadata"];
        let mut note = |name: &str, value: &Value| {
            if let Some(text) = value.as_str() {
                self.names.insert(name.into(), text.into());
            }
        };
        note("continue", &metadata["continue"]);
        note("rv", &metadata["resourceVersion"]);
        note("uid", &metadata["uid"]);
        if let Some(name) = &step.keep {
            note(name, &metadata["resourceVersion"]);
        }
        if response.status().is_success() && metadata["uid"].is_string() {
            self.last = body;
        }
    }
}

impl Until {
    fn holds(&self, response: &Response<Bytes>) -> bool {
        match self {
            Until::Status(status) => response.status().as_u16() == *status,
            Until::Value(pointer, wanted) => serde_json::from_slice::<Value>(response.body())
                .is_ok_and(|body| body.pointer(pointer).unwrap_or(&Value::Null) == wanted),
        }
    }
}

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Value::Object(entries) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            entries.remove(key);
        } else {
            merge(entries.entry(key.as_str()).or_insert(Value::Null), change);
        }
    }
}
