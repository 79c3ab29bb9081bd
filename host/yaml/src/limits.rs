//! How much a text may cost before it is refused.

/// Upper bounds for one text. A text at the bound is still read, one above it is [`crate::ErrorKind::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the whole text in bytes.
    pub bytes: usize,
    /// Levels of nesting, the outermost collection being the first. More than 500 count as 500.
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
    /// Not to be set: how many nodes may come by aliases for each one written.
    Aliases,
}

impl Default for Limits {
    /// Wide enough for bundles of custom resource definitions, which reach megabytes and hundreds of thousands of nodes
    /// in one text, narrow enough that an alias bomb ends within a second.
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
            Self::Aliases => "nodes by alias for each one written",
        }
    }
}
