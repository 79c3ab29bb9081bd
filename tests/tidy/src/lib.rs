//! The rules of the house that a compiler does not know: which crate may name which, sizes, links, examples.
//!
//! Each rule is a pure function from files or packages to findings, so that it can be seen to fail on a small
//! input. `tests/tidy.rs` holds them against the tree. Each exception stands in a table beside its rule.

pub mod differences;
pub mod edges;
pub mod examples;
pub mod links;
pub mod manifests;
pub mod size;
pub mod text;
pub mod tree;
pub mod wit;

use std::fmt;

pub use tree::File;

/// A broken rule: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    /// From 1.
    pub line: usize,
    pub message: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

#[cfg(test)]
pub(crate) fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(Finding::to_string).collect()
}
