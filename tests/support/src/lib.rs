//! What the suites share: repositories, Git and web servers, the binary and its surroundings, and patience;
//! all of it without anybody's configuration.

pub mod archive;
pub mod binary;
pub mod git_repository;
pub mod git_server;
pub mod home;
mod http_request;
mod listener;
pub mod patience;
pub mod tether;
pub mod web_server;

pub use archive::archive;
pub use binary::windlass_binary;
pub use git_repository::GitRepository;
pub use git_server::{GitRequest, GitServer};
pub use home::Home;
pub use patience::{PATIENCE, eventually, try_eventually};
pub use tether::tethered;
pub use web_server::{Answer, WebServer};
