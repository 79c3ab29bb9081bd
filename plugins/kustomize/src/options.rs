//! What the caller decides about a build.

use std::collections::BTreeMap;
use std::fmt;

use crate::artifact::Artifact;
use crate::config::helm::HelmChart;
use crate::edits::Edits;

/// Settings of one build. The default is plain `kustomize build`.
#[derive(Default)]
pub struct Options<'a> {
    pub load_restriction: LoadRestriction,
    /// The order of the objects, where the kustomization has no `sortOptions`.
    pub reorder: Reorder,
    /// Changes to the top kustomization before it is built.
    pub edits: Edits,
    /// Where in the tree fetched remote content is: the file itself, or the directory of the repository; and where what
    /// functions gave back.
    pub artifacts: BTreeMap<Artifact, String>,
    /// Renders charts; without it, charts are refused by name.
    pub helm: Option<&'a Inflate<'a>>,
}

/// Renders a chart to a stream of YAML documents, or says why not.
pub type Inflate<'a> = dyn Fn(&HelmChart) -> Result<Vec<u8>, InflateError> + 'a;

/// Why a chart was not rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InflateError {
    /// The chart is wrong or missing.
    Failed(String),
    /// The chart, or one of its dependencies, has to be fetched first.
    NeedsArtifact(Vec<Artifact>),
}

/// Which files a kustomization may read besides those in and below its own directory. Bases may be anywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoadRestriction {
    #[default]
    RootOnly,
    None,
}

/// In which order objects come out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reorder {
    /// What others need comes before them.
    #[default]
    Legacy,
    /// As the files name them.
    None,
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Options")
            .field("load_restriction", &self.load_restriction)
            .field("reorder", &self.reorder)
            .field("edits", &self.edits)
            .field("artifacts", &self.artifacts)
            .field("helm", &self.helm.is_some())
            .finish()
    }
}
