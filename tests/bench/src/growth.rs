//! How the time of a render grows with the number of objects: the slope of time over size, both as logarithms.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_model::MemoryTree;
use windlass_runtime::{Grants, Kind, Limits, Plugin, Runtime};

use crate::{
    Failure,
    calls::{deployment, request},
    millis,
};

const SIZES: [usize; 4] = [250, 500, 1_000, 2_000];
/// The fastest of these is what the work costs; the others were disturbed.
const RUNS: usize = 5;

/// The time of trees of each size, and the exponent over them.
pub fn measure(runtime: &Runtime, plugin: &Plugin, tree: fn(usize) -> MemoryTree) -> Result<Value, Failure> {
    let (mut points, mut times) = (Vec::new(), Vec::new());
    for size in SIZES {
        let time = fastest(runtime, plugin, tree(size))?;
        points.push(((size as f64).ln(), time.as_secs_f64().ln()));
        times.push(millis(time));
    }
    Ok(json!({ "objects": SIZES, "ms": times, "exponent": slope(&points) }))
}

fn fastest(runtime: &Runtime, plugin: &Plugin, tree: MemoryTree) -> Result<Duration, Failure> {
    let (request, limits) = (request(tree), Limits::of(Kind::Generator));
    let mut fastest = Duration::MAX;
    for _ in 0..RUNS {
        let started = Instant::now();
        runtime.generate(plugin, &Grants::denied(), &request, &limits)?;
        fastest = fastest.min(started.elapsed());
    }
    Ok(fastest)
}

/// Of the line that lies nearest to the points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    over / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

/// An overlay that touches every object: two thirds Deployments that mount a ConfigMap each, and a patch for each
/// fiftieth.
pub fn overlay(size: usize) -> MemoryTree {
    let object = |at: usize| match at % 3 {
        0 => {
            format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings-{at}}}\ndata: {{a: \"{at}\"}}\n")
        }
        _ => format!(
            "{}      volumes:\n      - name: settings\n        configMap:\n          name: settings-{}\n",
            deployment(at),
            at - at % 3
        ),
    };
    let base: String = (0..size).map(object).collect();
    let patch = |at: usize| {
        format!(
            "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: web-{at}}}\n    \
                 spec: {{replicas: {at}}}\n"
        )
    };
    let patches: String = (0..size).step_by(50).map(|at| patch(at + (at % 3 == 0) as usize)).collect();
    let overlay = format!(
        "namePrefix: live-\nnamespace: live\nresources: [base]\nlabels: [{{pairs: {{tier: web}}}}]\n\
         images: [{{name: registry.example.com/web, newTag: v2}}]\npatches:\n{patches}- target: {{kind: Deployment}}\n  \
         patch: '[{{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {{\"a\": \"b\"}}}}]'\n"
    );
    let tree = MemoryTree::default().with("kustomization.yaml", overlay);
    tree.with("base/kustomization.yaml", "resources: [all.yaml]\n").with("base/all.yaml", base)
}

/// A chart that makes as many objects out of one template.
pub fn chart(size: usize) -> MemoryTree {
    let template = "{{- range $at := until (int .Values.size) }}\n---\napiVersion: v1\nkind: ConfigMap\n\
                    metadata:\n  name: {{ printf \"%s-%d\" $.Release.Name $at | trunc 63 }}\n  labels:\n    \
                    {{- include \"labels\" $ | nindent 4 }}\ndata:\n  at: {{ $at | quote }}\n{{- end }}\n";
    let labels =
        "{{- define \"labels\" }}\n{{- dict \"app\" .Chart.Name \"release\" .Release.Name | toYaml }}\n{{- end }}\n";
    let tree = MemoryTree::default().with("Chart.yaml", "apiVersion: v2\nname: many\nversion: 1.0.0\n");
    tree.with("values.yaml", format!("size: {size}\n"))
        .with("templates/_labels.tpl", labels)
        .with("templates/all.yaml", template)
}
