//! What a call costs beside the plugin's own work, how fast a folder renders next to the YAML parser alone, and how fast
//! health is judged.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use windlass_model::{MemoryTree, TreePath};
use windlass_runtime::{GenerateRequest, Grants, Kind, Limits, Runtime};

use crate::{Failure, built_in, median, millis};

const CALLS: usize = 2_000;
const FOLDER: usize = 8 << 20;
const OBJECTS: usize = 10_000;

pub fn measure(runtime: &Runtime) -> Result<Value, Failure> {
    let (parse, render) = folder(runtime)?;
    Ok(json!({
        "generator_overhead_median_us": overhead(runtime)?.as_nanos() as f64 / 1e3,
        "yaml_parse_8mb_ms": millis(parse),
        "directory_render_8mb_ms": millis(render),
        "render_rate_over_parse_rate": parse.as_secs_f64() / render.as_secs_f64(),
        "health_10000_objects_ms": millis(health(runtime)?),
    }))
}

/// Store, instantiate, call with a tree of one small file, read back.
fn overhead(runtime: &Runtime) -> Result<Duration, Failure> {
    let plugin = built_in(runtime, "directory")?;
    let request = request(MemoryTree::default().with("a.yaml", "apiVersion: v1\nkind: ConfigMap\n"));
    let limits = Limits::of(Kind::Generator);
    let mut samples = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        runtime.generate(&plugin, &Grants::denied(), &request, &limits)?;
        samples.push(started.elapsed());
    }
    Ok(median(samples))
}

pub fn request(tree: MemoryTree) -> GenerateRequest {
    let mut request = GenerateRequest::new(Arc::new(tree), TreePath::root(), "{}");
    // A release needs a name.
    request.application.name = "bench".into();
    request
}

/// The YAML parser alone, and the whole way through the component, over the same files.
fn folder(runtime: &Runtime) -> Result<(Duration, Duration), Failure> {
    let file: String = (0..200).map(deployment).collect();
    let files = FOLDER / file.len();
    let tree =
        (0..files).fold(MemoryTree::default(), |tree, index| tree.with(&format!("{index:04}.yaml"), file.as_str()));
    let plugin = built_in(runtime, "directory")?;
    let limits = Limits { results: 1_000_000, ..Limits::of(Kind::Generator) };
    let request = request(tree);
    let (mut parses, mut renders) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let started = Instant::now();
        for _ in 0..files {
            windlass_yaml::to_json(file.as_bytes(), &windlass_yaml::Limits::default())?;
        }
        parses.push(started.elapsed());
        let started = Instant::now();
        runtime.generate(&plugin, &Grants::denied(), &request, &limits)?;
        renders.push(started.elapsed());
    }
    Ok((median(parses), median(renders)))
}

pub fn deployment(index: usize) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{index}\n  labels:\n    app.kubernetes.io/name: web\n\
         spec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: web\n  template:\n    metadata:\n      \
         labels:\n        app.kubernetes.io/name: web\n    spec:\n      containers:\n      - name: web\n        image: \
         \"registry.example.com/web:1.2.{index}\"\n        ports:\n        - containerPort: 8080\n        resources:\n          \
         requests:\n            cpu: 100m\n            memory: 128Mi\n"
    )
}

fn health(runtime: &Runtime) -> Result<Duration, Failure> {
    let plugin = built_in(runtime, "health")?;
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "generation": 2, "labels": { "app.kubernetes.io/name": "web" } },
        "spec": { "replicas": 3, "template": { "spec": { "containers": [{ "name": "web", "image": "web:1" }] } } },
        "status": { "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3 },
    })
    .to_string();
    let objects = vec![object.as_bytes(); OBJECTS];
    let started = Instant::now();
    runtime.assess(&plugin, &objects, &Limits::of(Kind::Health))?;
    Ok(started.elapsed())
}
