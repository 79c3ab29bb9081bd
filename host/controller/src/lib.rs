//! Keeps applications in a cluster equal to their sources: watches, queues, reconciles, writes status.
//!
//! Each final status is written once, from an outcome value, in `status`. What is decided is decided in the
//! engine; what is done is done by the pipeline.

mod charge;
mod clock;
mod cluster_book;
mod cluster_secret;
mod comeback;
mod config;
mod config_map_table;
mod connections;
mod controller;
mod default_project;
mod deletion;
mod deletion_hooks;
mod exposition;
mod gates;
mod impersonation;
mod inbox;
mod label_selector;
mod lease;
mod left_behind;
mod metrics;
mod notify;
mod observer;
mod operation;
mod overview;
mod params;
mod projects;
mod queue;
mod restore;
pub mod rival;
mod scope;
mod scribe;
mod seed;
mod settings_table;
mod status;
mod supported;
mod sync;
mod turn;
mod verdict;

pub use comeback::come_back;
pub use controller::{Controller, Options};
pub use lease::{Leadership, LeaseOptions};
pub use notify::{NotifyOptions, NotifyTarget};
pub use observer::{Observation, Observer};
pub use overview::{Overview, overview};
pub use verdict::{Disagreement, Row, disagreements};
