//! `windlass render DIR`: the manifests of a folder, without a cluster.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};
use windlass_model::application::Source;
use windlass_pipeline::{Generation, Settings};
use windlass_runtime::{Application, Target};
use windlass_source::{MapRule, RepoUrl};

use crate::{
    args::RenderArgs,
    assemble::{Assembly, assemble},
    exit::Exit,
    manifests,
    output::{complain, print, tell},
};

/// The URL under which a folder is served to the pipeline.
pub const LOCAL_URL: &str = "https://local.invalid/folder";

pub fn run(args: &RenderArgs) -> anyhow::Result<Exit> {
    let assembly = at(&args.folder)?;
    let account = Application {
        name: args.name.clone(),
        namespace: Settings::default().control_namespace,
        project: "default".into(),
        destination_namespace: args.namespace.clone(),
        ..Application::default()
    };
    let target = Target { kube_version: args.kube_version.clone(), ..Target::default() };
    let source = source(&assembly, args.parameters.as_deref())?;
    match assembly.pipeline.render(&source, account, &target) {
        Ok(generation) => {
            print(&text(&generation)?);
            Ok(Exit::Done)
        }
        Err(problem) => {
            complain(&problem.message);
            Ok(Exit::Different)
        }
    }
}

/// A pipeline that sees one folder.
pub fn at(folder: &Path) -> anyhow::Result<Assembly> {
    let folder = folder.canonicalize().with_context(|| format!("cannot open {}", folder.display()))?;
    assemble(vec![MapRule { url: RepoUrl::parse(LOCAL_URL)?, folder }], false)
}

fn source(assembly: &Assembly, parameters: Option<&str>) -> anyhow::Result<Source> {
    let mut source = Source { repo_url: LOCAL_URL.into(), path: ".".into(), ..Source::default() };
    if let Some(text) = parameters {
        let value: Map<String, Value> = serde_json::from_str(text).context("--parameters is not a JSON object")?;
        let generator = assembly.pipeline.generator_of(&source).map_err(|problem| anyhow::anyhow!(problem.message))?;
        source.generators.insert(generator, Value::Object(value));
    }
    Ok(source)
}

fn text(generation: &Generation) -> anyhow::Result<String> {
    for warning in &generation.warnings {
        tell(&warning.to_string());
    }
    let documents = generation.objects.iter().map(|(object, _)| format!("---\n{}", manifests::to_yaml(object)));
    Ok(documents.collect())
}
