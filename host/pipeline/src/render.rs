//! The manifests of a folder, for nobody's cluster: a tree straight into a generator, with nothing resolved or kept
//! but what the generator lacks.

use std::sync::Arc;

use windlass_model::{Tree, TreePath, application::Source};
use windlass_runtime::{Application, Clock, Entropy, GenerateRequest, Target};
use windlass_source::Freshness;

use crate::{
    Generation, Permission, Problem,
    generators::{Generator, Generators},
    reconcile::Pipeline,
    run::run,
    supply::{Supply, passes_credentials},
};

/// What to render.
pub struct Rendering<'a> {
    pub tree: Arc<dyn Tree>,
    /// The folder in the tree.
    pub root: TreePath,
    /// Names the generator, where it is not found by the folder's files, and its parameters.
    pub source: &'a Source,
    pub application: Application,
    pub target: Target,
    pub entropy: Entropy,
    pub clock: Clock,
    /// What an administrator would have set for the generator.
    pub settings: Vec<(String, String)>,
    /// Whether what the generator lacks is fetched from other machines.
    pub remote: bool,
}

impl Pipeline {
    /// Renders a folder, with [`Generation::text`] where the generator has one. Blocks.
    pub fn render(&self, rendering: Rendering<'_>) -> Result<Arc<Generation>, Problem> {
        let Rendering { tree, root, source, application, target, entropy, clock, settings, remote } = rendering;
        let generator = self.generators().choose(source, &*tree, &root, &|_| true)?;
        let parameters = serde_json::to_vec(&source.parameters(&generator.name)).unwrap_or_default();
        let call = GenerateRequest {
            application,
            target,
            entropy,
            clock,
            settings,
            wants_text: true,
            keeps: false,
            ..GenerateRequest::new(tree, root, parameters)
        };
        let supply = Supply {
            sources: &self.options.sources,
            permission: Permission::CommandLine { remote },
            transformers: &self.options.transformers,
            secrets: &[],
            project: "",
            freshness: Freshness::now(),
            pass_credentials: passes_credentials(source),
        };
        run(self.runtime(), generator, &generator.grants, call, &supply).map(|(generation, _)| generation)
    }

    /// The generator that takes a folder by its files.
    pub fn generator_of(&self, tree: &dyn Tree, root: &TreePath) -> Result<&Generator, Problem> {
        self.generators().choose(&Source::default(), tree, root, &|_| true)
    }

    fn generators(&self) -> &Generators {
        &self.options.generators
    }

    fn runtime(&self) -> &windlass_runtime::Runtime {
        &self.options.runtime
    }
}
