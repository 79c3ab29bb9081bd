//! What can go wrong between a repository URL and a tree.
//!
//! Invariant: no variant holds a user name, password or token; URLs come in redacted.

use std::time::Duration;

/// Why a repository, a revision or a folder could not be served. Cheap to clone: one failed request is
/// the answer for every caller that waited for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{url}: unsupported repository URL: {reason}")]
    UnsupportedUrl { url: String, reason: String },
    #[error("{url}: not a Git repository: {reason}")]
    NotARepository { url: String, reason: String },
    #[error("{url}: revision {revision:?} not found: {hint}")]
    RevisionNotFound { url: String, revision: String, hint: String },
    #[error("{url}: repository unreachable: {reason}")]
    RepositoryUnreachable { url: String, reason: String },
    #[error("{url}: authentication failed: {hint}")]
    AuthenticationFailed { url: String, hint: String },
    /// `limit` is in bytes.
    #[error("{url}: {what} exceeds the limit of {limit} bytes; raise {setting} if this is intended")]
    TooLarge { url: String, what: &'static str, limit: u64, setting: &'static str },
    #[error("{url}: {what} took longer than {} s; raise {setting} if the server is slow", limit.as_secs_f32())]
    Timeout { url: String, what: &'static str, limit: Duration, setting: &'static str },
    #[error("{url}: no such file on the server")]
    FileNotFound { url: String },
    #[error("{url}: {reason}")]
    Refused { url: String, reason: String },
    #[error("{url}: chart {chart} {version:?} not found: {hint}")]
    ChartNotFound { url: String, chart: String, version: String, hint: String },
    #[error("{url}: its digest is {found}, and {expected} was expected: the file was replaced, or the index is stale")]
    DigestMismatch { url: String, expected: String, found: String },
    /// Objects that should be there are missing or damaged.
    #[error("{url}: {object} cannot be read: {reason}")]
    Damaged { url: String, object: String, reason: String },
    #[error("{path}: {reason}")]
    Folder { path: String, reason: String },
    #[error("cache folder {path}: {reason}")]
    Cache { path: String, reason: String },
}

impl Error {
    /// Whether trying again later can help without anybody changing anything here.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RepositoryUnreachable { .. } | Self::Timeout { .. } | Self::Cache { .. })
    }
}
