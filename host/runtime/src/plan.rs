//! Calls a notifier: an event in, requests out, in which secrets are names.

use crate::{
    Application, CallError, Grants, Kind, Limit, Limits, Plugin, Runtime, Stop, bindings::plan, convert,
    runtime::session,
};

/// Something that has happened to an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// One for each change.
    pub id: String,
    /// E.g. `on-health-degraded`.
    pub trigger: String,
    /// RFC 3339.
    pub at: String,
    pub application: Application,
    /// The source's path.
    pub path: String,
    pub sync: String,
    pub health: String,
    pub phase: String,
    pub message: String,
    /// The application as JSON.
    pub object: Vec<u8>,
}

/// A piece of a URL, a header value or a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// The name of a secret that the sender fills in.
    Secret(String),
}

/// A request that somebody else sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    pub method: String,
    pub url: Vec<Part>,
    pub headers: Vec<(String, Vec<Part>)>,
    pub body: Vec<Part>,
}

impl Runtime {
    /// The requests that tell of an event. `parameters` is one JSON object.
    pub fn plan(
        &self,
        plugin: &Plugin,
        event: &Event,
        parameters: &[u8],
        limits: &Limits,
    ) -> Result<Vec<PlannedRequest>, CallError> {
        plugin.expect(Kind::Notifier)?;
        let mut session = session(plugin, limits);
        session.application = [event.application.namespace.clone(), event.application.name.clone()];
        let event = wire(event);
        let returned = self.call(plugin, &Grants::denied(), session, async |store, prepared| {
            let instance = prepared.notifier()?.instantiate_async(&mut *store).await?;
            instance.windlass_plugin_plan().call_run(store, &event, parameters).await
        })?;
        let name = || plugin.name().clone();
        let planned = returned
            .value
            .map_err(|failure| CallError::Failed { plugin: name(), failure: convert::failure(failure) })?;
        if planned.len() as u64 > limits.results {
            return Err(CallError::Stopped { plugin: name(), stop: Stop::over(Limit::Results, limits) });
        }
        Ok(planned.into_iter().map(request).collect())
    }
}

fn wire(event: &Event) -> plan::Event {
    plan::Event {
        id: event.id.clone(),
        trigger: event.trigger.clone(),
        at: event.at.clone(),
        application: convert::application(&event.application, &event.path),
        sync: event.sync.clone(),
        health: event.health.clone(),
        phase: event.phase.clone(),
        message: event.message.clone(),
        object: event.object.clone(),
        extra: Vec::new(),
    }
}

fn request(planned: plan::PlannedRequest) -> PlannedRequest {
    let header = |header: plan::Header| (header.name, parts(header.value));
    PlannedRequest {
        method: planned.method,
        url: parts(planned.url),
        headers: planned.headers.into_iter().map(header).collect(),
        body: parts(planned.body),
    }
}

fn parts(parts: Vec<plan::Part>) -> Vec<Part> {
    let part = |part| match part {
        plan::Part::Text(text) => Part::Text(text),
        plan::Part::Secret(name) => Part::Secret(name),
    };
    parts.into_iter().map(part).collect()
}
