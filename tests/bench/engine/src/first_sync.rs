//! Rows of the first sync: applications one after another, each on a controller that has nothing else to do.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    Failure,
    options::Scale,
    repository::Folder,
    stage::{Stage, listed},
    statuses::Told,
    table::{self, Report, quantile},
};

/// Pause between two, in which the last one's own changes come back to the controller.
const PAUSE: Duration = Duration::from_millis(50);

/// What a number of first syncs has taken.
struct Taken {
    cpu: f64,
    requests: windlass_sandbox::Requests,
    latencies: Vec<f64>,
}

pub async fn of_one_object(stage: &mut Stage, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let count = scale.first_syncs;
    let mut taken = one_by_one(stage, (0..count).map(Folder::One)).await?;
    let each = |figure: f64| figure / count as f64;
    report.add(&table::CPU_OF_ONE, each(taken.cpu), json!({"syncs": count, "cpu_s": taken.cpu}));
    let requests = each(taken.requests.total() as f64);
    report.add(&table::REQUESTS_OF_ONE, requests, json!({"syncs": count, "requests": listed(&taken.requests)}));
    let median = quantile(&mut taken.latencies, 0.5);
    report.add(&table::LATENCY, median, json!({"syncs": count, "p99": quantile(&mut taken.latencies, 0.99)}));
    Ok(())
}

pub async fn of_ten_objects(stage: &mut Stage, scale: &Scale, report: &mut Report) -> Result<(), Failure> {
    let count = scale.syncs_of_ten;
    let taken = one_by_one(stage, (0..count).map(Folder::Ten)).await?;
    let each = |figure: f64| figure / count as f64;
    report.add(&table::CPU_OF_TEN, each(taken.cpu), json!({"syncs": count, "cpu_s": taken.cpu}));
    let requests = each(taken.requests.total() as f64);
    report.add(&table::REQUESTS_OF_TEN, requests, json!({"syncs": count, "requests": listed(&taken.requests)}));
    Ok(())
}

async fn one_by_one(stage: &mut Stage, folders: impl Iterator<Item = Folder>) -> Result<Taken, Failure> {
    let (cpu, requests) = (stage.controller.cpu()?, stage.requests());
    let mut latencies = Vec::new();
    for folder in folders {
        let created = Instant::now();
        stage.create(folder).await;
        let synced = stage.statuses.until(&folder.to_string(), Told::is_settled).await?;
        latencies.push((synced - created).as_secs_f64());
        tokio::time::sleep(PAUSE).await;
    }
    stage.controller.until_quiet().await?;
    Ok(Taken { cpu: stage.controller.cpu()? - cpu, requests: stage.requests().since(&requests), latencies })
}
