//! Puts the pipeline together from the embedded components.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::{Context as _, anyhow};
use windlass_components::Component;
use windlass_model::Digest;
use windlass_pipeline::{Generator, Generators, Pipeline, PipelineOptions, Transformers};
use windlass_runtime::{Capability, Decision, Grants, Kind, Packed, Plugin, Runtime, RuntimeOptions};
use windlass_source::{MapRule, SourceOptions, Sources};

use crate::{args::NamedFile, exit::WrongUsage};

/// Everything that a command works with.
pub struct Assembly {
    pub runtime: Arc<Runtime>,
    pub pipeline: Arc<Pipeline>,
    pub notifier: Arc<Plugin>,
}

/// The user's cache folder, for compiled plugins and fetched repositories. Safe to delete.
pub fn cache_folder() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    base.filter(|path| path.is_absolute()).or_else(home).map(|base| base.join("windlass"))
}

pub fn runtime() -> anyhow::Result<Arc<Runtime>> {
    let cache = cache_folder().map(|folder| folder.join("compiled"));
    Ok(Arc::new(Runtime::new(RuntimeOptions { cache })?))
}

/// Opens a built-in plugin, which unpacks and compiles nothing.
pub fn open(runtime: &Runtime, component: &'static Component) -> anyhow::Result<Arc<Plugin>> {
    let packed = Packed {
        digest: Digest::from_id(&component.digest),
        outline: component.outline,
        unpack: Box::new(|| component.wasm().map_err(|error| error.to_string())),
    };
    runtime.open_packed(packed).with_context(|| format!("built-in plugin {}", component.name))
}

/// Loads the built-in plugins, and those that are named, into a pipeline whose sources are set up so.
pub fn assemble(maps: Vec<MapRule>, allow_local: bool, plugins: &[NamedFile]) -> anyhow::Result<Assembly> {
    let runtime = runtime()?;
    let mut generators = Generators::default();
    let mut health = Vec::new();
    let (mut notifier, mut filter) = (None, None);
    let transformers = enable(&runtime, plugins)?;
    for component in windlass_components::all() {
        let plugin = open(&runtime, component)?;
        match plugin.kind() {
            Kind::Generator => generators.0.push(Generator::new(plugin, built_in_grants())),
            Kind::Health => health.push(plugin),
            Kind::Notifier => notifier = Some(plugin),
            Kind::Filter => filter = Some(plugin),
            // None is built in.
            Kind::Transformer => {}
        }
    }
    // The plain folder takes what no other generator recognises.
    generators.0.sort_by_key(|generator| generator.name == "directory");
    let sources = Sources::new(SourceOptions {
        cache_dir: cache_folder().map(|folder| folder.join("repositories")),
        maps,
        allow_local,
        ..SourceOptions::default()
    });
    let sources = Arc::new(sources);
    let options = PipelineOptions { sources, runtime: runtime.clone(), generators, health, filter, transformers };
    Ok(Assembly {
        runtime,
        pipeline: Arc::new(Pipeline::new(options)),
        notifier: notifier.context("no notifier is built in")?,
    })
}

/// Enables the components that whoever runs this has named.
fn enable(runtime: &Runtime, plugins: &[NamedFile]) -> anyhow::Result<Transformers> {
    let mut transformers = Transformers::default();
    for NamedFile { name, file } in plugins {
        let wasm = fs::read(file).with_context(|| format!("--plugin {name}: cannot read {}", file.display()))?;
        let plugin = runtime.open(&wasm).with_context(|| format!("--plugin {name}: {}", file.display()))?;
        let enabled = transformers.enable(name, plugin);
        enabled.map_err(|reason| anyhow!(WrongUsage(format!("--plugin {name}: {reason}"))))?;
    }
    Ok(transformers)
}

/// Built-in generators may draw random numbers and learn the time, as charts ask for; the cluster and secrets stay
/// closed to them.
fn built_in_grants() -> Grants {
    let granted = [Capability::Entropy, Capability::Clock];
    granted.into_iter().fold(Grants::denied(), |grants, one| grants.with(one, Decision::Granted))
}
