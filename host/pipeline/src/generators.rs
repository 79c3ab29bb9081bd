//! Which plugin generates a source's manifests.

use std::sync::Arc;

use windlass_model::{Tree, TreePath, application::Source};
use windlass_runtime::{Grants, Plugin};

use crate::Problem;

/// A generator that an administrator has enabled.
#[derive(Clone)]
pub struct Generator {
    /// The name under which a source carries its parameters: `directory`, `helm`, …
    pub name: String,
    /// What `status.sourceType` says.
    pub source_type: String,
    pub plugin: Arc<Plugin>,
    pub grants: Grants,
}

impl Generator {
    /// A generator under the plugin's own name.
    pub fn new(plugin: Arc<Plugin>, grants: Grants) -> Self {
        let name = plugin.name().name.clone();
        Self { source_type: source_type(&name), name, plugin, grants }
    }

    /// Whether a folder holds a file that makes it this generator's.
    fn discovers(&self, tree: &dyn Tree, root: &TreePath) -> Result<bool, Problem> {
        let Some(manifest) = self.plugin.manifest().filter(|manifest| !manifest.discovery.is_empty()) else {
            return Ok(false);
        };
        for pattern in &manifest.discovery {
            let found = match root.join(pattern) {
                Some(path) => tree.digest(&path).map_err(|error| Problem::comparison(error.to_string()))?.is_some(),
                None => false,
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// `Helm` for `helm`.
fn source_type(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// The enabled generators, in the order in which they are asked. The last one takes what no other does.
#[derive(Clone, Default)]
pub struct Generators(pub Vec<Generator>);

impl Generators {
    /// Whether a source's field of that name holds a generator's parameters. One that nobody has enabled counts as
    /// well, so that it is missed by name.
    pub fn knows(&self, name: &str) -> bool {
        name == "plugin" || self.0.iter().any(|generator| generator.name == name)
    }

    /// The generator that a source names, else the first that knows the folder. As in Argo CD, the last one stands in
    /// for one that is switched off.
    pub fn choose(
        &self,
        source: &Source,
        tree: &dyn Tree,
        root: &TreePath,
        is_enabled: &dyn Fn(&str) -> bool,
    ) -> Result<&Generator, Problem> {
        let mut chosen = self.named(source)?;
        let mut candidates = self.0.iter().filter(|generator| is_enabled(&generator.name));
        while let (None, Some(generator)) = (chosen, candidates.next()) {
            chosen = generator.discovers(tree, root)?.then_some(generator);
        }
        let fallback = || self.0.last().ok_or_else(|| Problem::comparison("no generator is enabled"));
        chosen.filter(|generator| is_enabled(&generator.name)).map_or_else(fallback, Ok)
    }

    fn named(&self, source: &Source) -> Result<Option<&Generator>, Problem> {
        let named = source.generators.iter().filter(|(_, parameters)| !parameters.is_null());
        let named: Vec<&str> = named.map(|(name, _)| name.as_str()).collect();
        match named.as_slice() {
            [] => Ok(None),
            [name] => match self.0.iter().find(|generator| generator.name == *name) {
                Some(generator) => Ok(Some(generator)),
                None => Err(self.missing(name)),
            },
            several => {
                let types = several.iter().map(|name| source_type(name)).collect::<Vec<_>>().join(",");
                Err(Problem::comparison(format!("multiple application sources defined: {types}; name one")))
            }
        }
    }

    fn missing(&self, name: &str) -> Problem {
        let enabled: Vec<&str> = self.0.iter().map(|generator| generator.name.as_str()).collect();
        Problem::comparison(format!("the source asks for generator `{name}`; enabled are: {}", enabled.join(", ")))
    }
}
