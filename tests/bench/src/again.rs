//! The same input again in a process that has the component loaded, as the controller has, beside a process of the
//! tool that it stands in for. Both in the same run, so that they have the same machine.

use std::{
    io,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use windlass_runtime::{
    Capability, Clock, Decision, Entropy, GenerateRequest, Grants, Kind, Limits, Plugin, Runtime, Seed,
};
use windlass_source::FolderTree;

use crate::{Failure, inputs::Input, median, millis};

const CALLS: usize = 21;
const PROCESSES: usize = 3;
/// 2027-01-15.
const NOW: u64 = 1_800_000_000;

/// A generator, and how the tool that it stands in for is called.
#[derive(Clone, Copy)]
pub struct Peer {
    pub generator: &'static str,
    pub program: &'static str,
    pub verb: &'static str,
}

pub const HELM: Peer = Peer { generator: "helm", program: "helm", verb: "template" };
pub const KUSTOMIZE: Peer = Peer { generator: "kustomize", program: "kustomize", verb: "build" };

/// What one input took.
struct Figure {
    name: String,
    call: Duration,
    /// None where the tool is not at hand.
    process: Option<Duration>,
}

impl Figure {
    fn share(&self) -> Option<f64> {
        self.process.map(|process| self.call.as_secs_f64() / process.as_secs_f64())
    }
}

/// Measures every input that both can render.
pub fn measure(runtime: &Runtime, plugin: &Plugin, peer: Peer, inputs: &[Input]) -> Result<Value, Failure> {
    let mut figures = Vec::new();
    for input in inputs {
        let Some(call) = call(runtime, plugin, input)? else { continue };
        match process(peer, &input.folder)? {
            Process::Took(time) => figures.push(Figure { name: input.name.clone(), call, process: Some(time) }),
            Process::IsNotThere => figures.push(Figure { name: input.name.clone(), call, process: None }),
            Process::Refused => {}
        }
    }
    Ok(summary(&figures, inputs.len()))
}

fn summary(figures: &[Figure], inputs: usize) -> Value {
    let medians = |times: Vec<Duration>| (!times.is_empty()).then(|| millis(median(times)));
    let mut shares: Vec<(f64, &str)> =
        figures.iter().filter_map(|one| Some((one.share()?, one.name.as_str()))).collect();
    shares.sort_by(|one, other| one.0.total_cmp(&other.0));
    json!({
        "inputs": inputs,
        "measured": figures.len(),
        "call_median_ms": medians(figures.iter().map(|one| one.call).collect()),
        "process_median_ms": medians(figures.iter().filter_map(|one| one.process).collect()),
        "call_over_process_median": shares.get(shares.len() / 2).map(|share| share.0),
        "call_over_process_largest": shares.last().map(|share| share.0),
        "largest_of": shares.last().map(|share| share.1),
    })
}

/// None where the input does not render by itself.
fn call(runtime: &Runtime, plugin: &Plugin, input: &Input) -> Result<Option<Duration>, Failure> {
    let request = request(input)?;
    let limits = Limits::of(Kind::Generator);
    let grants = [Capability::Entropy, Capability::Clock];
    let grants = grants.into_iter().fold(Grants::denied(), |all, one| all.with(one, Decision::Granted));
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        match runtime.generate(plugin, &grants, &request, &limits) {
            Ok(generated) if generated.needs.is_empty() => times.push(started.elapsed()),
            _ => return Ok(None),
        }
    }
    Ok(Some(median(times)))
}

/// As the controller asks: with a seed that it keeps, so that keys are made once.
fn request(input: &Input) -> Result<GenerateRequest, Failure> {
    let (tree, root) = FolderTree::around(&input.folder)?;
    let mut request = GenerateRequest::new(Arc::new(tree), root, "{}");
    request.application.name = "shop".into();
    request.application.destination_namespace = "shop".into();
    request.entropy = Entropy::Seeded(Seed::new(b"bench"));
    request.clock = Clock { now: NOW, granularity: Some(3600) };
    Ok(request)
}

enum Process {
    Took(Duration),
    Refused,
    IsNotThere,
}

fn process(peer: Peer, folder: &Path) -> Result<Process, Failure> {
    let mut times = Vec::with_capacity(PROCESSES);
    for _ in 0..PROCESSES {
        let started = Instant::now();
        let mut command = Command::new(peer.program);
        match command.arg(peer.verb).arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => times.push(started.elapsed()),
            Ok(_) => return Ok(Process::Refused),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Process::IsNotThere),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Process::Took(median(times)))
}
