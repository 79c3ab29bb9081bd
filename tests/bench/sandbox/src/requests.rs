//! Requests a second over HTTPS, on a few connections that are always busy.

use std::time::Instant;

use serde_json::{Value, json};

use crate::Failure;
use crate::client::{Connection, Endpoint};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";
const APPLY: &str = "application/apply-patch+yaml";
/// Enough that the server never waits for a client.
const CONNECTIONS: usize = 8;

/// Requests a second, or how many times as many.
pub struct Rates {
    creates: f64,
    gets: f64,
    applies: f64,
}

impl Rates {
    pub fn over(&self, other: &Rates) -> Rates {
        Rates {
            creates: self.creates / other.creates,
            gets: self.gets / other.gets,
            applies: self.applies / other.applies,
        }
    }

    pub fn json(&self) -> Value {
        json!({ "creates": self.creates, "gets": self.gets, "applies": self.applies })
    }
}

/// A server's rates, each over so many requests, after some that are not counted.
pub async fn rates(endpoint: &Endpoint, count: usize) -> Result<Rates, Failure> {
    rate(endpoint, count / 10, create, "first").await?;
    let creates = rate(endpoint, count, create, "made").await?;
    let gets = rate(endpoint, count, get, "made").await?;
    let applies = rate(endpoint, count, apply, "made").await?;
    Ok(Rates { creates, gets, applies })
}

/// A request: method, path, media type, body.
type Request = (&'static str, String, &'static str, String);

fn create(name: &str) -> Request {
    let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "a": "b" } });
    ("POST", MAPS.into(), JSON, body.to_string())
}

fn get(name: &str) -> Request {
    ("GET", format!("{MAPS}/{name}"), JSON, String::new())
}

fn apply(name: &str) -> Request {
    let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "c": name } });
    ("PATCH", format!("{MAPS}/{name}?fieldManager=bench"), APPLY, body.to_string())
}

async fn rate(
    endpoint: &Endpoint,
    count: usize,
    request: fn(&str) -> Request,
    stem: &'static str,
) -> Result<f64, Failure> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(endpoint).await?);
    }
    let started = Instant::now();
    let running: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(at, mut connection)| {
            tokio::spawn(async move {
                for index in (at..count).step_by(CONNECTIONS) {
                    let (method, path, media, body) = request(&format!("{stem}-{index}"));
                    connection.ask(method, &path, media, &body).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for task in running {
        task.await??;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}
