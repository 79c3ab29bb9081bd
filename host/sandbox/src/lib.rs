//! A Kubernetes API server in one process: for tests, for demonstrations, for looking around.
//!
//! It serves the API over HTTPS on loopback, and in process without sockets. It stores, watches, merges,
//! validates and collects garbage as kube-apiserver does; it runs nothing. It knows nothing of what is built on it.
//!
//! `README.md` shows how a test starts one, and what differs from the real server.

mod access;
mod api;
mod background;
mod catalog;
mod cel;
mod clients;
mod conversion;
mod counters;
mod crd;
mod error;
mod faults;
mod fields;
mod http;
mod identity;
mod listener;
mod local;
mod object;
mod openapi;
mod ownership;
mod protobuf;
mod rules;
mod sandbox;
mod selector;
mod server;
mod store;
mod swagger;
mod table;
mod verbs;
mod yaml;

/// Its examples are compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use api::Verb;
pub use counters::{RequestKey, Requests};
pub use faults::{FaultError, FaultLayer, Faults, Front};
pub use local::{LocalBody, LocalService};
pub use sandbox::{ClientCertificate, Error, Options, Sandbox};
pub use store::Window;
