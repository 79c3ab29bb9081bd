//! The transformers that an administrator has enabled: who may ask for which.

use std::{collections::BTreeMap, sync::Arc};

use windlass_model::{Digest, MemoryTree};
use windlass_runtime::{Artifact, Diagnostic, Kind, Limits, Need, Plugin, Runtime, Transformation};

use crate::Problem;

/// Transformers by the name under which functions ask for them.
#[derive(Clone, Default)]
pub struct Transformers(BTreeMap<String, Arc<Plugin>>);

impl Transformers {
    /// Enables a component; fails where it is none that transforms, or the name is another's.
    pub fn enable(&mut self, name: &str, plugin: Arc<Plugin>) -> Result<(), String> {
        if plugin.kind() != Kind::Transformer {
            return Err(format!("{} is a {}; only a transformer can be enabled", plugin.name(), plugin.kind()));
        }
        match self.0.insert(name.to_owned(), plugin) {
            None => Ok(()),
            Some(other) => Err(format!("{name} is the name of two components, {} being one", other.name())),
        }
    }

    /// The component that a source pins, if it is enabled and the same.
    pub(crate) fn find(&self, asked: &Transformation) -> Result<&Arc<Plugin>, String> {
        let Transformation { component, digest, function, .. } = asked;
        let Some(plugin) = self.0.get(component) else {
            let enabled: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let enabled = if enabled.is_empty() { "none is".to_owned() } else { enabled.join(", ") };
            return Err(format!(
                "{function} asks for the component {component}, which is not enabled ({enabled}); \
                 whoever runs windlass enables it by --plugin {component}=FILE"
            ));
        };
        match Digest::parse(digest) == Some(plugin.digest()) {
            true => Ok(plugin),
            false => Err(format!(
                "{function} pins the component {component} to {digest}, and the one that is enabled is {}",
                plugin.digest()
            )),
        }
    }

    /// Runs one for a generator; gives what it made, and what people are told.
    pub(crate) fn run(
        &self,
        runtime: &Runtime,
        need: &Need,
        asked: &Transformation,
    ) -> Result<(Artifact, Vec<Diagnostic>), Problem> {
        let plugin = self.find(asked).map_err(Problem::comparison)?;
        let made = runtime.transform(plugin, &asked.resources, &Limits::of(plugin.kind()));
        let who = format!("{} (component {})", asked.function, asked.component);
        let made = made.map_err(|error| Problem::from(error).about(&who))?;
        let told = made.diagnostics.into_iter();
        let told = told.map(|found| Diagnostic { message: format!("{who}: {}", found.message), ..found }).collect();
        let tree = Arc::new(MemoryTree::default().with("", made.resources));
        Ok((Artifact { id: need.id.clone(), digest: made.digest, tree }, told))
    }
}
