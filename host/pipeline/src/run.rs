//! One result of a generator: run it, fetch or make what it lacks, run it again.

use std::sync::Arc;

use serde_json::Value;
use windlass_model::Object;
use windlass_runtime::{
    Artifact, Diagnostic, GenerateRequest, Generated, Grants, Limits, Location, Need, Origin, Runtime, Severity,
};

use crate::{
    Influences, Problem,
    generators::Generator,
    record::{Reads, Record},
    supply::{Supplied, Supply},
};

/// Runs of one generation: what is fetched may lack something in turn, and one function works on what another made.
const ROUNDS: usize = 32;
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
    pub influences: Influences,
    /// The stream as the generator's own tool prints it, where it was wanted and there is one.
    pub text: Option<Vec<u8>>,
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
    call.entropy = std::mem::take(&mut call.entropy).settled().map_err(Problem::comparison)?;
    let (mut supplied, mut told) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let generated = runtime.generate(&generator.plugin, grants, &call, &limits)?;
        if generated.needs.is_empty() {
            let record = generated.cacheable.then(|| Record {
                reads: Reads { own: generated.reads.clone(), lent: generated.lent_reads.clone() },
                supplied,
            });
            return Ok((Arc::new(generation(generated, told)?), record));
        }
        for need in wanted(&name, generated.needs, &supplied)? {
            let met = meet(runtime, supply, &name, &need, &mut told);
            let artifact = met.map_err(|problem| match &need.at {
                Some(at) => problem.about(at),
                None => problem,
            })?;
            supplied.push(Supplied::new(need, artifact.digest));
            call.artifacts.push(artifact);
        }
    }
    Err(Problem::comparison(format!("{name} needs something more in each of {ROUNDS} runs")))
}

fn meet(
    runtime: &Runtime,
    supply: &Supply<'_>,
    plugin: &str,
    need: &Need,
    told: &mut Vec<Diagnostic>,
) -> Result<Artifact, Problem> {
    let Origin::Transformed(asked) = &need.origin else { return supply.fetch(plugin, need) };
    let (artifact, findings) = supply.transformers.run(runtime, need, asked)?;
    told.extend(findings);
    Ok(artifact)
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

fn generation(generated: Generated, told: Vec<Diagnostic>) -> Result<Generation, Problem> {
    let influences = Influences::of(&generated);
    let warnings = generated.diagnostics.into_iter().filter(|found| found.severity != Severity::Error);
    Ok(Generation {
        influences,
        objects: parse_all(generated.manifests.into_iter().map(|manifest| (manifest.body, manifest.origin)))?,
        intentionally_empty: generated.intentionally_empty,
        warnings: warnings.chain(told).collect(),
        text: generated.text,
    })
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
