//! Figures that a release is judged by, as one JSON object with a room for each question: what a call costs, how the
//! time of charts and kustomizations grows with their size, and what an input costs that is rendered again.
//!
//! Run it built with optimisation: `cargo run --release -p windlass-tests-bench`; names of rooms after `--` leave out
//! the others. `helm` and `kustomize` are measured beside it where they stand in `PATH`.

mod again;
mod calls;
mod growth;
mod inputs;

use std::{
    io::{self, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};
use windlass_runtime::{Plugin, Runtime, RuntimeOptions};

type Failure = Box<dyn std::error::Error>;
type Room = fn(&Runtime) -> Result<Value, Failure>;

const ROOMS: [(&str, Room); 3] = [("calls", calls::measure), ("growth", growth), ("again", again)];

fn main() -> Result<(), Failure> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let runtime = Runtime::new(RuntimeOptions::default())?;
    let mut figures = Map::from_iter([("engine_start_ms".to_owned(), json!(millis(started.elapsed())))]);
    for (name, measure) in ROOMS {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            figures.insert(name.to_owned(), measure(&runtime)?);
        }
    }
    writeln!(io::stdout(), "{:#}", Value::Object(figures))?;
    Ok(())
}

fn growth(runtime: &Runtime) -> Result<Value, Failure> {
    Ok(json!({
        "kustomize": growth::measure(runtime, &*built_in(runtime, "kustomize")?, growth::overlay)?,
        "helm": growth::measure(runtime, &*built_in(runtime, "helm")?, growth::chart)?,
    }))
}

fn again(runtime: &Runtime) -> Result<Value, Failure> {
    let measure = |peer: again::Peer, inputs: &[inputs::Input]| {
        again::measure(runtime, &*built_in(runtime, peer.generator)?, peer, inputs)
    };
    Ok(json!({
        "chart": measure(again::HELM, &[inputs::own("shop")])?,
        "overlay": measure(again::KUSTOMIZE, &[inputs::own("overlay")])?,
        "charts_of_the_corpora": measure(again::HELM, &inputs::charts()?)?,
        "overlays_of_the_corpora": measure(again::KUSTOMIZE, &inputs::overlays()?)?,
    }))
}

fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}

fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort();
    samples[samples.len() / 2]
}

fn built_in(runtime: &Runtime, name: &str) -> Result<Arc<Plugin>, Failure> {
    let component = windlass_components::find(name).ok_or("not built in")?;
    Ok(runtime.load(&component.wasm()?)?)
}
