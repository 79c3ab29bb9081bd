//! Keeps applications in a cluster equal to their sources: watches, queues, reconciles, writes status.
//!
//! Each final status is written once, from an outcome value, in `status`. What is decided is decided in the
//! engine; what is done is done by the pipeline.

mod clock;
mod config;
mod controller;
mod deletion;
mod gates;
mod notify;
mod operation;
mod overview;
mod queue;
mod seed;
mod status;
mod supported;

pub use config::InstallError;
pub use controller::{Controller, Options};
pub use notify::{NotifyOptions, NotifyTarget};
pub use overview::Overview;
