//! Figures of the embedded API, as one JSON object: start, memory, requests a second over HTTPS, delivery to watchers.
//!
//! Run it built with optimisation: `cargo run --release -p windlass-tests-bench-sandbox [OBJECTS]`.

mod client;
mod memory;
mod requests;
mod watchers;

use std::io::{self, Write as _};
use std::time::Instant;

use serde_json::json;
use windlass_sandbox::{Options, Sandbox};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const OBJECTS: usize = 100_000;
const REQUESTS: usize = 2_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let objects = std::env::args().nth(1).map_or(Ok(OBJECTS), |count| count.parse())?;
    let before = memory::resident_mib()?;
    let started = Instant::now();
    let sandbox = Sandbox::start(Options::default()).await?;
    let start = started.elapsed();
    let empty = memory::resident_mib()?;
    let rates = requests::rates(&sandbox, REQUESTS).await?;
    let watchers = watchers::delivery(&sandbox, 1_000, 1_000).await?;
    sandbox.shutdown().await;
    let figures = json!({
        "process_mib": before,
        "start_ms": start.as_secs_f64() * 1e3,
        "empty_mib": empty,
        "requests_a_second": rates,
        "watchers": watchers,
        "filled": memory::filled(objects).await?,
    });
    writeln!(io::stdout(), "{figures:#}")?;
    Ok(())
}
