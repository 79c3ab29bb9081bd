//! Figures of the embedded API, as one JSON object: start, memory, requests a second over HTTPS beside a real
//! kube-apiserver with etcd, delivery to watchers, restart of a full store after a kill.
//!
//! Run it built with optimisation: `cargo run --release -p windlass-tests-bench-sandbox [OBJECTS]`. The real servers
//! are those that `windlass-tests-realcluster` has built; where there are none, their figures are null. Servers run on
//! the first processor and the client on the second, where the system has `taskset`.

mod client;
mod filled;
mod pinned;
mod process;
mod real;
mod requests;
mod watchers;

use std::io::{self, Write as _};

use serde_json::{Value, json};
use windlass_sandbox::{Options, Sandbox};

use process::Process;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const OBJECTS: usize = 100_000;
const REQUESTS: usize = 4_000;
const WATCHERS: usize = 1_000;
/// Spread over one second.
const EVENTS: usize = 1_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(process::SERVE) => process::serve(arguments.next().map(Into::into)).await,
        Some(count) => figures(count.parse()?).await,
        None => figures(OBJECTS).await,
    }
}

async fn figures(objects: usize) -> Result<(), Failure> {
    let figures = json!({
        "pinned": pinned::is_possible(),
        "requests": compared().await?,
        "watchers": watched().await?,
        "filled": filled::figures(objects).await?,
    });
    writeln!(io::stdout(), "{figures:#}")?;
    Ok(())
}

/// Our process alone, and then the real one alone, under the same load.
async fn compared() -> Result<Value, Failure> {
    let ours = Process::start(None).await?;
    let (start, empty) = (ours.start, ours.resident_mib()?);
    let rates = requests::rates(&ours.endpoint, REQUESTS).await?;
    ours.kill()?;
    let real = match real::start().await? {
        Some(real) => Some(requests::rates(&real.endpoint, REQUESTS).await?),
        None => None,
    };
    let ratio = real.as_ref().map(|real| rates.over(real).json());
    Ok(json!({
        "start_ms": start.as_secs_f64() * 1e3,
        "empty_mib": empty,
        "a_second": rates.json(),
        "kube_apiserver_a_second": real.map(|real| real.json()),
        "times_kube_apiserver": ratio,
    }))
}

/// In process, so that the watchers' own work is as small as can be: it is done on the same processors.
async fn watched() -> Result<Value, Failure> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let delivered = watchers::delivery(&sandbox, WATCHERS, EVENTS).await?;
    sandbox.shutdown().await;
    Ok(delivered)
}
