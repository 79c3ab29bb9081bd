//! What whole-program scenarios are told with: a running `windlass up` or controller, and the API it works on.

pub mod cluster;
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
