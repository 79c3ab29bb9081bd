//! What the suites share: repositories and a Git server, the binary and its surroundings, and patience;
//! all of it without anybody's configuration.

pub mod binary;
pub mod git_repository;
pub mod git_server;
pub mod home;
pub mod patience;

pub use binary::windlass_binary;
pub use git_repository::GitRepository;
pub use git_server::{GitRequest, GitServer};
pub use home::Home;
pub use patience::{PATIENCE, eventually, try_eventually};
