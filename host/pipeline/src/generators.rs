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
        let mut letters = name.chars();
        let source_type = letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str());
        Self { source_type: source_type.unwrap_or_default(), name, plugin, grants }
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

/// The enabled generators, in the order in which they are asked. The last one takes what no other does.
#[derive(Clone, Default)]
pub struct Generators(pub Vec<Generator>);

impl Generators {
    /// The generator that a source names, else the first that knows the folder.
    pub fn choose(&self, source: &Source, tree: &dyn Tree, root: &TreePath) -> Result<&Generator, Problem> {
        let named: Vec<&String> = source.generators.keys().collect();
        if let [first, second, ..] = named.as_slice() {
            return Err(Problem::invalid_spec(format!(
                "the source names several generators ({first}, {second}); name one"
            )));
        }
        if let Some(name) = named.first() {
            return self.0.iter().find(|generator| generator.name == **name).ok_or_else(|| self.missing(name));
        }
        for generator in &self.0 {
            if generator.discovers(tree, root)? {
                return Ok(generator);
            }
        }
        self.0.last().ok_or_else(|| Problem::comparison("no generator is enabled"))
    }

    fn missing(&self, name: &str) -> Problem {
        let enabled: Vec<&str> = self.0.iter().map(|generator| generator.name.as_str()).collect();
        Problem::comparison(format!("the source asks for generator `{name}`; enabled are: {}", enabled.join(", ")))
    }
}
