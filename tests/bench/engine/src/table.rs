//! Table: what is measured, Argo CD's figure, and the bound; and the report, which holds our figures against them.
//!
//! Argo CD's figures are those of version 3.5.1 as it ships, measured on a machine of 2 cores against
//! kube-apiserver 1.37 with etcd. The bounds are for a build with optimisation on such a machine.

use serde_json::{Value, json};

use crate::options::Scale;

/// One row before it is measured.
pub struct Measure {
    what: &'static str,
    unit: &'static str,
    argo_cd: Option<f64>,
    bound: f64,
}

const fn measure(what: &'static str, unit: &'static str, argo_cd: Option<f64>, bound: f64) -> Measure {
    Measure { what, unit, argo_cd, bound }
}

pub const CPU_OF_ONE: Measure = measure("CPU of the first sync of one object", "s", Some(0.19), 0.005);
pub const CPU_OF_TEN: Measure = measure("CPU of the first sync of ten objects", "s", Some(0.96), 0.02);
pub const REQUESTS_OF_ONE: Measure =
    measure("requests of the first sync of one object, Events not counted", "requests", Some(15.0), 3.0);
pub const REQUESTS_OF_TEN: Measure =
    measure("requests of the first sync of ten objects, Events not counted", "requests", Some(90.0), 22.0);
pub const LATENCY: Measure = measure("created to Synced on an idle controller, median", "s", Some(0.35), 0.1);
pub const REQUESTS_AT_REST: Measure = measure("requests of a reconcile without a change", "requests", Some(1.0), 0.0);
pub const CPU_AT_REST: Measure =
    measure("CPU of a reconcile without a change, large cluster", "us", Some(16_000.0), 50.0);
pub const GENERATIONS: Measure =
    measure("manifest generations after a commit to one folder of all", "runs", Some(1_000.0), 1.0);
pub const CPU_OF_COMMIT: Measure = measure("CPU after a commit to one folder of all", "s", Some(32.0), 0.5);
pub const LOOK_UPS: Measure = measure("ref look-ups after a commit to one folder of all", "look-ups", None, 1.0);
pub const MEMORY_OF_NOTHING: Measure = measure("memory without applications", "MB", Some(208.7), 40.0);
pub const MEMORY_OF_APPLICATIONS: Measure =
    measure("memory with all applications of one object", "MB", Some(621.8), 60.0);
pub const MEMORY_OF_OBJECT: Measure = measure("memory of a cached object of 2 KB over its body", "B", None, 250.0);
pub const PEAK: Measure = measure("peak at the start over the steady state, large cluster", "ratio", None, 1.3);
pub const DRIFT: Measure = measure("drift to healed, first repair, median", "s", Some(0.32), 0.1);
pub const EVENTS: Measure = measure("event to status at 1,000 events a second, p99", "s", None, 0.2);

/// The measured rows, in the order in which they were.
#[derive(Default)]
pub struct Report(Vec<Value>);

impl Report {
    /// Adds a row; `details` say what the figure is made of.
    pub fn add(&mut self, measure: &Measure, figure: f64, details: Value) {
        let Measure { what, unit, argo_cd, bound } = measure;
        self.0.push(json!({
            "what": what, "unit": unit, "figure": rounded(figure), "argo_cd": argo_cd, "bound": bound,
            "holds": figure <= *bound, "details": details,
        }));
    }

    pub fn json(&self, scale: &Scale) -> Value {
        let optimised = !cfg!(debug_assertions);
        json!({
            "scale": scale.name, "applications": scale.applications, "objects": scale.objects,
            "optimised": optimised, "rows": self.0,
        })
    }
}

/// Four digits behind the point; more would only pretend.
fn rounded(figure: f64) -> f64 {
    (figure * 1e4).round() / 1e4
}

/// The middle one, or the one at another share of all.
pub fn quantile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let last = samples.len().saturating_sub(1);
    samples.get((samples.len() as f64 * share) as usize).or(samples.get(last)).copied().unwrap_or(f64::NAN)
}
