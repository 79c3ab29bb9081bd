//! One kustomization and what is below it, in kustomize's order: resources, field specifications, generators,
//! components, transformers, validators, variables.

use std::rc::Rc;

use crate::artifact::{Artifact, is_remote_file, names_a_file, remote_base};
use crate::config::crds;
use crate::config::kustomization::{FILE_NAMES, Kustomization, LayerKind};
use crate::config::transformer::TransformerConfig;
use crate::documents::{self, DuplicateKeys};
use crate::error::{Error, Result};
use crate::files::join;
use crate::generate::{Generated, generate};
use crate::loader::{Build, LoadError, Loaded, Loader};
use crate::origin::{Configuration, Origin};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Choice;
use crate::transform::Step;
use crate::variables::{self, Vars};
use crate::{builtin, charts, plugins};

/// What the layers so far have made.
#[derive(Default)]
pub(crate) struct Accumulated {
    pub(crate) resources: ResMap,
    pub(crate) config: Rc<TransformerConfig>,
    pub(crate) vars: Vars,
}

/// A loaded kustomization.
pub(crate) struct Layer<'b> {
    pub(crate) build: &'b Build<'b>,
    pub(crate) loader: Loader,
    pub(crate) kustomization: Kustomization,
    /// Name of its file.
    pub(crate) file_name: &'static str,
    /// Path of its file below the tree's root.
    pub(crate) file: String,
    /// Origin of what stands in its directory.
    pub(crate) origin: Origin,
    /// Namespace of a layer above, for charts that name none.
    pub(crate) inherited_namespace: String,
}

impl<'b> Layer<'b> {
    /// Reads the kustomization of a directory.
    pub(crate) fn load(build: &'b Build<'b>, loader: Loader, origin: Origin) -> Result<Self> {
        build.count_layer()?;
        let (file_name, loaded) = find(build, &loader)?;
        let (kustomization, warnings) =
            Kustomization::read(&loaded.content).map_err(|error| error.in_file(&loaded.path))?;
        build.warnings.borrow_mut().extend(warnings);
        let file = loaded.path;
        let inherited_namespace = String::new();
        let layer = Self { build, loader, kustomization, file_name, file, origin, inherited_namespace };
        layer.choose_schema().map_err(|error| layer.place("openapi", error))?;
        Ok(layer)
    }

    /// Says in which file and field an error arose, unless it knows a deeper place.
    pub(crate) fn place(&self, field: &str, error: Error) -> Error {
        error.in_field(field).in_file(&self.file)
    }

    fn choose_schema(&self) -> Result<()> {
        let openapi = &self.kustomization.openapi;
        let document = openapi.get("path").map(|path| self.load_file(path)).transpose()?;
        let content = document.as_ref().map(|loaded| loaded.content.as_slice());
        self.build.openapi.choose(&Choice { version: openapi.get("version").map(String::as_str), document: content })
    }

    pub(crate) fn load_file(&self, path: &str) -> Result<Loaded> {
        self.loader.load(self.build, path).map_err(Error::from)
    }

    /// The layer's objects with everything done to them that it asks for. A component works on those it is given.
    pub(crate) fn accumulate(&self, mut so_far: Accumulated) -> Result<Accumulated> {
        self.name_missing_artifacts()?;
        self.accumulate_resources(&mut so_far, "resources", &self.kustomization.resources)?;
        self.add_field_specs(&mut so_far.config)?;
        self.generate(&mut so_far)?;
        for (at, path) in self.kustomization.components.iter().enumerate() {
            so_far = self
                .accumulate_component(so_far, path)
                .map_err(|error| self.place(&format!("components[{at}]"), error))?;
        }
        for step in self.steps(&so_far.config)? {
            step.run(&mut so_far.resources, self.build).map_err(|error| error.in_file(&self.file))?;
        }
        plugins::validate(self, &mut so_far.resources)?;
        let vars = &self.kustomization.vars;
        variables::mark(vars, &mut so_far.resources)
            .and_then(|()| variables::add(&mut so_far.vars, vars.iter().cloned()))
            .map_err(|error| self.place("vars", error))?;
        Ok(so_far)
    }

