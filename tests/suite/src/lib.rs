//! What whole-program scenarios are told with: a running `windlass up`, and its API.

pub mod cluster;
pub mod manifests;
pub mod up;

pub use cluster::Cluster;
pub use up::Up;
