//! Many watchers of many events: is everything delivered, and how late.

use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use windlass_sandbox::Sandbox;

use crate::{Failure, client};

const MAPS: &str = "/api/v1/namespaces/watched/configmaps";

/// So many watchers, and so many events spread over a second.
pub async fn delivery(sandbox: &Sandbox, watchers: usize, events: usize) -> Result<Value, Failure> {
    let namespace = json!({ "metadata": { "name": "watched" } });
    client::call(sandbox, "POST", "/api/v1/namespaces", namespace.to_string()).await?;
    let began = Instant::now();
    let (report, mut reports) = mpsc::unbounded_channel();
    for _ in 0..watchers {
        let mut body = client::call(sandbox, "GET", &format!("{MAPS}?watch=1"), String::new()).await?;
        let report = report.clone();
        tokio::spawn(async move {
            let mut arrivals: Vec<Duration> = Vec::with_capacity(events);
            while let Some(Ok(frame)) = body.frame().await {
                let lines = frame.data_ref().map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count());
                arrivals.extend(std::iter::repeat_n(began.elapsed(), lines));
                if arrivals.len() >= events {
                    break;
                }
            }
            // The other end is only gone when the measurement has failed already.
            report.send(arrivals).ok();
        });
    }
    drop(report);
    let mut sent = Vec::with_capacity(events);
    let mut tick = tokio::time::interval(Duration::from_secs(1) / events as u32);
    for index in 0..events {
        tick.tick().await;
        let body = json!({ "metadata": { "name": format!("event-{index}") } });
        sent.push(began.elapsed());
        client::call(sandbox, "POST", MAPS, body.to_string()).await?;
    }
    let mut lags = Vec::with_capacity(watchers * events);
    while let Some(arrivals) = reports.recv().await {
        lags.extend(arrivals.iter().zip(&sent).map(|(arrived, sent)| arrived.saturating_sub(*sent)));
    }
    lags.sort();
    let at = |share: f64| lags.get((lags.len() as f64 * share) as usize).map(|lag| lag.as_secs_f64() * 1e3);
    Ok(json!({
        "watchers": watchers,
        "events": events,
        "delivered": lags.len(),
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
    }))
}