    /// Asks for everything remote at once, so that one fetch serves all of the layer.
    fn name_missing_artifacts(&self) -> Result<()> {
        let paths = self.kustomization.resources.iter().chain(&self.kustomization.components);
        let missing: Vec<Artifact> = paths.filter_map(|path| self.missing_artifact(path)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::NeedsArtifact(missing)) }
    }

    fn missing_artifact(&self, path: &str) -> Option<Artifact> {
        let artifact = match remote_base(path) {
            _ if names_a_file(path) => Artifact::File { url: path.to_owned() },
            Some(remote) => Artifact::Repository(remote.repository),
            None => return None,
        };
        let is_known = self.build.options.artifacts.contains_key(&artifact);
        let is_local = || !is_remote_file(path) && self.loader.load(self.build, path).is_ok();
        (!is_known && !is_local()).then_some(artifact)
    }

    pub(crate) fn accumulate_resources(&self, so_far: &mut Accumulated, field: &str, paths: &[String]) -> Result<()> {
        for (at, path) in paths.iter().enumerate() {
            self.accumulate_resource(so_far, path).map_err(|error| self.place(&format!("{field}[{at}]"), error))?;
        }
        Ok(())
    }

    /// Takes a file's objects, or those of the kustomization in a directory.
    fn accumulate_resource(&self, so_far: &mut Accumulated, path: &str) -> Result<()> {
        let is_base = is_remote_file(path) && !names_a_file(path) && remote_base(path).is_some();
        let problem = match self.loader.load(self.build, path) {
            _ if is_base => None,
            Ok(loaded) => return self.accumulate_file(so_far, path, &loaded),
            Err(LoadError::Other(error)) => return Err(error),
            Err(LoadError::NotAFile(error)) => Some(error),
        };
        match self.loader.enter(self.build, path) {
            Ok(loader) => self.accumulate_base(so_far, path, loader),
            // What is no directory either was meant as a file.
            Err(error) => match problem.filter(|_| !error.is_final() && !self.is_directory(path)) {
                Some(problem) => Err(problem),
                None => Err(error),
            },
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        join(&self.loader.root, path).is_some_and(|joined| self.build.files.directory(&joined).is_ok())
    }

    fn accumulate_file(&self, so_far: &mut Accumulated, path: &str, loaded: &Loaded) -> Result<()> {
        let read = documents::read(&loaded.content, DuplicateKeys::Refuse, &self.build.openapi);
        let mut resources = read.map_err(|error| error.in_file(&loaded.path))?;
        let origin = self.origin.append(path);
        for resource in &mut resources {
            resource.origin = origin.clone();
        }
        so_far.resources.append_all(resources).map_err(|error| error.in_file(&loaded.path))
    }

    fn enter(&self, path: &str, loader: Loader) -> Result<Layer<'b>> {
        let mut layer = Layer::load(self.build, loader, self.origin.append(path))?;
        let own = &self.kustomization.namespace;
        layer.inherited_namespace = if own.is_empty() { self.inherited_namespace.clone() } else { own.clone() };
        Ok(layer)
    }

    fn accumulate_base(&self, so_far: &mut Accumulated, path: &str, loader: Loader) -> Result<()> {
        let base = self.enter(path, loader)?;
        if base.kustomization.kind == LayerKind::Component {
            return Err(base.place("kind", Error::invalid("expected a Kustomization but this is a Component")));
        }
        let made = base.accumulate(Accumulated::default())?;
        so_far.resources.append_all(made.resources.list.into_vec())?;
        self.build.builtin.merge(&mut so_far.config, made.config)?;
        variables::add(&mut so_far.vars, made.vars.into_values())
    }

    fn accumulate_component(&self, so_far: Accumulated, path: &str) -> Result<Accumulated> {
        let component = self.enter(path, self.loader.enter(self.build, path)?)?;
        if component.kustomization.kind != LayerKind::Component {
            return Err(component.place("kind", Error::invalid("expected a Component but this is a Kustomization")));
        }
        component.accumulate(so_far)
    }

    fn add_field_specs(&self, config: &mut Rc<TransformerConfig>) -> Result<()> {
        let builtin = &self.build.builtin;
        let mut own = builtin.get();
        self.read_each("configurations", &self.kustomization.configurations, |content| {
            Rc::make_mut(&mut own).merge(TransformerConfig::read(content)?)
        })?;
        builtin.merge(config, own).map_err(|error| self.place("configurations", error))?;
        self.read_each("crds", &self.kustomization.crds, |content| Rc::make_mut(config).merge(crds::read(content)?))
    }

    fn read_each(&self, field: &str, paths: &[String], mut read: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        for (at, path) in paths.iter().enumerate() {
            let loaded = self.load_file(path).map_err(|error| self.place(&format!("{field}[{at}]"), error))?;
            read(&loaded.content).map_err(|error| error.in_file(&loaded.path))?;
        }
        Ok(())
    }

    fn generate(&self, so_far: &mut Accumulated) -> Result<()> {
        let kustomization = &self.kustomization;
        let configured =
            [(Generated::ConfigMap, &kustomization.config_maps), (Generated::Secret, &kustomization.secrets)];
        for (kind, all) in configured {
            for args in all {
                let options = args.options.over(&kustomization.generator_options);
                let args = crate::config::generator::GeneratorArgs { options, ..args.clone() };
                let resource = generate(kind, &args, &self.loader, self.build);
                let mut resource = resource.map_err(|error| error.in_file(&self.file))?;
                resource.origin = self.configured_origin(&format!("{}Generator", kind.kind()));
                so_far.resources.absorb([resource]).map_err(|error| self.place(&args.place, error))?;
            }
        }
        let charts = charts::inflate(self).map_err(|error| self.place("helmCharts", error))?;
        so_far.resources.absorb(charts).map_err(|error| self.place("helmCharts", error))?;
        let generated: Vec<Resource> = plugins::generate(self)?;
        so_far.resources.absorb(generated).map_err(|error| self.place("generators", error))
    }

    /// The origin of what a builtin generator or transformer of this layer makes.
    pub(crate) fn configured_origin(&self, kind: &str) -> Origin {
        self.origin.configured(self.file_name, Configuration::builtin(kind))
    }

    fn steps(&self, config: &TransformerConfig) -> Result<Vec<Step>> {
        let mut steps = builtin::steps(self, config)?;
        steps.extend(plugins::transformers(self, "transformers", &self.kustomization.transformers)?);
        Ok(steps)
    }
}

fn find(build: &Build<'_>, loader: &Loader) -> Result<(&'static str, Loaded)> {
    let mut found = None;
    for name in FILE_NAMES {
        match loader.load(build, name) {
            Ok(loaded) if found.is_none() => found = Some((name, loaded)),
            Ok(_) => return Err(Error::invalid(format!("found multiple kustomization files under '{}'", loader.root))),
            Err(_) => {}
        }
    }
    found.ok_or_else(|| {
        Error::invalid(format!(
            "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{}'",
            loader.root
        ))
    })
}
