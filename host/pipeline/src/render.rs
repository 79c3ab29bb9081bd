//! The manifests of a folder, for nobody's cluster: a tree straight into a generator, with nothing resolved or kept.

use std::sync::Arc;

use windlass_model::{Tree, TreePath, application::Source};
use windlass_runtime::{Application, Clock, Entropy, GenerateRequest, Target};

use crate::{
    Generation, Problem,
    desired::run,
    generators::{Generator, Generators},
    reconcile::Pipeline,
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
}

impl Pipeline {
    /// Renders a folder, with [`Generation::text`] where the generator has one. Blocks.
    pub fn render(&self, rendering: Rendering<'_>) -> Result<Arc<Generation>, Problem> {
        let Rendering { tree, root, source, application, target, entropy, clock } = rendering;
        let generator = self.generators().choose(source, &*tree, &root)?;
        let parameters = serde_json::to_vec(&source.parameters(&generator.name)).unwrap_or_default();
        let call = GenerateRequest {
            application,
            target,
            entropy,
            clock,
            wants_text: true,
            ..GenerateRequest::new(tree, root, parameters)
        };
        run(self.runtime(), generator, &generator.grants, &call).map(|(generation, _)| generation)
    }

    /// The generator that takes a folder by its files.
    pub fn generator_of(&self, tree: &dyn Tree, root: &TreePath) -> Result<&Generator, Problem> {
        self.generators().choose(&Source::default(), tree, root)
    }

    fn generators(&self) -> &Generators {
        &self.options.generators
    }

    fn runtime(&self) -> &windlass_runtime::Runtime {
        &self.options.runtime
    }
}
