//! Requests a second on one connection over HTTPS.

use std::time::Instant;

use serde_json::{Value, json};
use windlass_sandbox::Sandbox;

use crate::Failure;
use crate::client::Connection;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";
const APPLY: &str = "application/apply-patch+yaml";

pub async fn rates(sandbox: &Sandbox, count: usize) -> Result<Value, Failure> {
    let mut connection = Connection::open(sandbox).await?;
    let started = Instant::now();
    for index in 0..count {
        let body = json!({ "metadata": { "name": format!("made-{index}") }, "data": { "a": "b" } });
        connection.ask("POST", MAPS, JSON, &body.to_string()).await?;
    }
    let creates = rate(count, started);
    let started = Instant::now();
    for index in 0..count {
        connection.ask("GET", &format!("{MAPS}/made-{index}"), JSON, "").await?;
    }
    let gets = rate(count, started);
    let started = Instant::now();
    for index in 0..count {
        let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "c": index.to_string() } });
        let path = format!("{MAPS}/made-{index}?fieldManager=bench");
        connection.ask("PATCH", &path, APPLY, &body.to_string()).await?;
    }
    Ok(json!({ "creates": creates, "gets": gets, "applies": rate(count, started) }))
}

fn rate(count: usize, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}
