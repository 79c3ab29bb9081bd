//! The notifier `webhook`: tells any HTTP service of an event. Plans the request; the host sends it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use windlass_sdk::notifier::{Diagnostic, Event, Failure, Header, Notifier, Part, PlannedRequest};

struct Webhook;

windlass_sdk::export_notifier!(Webhook);

/// How a webhook is set up; the schema in `plugin.json` describes the fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Parameters {
    url: Pieces,
    #[serde(default = "post")]
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, Pieces>,
    /// Triggers that are told; all when empty.
    #[serde(default)]
    triggers: Vec<String>,
    /// Field of the JSON body to what fills it; the whole event when absent.
    body: Option<BTreeMap<String, BodyField>>,
}

fn post() -> String {
    "POST".into()
}

/// One text, or a list of texts and secrets.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Pieces {
    Text(String),
    List(Vec<Piece>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Piece {
    Text(String),
    /// The name of a secret.
    Secret(String),
}

/// What fills a field of the body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum BodyField {
    /// A fixed value.
    Value(Value),
    /// A field of the event, by name.
    Event(String),
    /// The name of a secret.
    Secret(String),
}

impl Notifier for Webhook {
    type Parameters = Parameters;

    fn plan(event: &Event, parameters: Parameters) -> Result<Vec<PlannedRequest>, Failure> {
        if !parameters.triggers.is_empty() && !parameters.triggers.contains(&event.trigger) {
            return Ok(Vec::new());
        }
        let mut headers =
            vec![Header { name: "content-type".into(), value: vec![Part::Text("application/json".into())] }];
        headers.retain(|own| !parameters.headers.keys().any(|name| name.eq_ignore_ascii_case(&own.name)));
        headers.extend(parameters.headers.into_iter().map(|(name, pieces)| Header { name, value: parts(pieces) }));
        let body = match parameters.body {
            None => vec![Part::Text(Value::Object(fields(event)).to_string())],
            Some(body) => body_parts(event, body)?,
        };
        Ok(vec![PlannedRequest { method: parameters.method, url: parts(parameters.url), headers, body }])
    }
}

fn parts(pieces: Pieces) -> Vec<Part> {
    match pieces {
        Pieces::Text(text) => vec![Part::Text(text)],
        Pieces::List(pieces) => pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Part::Text(text),
                Piece::Secret(name) => Part::Secret(name),
            })
            .collect(),
    }
}

/// What an event says, by the names that `body` may ask for.
fn fields(event: &Event) -> serde_json::Map<String, Value> {
    let application = &event.application;
    let fields = json!({
        "id": event.id,
        "trigger": event.trigger,
        "at": event.at,
        "application": application.name,
        "namespace": application.namespace,
        "project": application.project,
        "repository": application.repository,
        "path": application.path,
        "targetRevision": application.target_revision,
        "revision": application.revision,
        "sync": event.sync,
        "health": event.health,
        "phase": event.phase,
        "message": event.message,
    });
    if let Value::Object(fields) = fields { fields } else { serde_json::Map::new() }
}

/// A JSON object as parts. A secret stands inside quotes; the host escapes what it fills in there.
fn body_parts(event: &Event, body: BTreeMap<String, BodyField>) -> Result<Vec<Part>, Failure> {
    let known = fields(event);
    let mut parts = Vec::new();
    let mut text = String::from("{");
    for (index, (name, field)) in body.into_iter().enumerate() {
        text += if index == 0 { "" } else { "," };
        text += &format!("{}:", Value::String(name));
        match field {
            BodyField::Value(value) => text += &value.to_string(),
            BodyField::Event(name) => text += &known.get(&name).ok_or_else(|| unknown(&name))?.to_string(),
            BodyField::Secret(name) => {
                parts.extend([Part::Text(format!("{text}\"")), Part::Secret(name)]);
                text = "\"".into();
            }
        }
    }
    parts.push(Part::Text(text + "}"));
    Ok(parts)
}

fn unknown(field: &str) -> Failure {
    Diagnostic::error("parameters", format!("body: an event has no field `{field}`")).into()
}

#[cfg(test)]
mod tests {
    use windlass_sdk::Application;

    use super::*;

    fn event() -> Event {
        let application = Application {
            name: "shop".into(),
            namespace: "argocd".into(),
            project: "default".into(),
            destination_namespace: String::new(),
            repository: "https://git.example.com/shop".into(),
            path: "deploy".into(),
            target_revision: "main".into(),
            revision: "abc".into(),
        };
        Event {
            id: "1".into(),
            trigger: "on-health-degraded".into(),
            at: "2026-01-01T00:00:00Z".into(),
            application,
            sync: "Synced".into(),
            health: "Degraded".into(),
            phase: String::new(),
            message: "pod \"web\" crashes".into(),
            object: b"{}".to_vec(),
            extra: Vec::new(),
        }
    }

    fn plan(parameters: Value) -> Result<Vec<PlannedRequest>, Failure> {
        Webhook::plan(&event(), serde_json::from_value(parameters).unwrap())
    }

    /// The parts with secrets shown as `<name>`.
    fn shown(parts: &[Part]) -> String {
        let show = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Secret(name) => format!("<{name}>"),
        };
        parts.iter().map(show).collect()
    }

    #[test]
    fn without_a_body_the_whole_event_is_posted_as_json() {
        let planned = plan(json!({ "url": "https://hook.example.com/x" })).unwrap();
        let [request] = &planned[..] else { panic!("{planned:?}") };
        assert_eq!((request.method.as_str(), shown(&request.url).as_str()), ("POST", "https://hook.example.com/x"));
        let body: Value = serde_json::from_str(&shown(&request.body)).unwrap();
        assert_eq!((&body["application"], &body["health"]), (&json!("shop"), &json!("Degraded")));
    }

    #[test]
    fn secrets_stay_names_in_url_header_and_body() {
        let planned = plan(json!({
            "url": [{ "text": "https://hook.example.com/" }, { "secret": "path" }],
            "headers": { "Content-Type": "text/plain", "Authorization": [{ "text": "Bearer " }, { "secret": "token" }] },
            "body": { "text": { "event": "message" }, "key": { "secret": "key" }, "n": { "value": 3 } },
        }))
        .unwrap();
        assert_eq!(shown(&planned[0].url), "https://hook.example.com/<path>");
        let headers: Vec<_> = planned[0].headers.iter().map(|h| format!("{}: {}", h.name, shown(&h.value))).collect();
        assert_eq!(headers, ["Authorization: Bearer <token>", "Content-Type: text/plain"]);
        assert_eq!(shown(&planned[0].body), r#"{"key":"<key>","n":3,"text":"pod \"web\" crashes"}"#);
    }

    #[test]
    fn other_triggers_plan_nothing_and_unknown_fields_are_refused() {
        assert!(plan(json!({ "url": "https://x", "triggers": ["on-deployed"] })).unwrap().is_empty());
        let refused = plan(json!({ "url": "https://x", "body": { "a": { "event": "nope" } } }));
        assert!(matches!(refused, Err(Failure::Invalid(diagnostics)) if diagnostics[0].message.contains("nope")));
    }
}
