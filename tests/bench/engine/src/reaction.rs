//! Rows of reaction: drift that is healed, and statuses that follow a stream of events.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Failure,
    options::Scale,
    repository::Folder,
    stage::{Stage, config_map, service},
    statuses::Told,
    table::{self, Report, quantile},
};

/// One event in so many changes an application's health; the others change nothing that counts.
const SHARE: usize = 20;
/// Events a second.
const RATE: u32 = 1_000;

/// Changes a field of one application after another, none of which has been healed before.
pub async fn to_drift(stage: &mut Stage, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let mut latencies = Vec::new();
    // The first application has just been synced by a commit.
    for folder in (1..=scale.drifts).map(Folder::One) {
        let mut changes = stage.watch(folder).await?;
        let drifted = Instant::now();
        stage.cluster.merge(&config_map(folder), &json!({"data": {"value": "drift"}})).await;
        changes.until(|map| map["data"]["value"] == "drift").await?;
        changes.until(|map| map["data"]["value"] == "1").await?;
        latencies.push(drifted.elapsed().as_secs_f64());
    }
    let median = quantile(&mut latencies, 0.5);
    report.add(&table::DRIFT, median, json!({"drifts": scale.drifts, "p99": quantile(&mut latencies, 0.99)}));
    stage.controller.until_quiet().await
}

/// Sends events about objects of all applications; some of them change a Service from healthy to not, and back.
pub async fn to_events(stage: &mut Stage, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let services: Vec<Folder> = (0..scale.services).map(Folder::Service).collect();
    for service in &services {
        stage.create(*service).await;
    }
    stage.until_settled(&services).await?;
    stage.controller.until_quiet().await?;
    let mut race = Race::default();
    let (cpu, began) = (stage.controller.cpu()?, Instant::now());
    let mut tick = tokio::time::interval(Duration::from_secs(1) / RATE);
    for event in 0..scale.events {
        tick.tick().await;
        if event % SHARE == 0 {
            race.toggle(stage, services[event / SHARE % services.len()]).await;
        } else {
            touch(stage, Folder::One(event % scale.applications), event).await;
        }
        while let Some(told) = stage.statuses.told_by_now() {
            race.finish(&told);
        }
    }
    let rate = scale.events as f64 / began.elapsed().as_secs_f64();
    while !race.waiting.is_empty() {
        race.finish(&stage.statuses.next().await?);
    }
    let cpu = (stage.controller.cpu()? - cpu) / began.elapsed().as_secs_f64();
    let p99 = quantile(&mut race.lags, 0.99);
    let details = json!({
        "events_a_second": rate, "statuses": race.lags.len(), "cores": cpu, "p50": quantile(&mut race.lags, 0.5),
    });
    report.add(&table::EVENTS, p99, details);
    Ok(())
}

/// A change that no status tells of.
async fn touch(stage: &Stage, folder: Folder, event: usize) {
    let note = json!({"metadata": {"annotations": {"bench/event": event.to_string()}}});
    stage.cluster.merge(&config_map(folder), &note).await;
}

/// Services whose applications have to say something else than before.
#[derive(Default)]
struct Race {
    /// The health that is waited for, by application, and since when.
    waiting: HashMap<String, (&'static str, Instant)>,
    healthy: HashMap<String, bool>,
    lags: Vec<f64>,
}

impl Race {
    /// One that is still waited for is left alone.
    async fn toggle(&mut self, stage: &Stage, folder: Folder) {
        let name = folder.to_string();
        if self.waiting.contains_key(&name) {
            return;
        }
        let is_healthy = self.healthy.entry(name.clone()).or_default();
        *is_healthy = !*is_healthy;
        let ingress: Value = if *is_healthy { json!([{"ip": "192.0.2.1"}]) } else { Value::Null };
        let health = if *is_healthy { "Healthy" } else { "Progressing" };
        self.waiting.insert(name.clone(), (health, Instant::now()));
        let path = format!("{}/status", service(folder));
        stage.cluster.merge(&path, &json!({"status": {"loadBalancer": {"ingress": ingress}}})).await;
    }

    fn finish(&mut self, told: &Told) {
        let Some((health, since)) = self.waiting.get(&told.name) else { return };
        if told.health == *health {
            self.lags.push((told.at - *since).as_secs_f64());
            self.waiting.remove(&told.name);
        }
    }
}
