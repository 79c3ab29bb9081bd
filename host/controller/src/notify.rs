//! Tells others of what happens to applications: a notifier plans requests, this sends them.
//!
//! Only hosts on the allow-list are written to. Secrets are filled in here and nowhere else, and a change is
//! told once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use windlass_model::{
    Application, HealthStatus,
    application::{Status, SyncStatus},
};
use windlass_runtime::{Application as Account, Event, Limits, Part, PlannedRequest, Plugin, Runtime};

use crate::clock;

const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where to tell.
#[derive(Clone, Debug)]
pub struct NotifyTarget {
    /// The notifier's parameters, one JSON object.
    pub parameters: Vec<u8>,
}

/// How notifications leave.
#[derive(Clone)]
pub struct NotifyOptions {
    pub runtime: Arc<Runtime>,
    pub plugin: Arc<Plugin>,
    pub targets: Vec<NotifyTarget>,
    /// `host` or `host:port` that may be written to.
    pub allowed_hosts: Vec<String>,
    pub secrets: BTreeMap<String, String>,
    pub client: reqwest::Client,
}

pub(crate) struct Notifier {
    options: Arc<NotifyOptions>,
    /// The last trigger told for each application, with its revision.
    told: Mutex<HashMap<String, (String, String)>>,
}

impl Notifier {
    pub(crate) fn new(options: NotifyOptions) -> Self {
        Self { options: Arc::new(options), told: Mutex::default() }
    }

    /// Tells of a status that was just written, if it is news. Sending goes on in the background.
    pub(crate) fn tell(&self, app: &Application, status: &Status) {
        let Some(trigger) = trigger(status) else { return };
        let revision = status.sync.as_ref().map(|sync| sync.revision.clone()).unwrap_or_default();
        let name = app.full_name();
        let news = (trigger.to_owned(), revision);
        {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.insert(name, news.clone()) == Some(news) {
                return;
            }
        }
        let event = event(app, status, trigger);
        let options = self.options.clone();
        tokio::spawn(async move {
            for target in &options.targets {
                send_planned(&options, target, &event).await;
            }
        });
    }
}

fn trigger(status: &Status) -> Option<&'static str> {
    let health = status.health.as_ref()?.status;
    let sync = status.sync.as_ref()?.status;
    match (health, sync) {
        (HealthStatus::Degraded, _) => Some("on-health-degraded"),
        (HealthStatus::Healthy, SyncStatus::Synced) => Some("on-deployed"),
        _ => None,
    }
}

fn event(app: &Application, status: &Status, trigger: &str) -> Event {
    let sync = status.sync.clone().unwrap_or_default();
    let operation = status.operation_state.as_ref();
    let source = app.spec.all_sources().first().map(|source| (*source).clone()).unwrap_or_default();
    Event {
        id: format!("{}/{trigger}/{}", app.full_name(), sync.revision),
        trigger: trigger.to_owned(),
        at: clock::now_text(),
        application: Account {
            name: app.metadata.name.clone(),
            namespace: app.metadata.namespace.clone(),
            project: app.spec.project.clone(),
            destination_namespace: app.spec.destination.namespace.clone(),
            repository: source.repo_url.clone(),
            target_revision: source.target_revision.clone(),
            revision: sync.revision.clone(),
        },
        path: source.path,
        sync: sync.status.as_str().to_owned(),
        health: status.health.as_ref().map(|health| health.status.as_str()).unwrap_or_default().to_owned(),
        phase: operation.map(|state| format!("{:?}", state.phase)).unwrap_or_default(),
        message: operation.map(|state| state.message.clone()).unwrap_or_default(),
        object: serde_json::to_vec(&Application { status: status.clone(), ..app.clone() }).unwrap_or_default(),
    }
}

async fn send_planned(options: &Arc<NotifyOptions>, target: &NotifyTarget, event: &Event) {
    let (held, parameters, planned_event) = (options.clone(), target.parameters.clone(), event.clone());
    let planned = tokio::task::spawn_blocking(move || {
        held.runtime.plan(&held.plugin, &planned_event, &parameters, &Limits::of(held.plugin.kind()))
    });
    match planned.await {
        Ok(Ok(requests)) => {
            for request in &requests {
                if let Err(reason) = send(options, request).await {
                    tracing::warn!(event = %event.id, %reason, "notification not delivered");
                }
            }
        }
        Ok(Err(error)) => tracing::warn!(event = %event.id, %error, "notifier failed"),
        Err(error) => tracing::warn!(event = %event.id, %error, "notifier was cut off"),
    }
}

/// Sends one request, again with growing pauses where the other side is not well.
async fn send(options: &NotifyOptions, planned: &PlannedRequest) -> Result<(), String> {
    let url = filled(options, &planned.url)?;
    let url = reqwest::Url::parse(&url).map_err(|_| "the planned URL is no URL".to_owned())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    if !options.allowed_hosts.iter().any(|allowed| *allowed == host || Some(allowed) == with_port.as_ref()) {
        return Err(format!("{host} is not on the list of hosts that may be written to"));
    }
    let method =
        reqwest::Method::from_bytes(planned.method.as_bytes()).map_err(|_| "the planned method is none".to_owned())?;
    let body = filled(options, &planned.body)?;
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=ATTEMPTS {
        let mut request = options.client.request(method.clone(), url.clone()).timeout(TIMEOUT).body(body.clone());
        for (name, value) in &planned.headers {
            request = request.header(name, filled(options, value)?);
        }
        let outcome = match request.send().await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) if answer.status().is_client_error() && answer.status().as_u16() != 429 => {
                return Err(format!("{host} answered {}", answer.status()));
            }
            Ok(answer) => format!("{host} answered {}", answer.status()),
            // The error's text holds the URL, which may hold a secret.
            Err(error) => {
                format!("{host} cannot be reached: {}", if error.is_timeout() { "time is up" } else { "no connection" })
            }
        };
        if attempt == ATTEMPTS {
            return Err(outcome);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Ok(())
}

fn filled(options: &NotifyOptions, parts: &[Part]) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Secret(name) => {
                text.push_str(options.secrets.get(name).ok_or_else(|| format!("there is no secret named {name}"))?);
            }
        }
    }
    Ok(text)
}
