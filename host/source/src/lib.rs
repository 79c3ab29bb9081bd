//! Git repositories, charts of Helm repositories and local folders as immutable trees: resolve a revision, fetch it,
//! serve its files.
//!
//! Nothing is checked out or unpacked to a disk and no process is started: repositories are read with gix from object
//! databases, archives in memory, folders through capabilities that no link leads out of. This crate knows neither Kubernetes nor
//! generators, and it is synchronous: callers run it on a pool for blocking work. An `https` repository
//! needs a TLS provider for rustls that the binary has installed.

mod answers;
mod archive;
mod chart_index;
mod charts;
mod checkout;
mod commit;
mod constraint;
mod credentials;
mod error;
mod explain;
mod folder_tree;
mod ignore;
mod local;
mod map;
mod mirror;
mod objects;
mod packed_tree;
mod reach;
mod remote;
mod repository;
mod repository_secret;
mod revision;
mod snapshot;
mod sources;
mod transport;
mod tree;
mod url;
mod watch;
mod web;
mod web_files;
mod working_tree;

pub use answers::Freshness;
pub use charts::{Chart, ChartRelease, ChartRequest, Charts};
pub use checkout::{Checkout, remote_urls};
pub use commit::CommitInfo;
pub use constraint::Constraint;
pub use credentials::{Credentials, Login, TlsOptions};
pub use error::Error;
pub use folder_tree::FolderTree;
pub use map::MapRule;
pub use repository_secret::{RepositorySecret, SECRET_TYPE_LABEL, SecretRole, credentials_for};
pub use revision::Revision;
pub use sources::{Limits, Request, SourceOptions, Sources};
pub use url::{RepoUrl, is_same_url, normalise as normalized_url};
pub use watch::{Change, Watch, watch};
pub use web_files::WebFiles;

pub(crate) use url::redact;
