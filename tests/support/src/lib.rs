//! What the suites share: repositories and a Git server, without anybody's configuration.

pub mod git_repository;
pub mod git_server;

pub use git_repository::GitRepository;
pub use git_server::{GitRequest, GitServer};
