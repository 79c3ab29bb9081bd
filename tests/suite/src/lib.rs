//! What whole-program scenarios are told with: a running `windlass up` or controller, and the API it works on.

#![expect(clippy::print_stdout, reason = "a seed that fails is named")]

pub mod chaos;
pub mod cluster;
pub mod dice;
pub mod in_process;
pub mod journal;
pub mod manifests;
pub mod program;
pub mod render;
pub mod scenarios;
pub mod site;
pub mod up;

pub use cluster::Cluster;
pub use render::render;
pub use site::Site;
pub use up::Up;
