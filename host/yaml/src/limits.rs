//! How much a text may cost before it is refused.

/// Upper bounds for one text. A text at the bound is still read, one above it is [`crate::ErrorKind::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the whole text in bytes.
    pub bytes: usize,
    /// Levels of nesting, the outermost collection being the first.
    pub depth: usize,
    /// Scalars, sequences and mappings of the whole text, counted after aliases are expanded.
    pub nodes: usize,
    /// Documents in the text, empty ones included.
    pub documents: usize,
}

/// Which of the [`Limits`] was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Bytes,
    Depth,
    Nodes,
    Documents,
}

impl Default for Limits {
    /// Wide enough for the biggest bundles of custom resource definitions in use (about 5 MB and 200,000 nodes in one
    /// text), narrow enough that a text at every bound still fits a component's memory.
    fn default() -> Self {
        Self { bytes: 32 << 20, depth: 256, nodes: 2_000_000, documents: 50_000 }
    }
}

impl Limit {
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Depth => "levels of nesting",
            Self::Nodes => "nodes after alias expansion",
            Self::Documents => "documents",
        }
    }
}
