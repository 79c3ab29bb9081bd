//! Figures of the controller beside Argo CD's, as one JSON object: CPU, requests, memory, reaction.
//!
//! This process serves the API and the Git repository and plays the user; `windlass controller` is a process of its
//! own, so that its CPU and memory are nobody else's. Run it built with optimisation:
//! `cargo run --release -p windlass-tests-bench-engine [-- --scale small] [--binary PATH]`.

mod controller;
mod first_sync;
mod memory;
mod options;
mod reaction;
mod repository;
mod rest;
mod stage;
mod statuses;
mod table;
mod watch;

use std::io::{self, Write as _};

use options::Options;
use stage::Stage;
use table::Report;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let options = Options::of(std::env::args().skip(1))?;
    let report = measured(&options).await?;
    writeln!(io::stdout(), "{:#}", report.json(&options.scale))?;
    Ok(())
}

/// Each row leaves behind what the next ones need: applications, then a large cluster.
async fn measured(options: &Options) -> Result<Report, Failure> {
    let scale = &options.scale;
    let mut report = Report::default();
    let mut stage = Stage::set(options).await?;
    memory::of_nothing(&mut stage, &mut report).await?;
    first_sync::of_one_object(&mut stage, scale, &mut report).await?;
    memory::of_applications(&mut stage, scale, &mut report).await?;
    first_sync::of_ten_objects(&mut stage, scale, &mut report).await?;
    let in_small_cluster = rest::without_change(&mut stage, scale).await?;
    let mut stage = memory::of_objects(stage, scale, &mut report).await?;
    let in_large_cluster = rest::without_change(&mut stage, scale).await?;
    rest::report(in_small_cluster, in_large_cluster, &mut report);
    rest::after_a_commit(&mut stage, scale, &mut report).await?;
    reaction::to_drift(&mut stage, scale, &mut report).await?;
    reaction::to_events(&mut stage, scale, &mut report).await?;
    stage.end().await?;
    Ok(report)
}
