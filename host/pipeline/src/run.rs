//! One result of a generator: run it, fetch what it lacks, run it again.

use std::sync::Arc;

use serde_json::Value;
use windlass_model::Object;
use windlass_runtime::{Diagnostic, GenerateRequest, Generated, Grants, Limits, Location, Need, Runtime, Severity};

use crate::{
    Problem,
    generators::Generator,
    results::Reads,
    supply::{Supplied, Supply},
};

/// Runs of one generation: what is fetched may lack something in turn.
const ROUNDS: usize = 16;
/// Things fetched for one generation.
const ARTIFACTS: usize = 64;

/// What a generator made of one source.
#[derive(Debug, Default)]
pub struct Generation {
    pub objects: Vec<(Object, Option<Location>)>,
    pub intentionally_empty: bool,
    /// Warnings and notes; errors have failed the run.
    pub warnings: Vec<Diagnostic>,
    /// What decides over it beside the source and the settings.
    pub influences: Vec<&'static str>,
    /// The stream as the generator's own tool prints it, where it was wanted and there is one.
    pub text: Option<Vec<u8>>,
}

/// What a result depends on: what was read of the tree, and what was fetched.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) reads: Reads,
    pub(crate) supplied: Vec<Supplied>,
}

/// Runs a generator until it lacks nothing. The record is missing where more than it tells decides over the result.
pub(crate) fn run(
    runtime: &Runtime,
    generator: &Generator,
    grants: &Grants,
    mut call: GenerateRequest,
    supply: &Supply<'_>,
) -> Result<(Arc<Generation>, Option<Record>), Problem> {
    let limits = Limits::of(generator.plugin.kind());
    let name = generator.plugin.name().to_string();
    let mut supplied = Vec::new();
    for _ in 0..ROUNDS {
        let generated = runtime.generate(&generator.plugin, grants, &call, &limits)?;
        if generated.needs.is_empty() {
            let record = generated.cacheable.then(|| Record {
                reads: Reads { own: generated.reads.clone(), lent: generated.lent_reads.clone() },
                supplied,
            });
            return Ok((Arc::new(generation(generated)?), record));
        }
        for need in wanted(&name, generated.needs, &supplied)? {
            let artifact = supply.fetch(&name, &need)?;
            supplied.push(Supplied { need, digest: artifact.digest });
            call.artifacts.push(artifact);
        }
    }
    Err(Problem::comparison(format!("{name} needs something more in each of {ROUNDS} runs")))
}

/// The needs of one run, each once. One that was met is an endless loop.
fn wanted(plugin: &str, needs: Vec<Need>, supplied: &[Supplied]) -> Result<Vec<Need>, Problem> {
    let mut wanted: Vec<Need> = Vec::new();
    for need in needs {
        if supplied.iter().any(|met| met.need.id == need.id) {
            return Err(Problem::comparison(format!("{plugin} asks again for {}, which it was given", need.id)));
        }
        if !wanted.iter().any(|known| known.id == need.id) {
            wanted.push(need);
        }
    }
    match supplied.len() + wanted.len() > ARTIFACTS {
        true => Err(Problem::comparison(format!("{plugin} needs more than {ARTIFACTS} things from elsewhere"))),
        false => Ok(wanted),
    }
}

fn generation(generated: Generated) -> Result<Generation, Problem> {
    Ok(Generation {
        influences: influences(&generated),
        objects: parse_all(generated.manifests.into_iter().map(|manifest| (manifest.body, manifest.origin)))?,
        intentionally_empty: generated.intentionally_empty,
        warnings: generated.diagnostics.into_iter().filter(|found| found.severity != Severity::Error).collect(),
        text: generated.text,
    })
}

/// A denied lookup is none: it finds nothing, whatever there is.
fn influences(generated: &Generated) -> Vec<&'static str> {
    let all = [
        (generated.is_random, "random values"),
        (generated.reads.clock().next().is_some(), "the clock"),
        (generated.reads.lookups().next().is_some(), "live objects"),
    ];
    all.into_iter().filter_map(|(is_one, name)| is_one.then_some(name)).collect()
}

fn parse_all(
    manifests: impl Iterator<Item = (Vec<u8>, Option<Location>)>,
) -> Result<Vec<(Object, Option<Location>)>, Problem> {
    let mut objects = Vec::new();
    for (body, origin) in manifests {
        let value: Value = serde_json::from_slice(&body)
            .map_err(|error| Problem::comparison(format!("a generated manifest is not JSON: {error}")))?;
        for item in items(value) {
            let object = Object::new(item).map_err(|_| Problem::comparison("a generated manifest is not an object"))?;
            objects.push((object, origin.clone()));
        }
    }
    Ok(objects)
}

/// What a list holds, whatever its kind says; else the object itself. As in Argo CD, the items count and not the list.
fn items(mut value: Value) -> Vec<Value> {
    match value.get_mut("items") {
        Some(Value::Array(items)) => std::mem::take(items),
        _ => vec![value],
    }
}
