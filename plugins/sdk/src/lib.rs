//! What a plugin author depends on: one trait for each world of `windlass:plugin`, and one macro that
//! makes a component of a type. A generator, whole:
//!
//! ```
//! use windlass_sdk::generator::{Failure, Generator, Output, Request};
//!
//! #[derive(serde::Deserialize)]
//! struct Parameters {
//!     name: String,
//! }
//!
//! struct Greeting;
//!
//! impl Generator for Greeting {
//!     fn generate(request: &Request) -> Result<Output, Failure> {
//!         let Parameters { name } = request.parameters()?;
//!         let data = serde_json::json!({ "greeting": format!("hello, {name}") });
//!         Ok(Output::of(serde_json::json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": data })))
//!     }
//! }
//!
//! windlass_sdk::export_generator!(Greeting);
//! ```
//!
//! Build it as a `cdylib` for `wasm32-wasip2`. The macros expand to nothing on other targets, so the logic
//! is tested natively: the types here are plain data. Only the functions of [`generator::source`],
//! [`generator::yaml`] and [`log`] need a host.

#[doc(hidden)]
pub mod bindings;
mod diagnostic;
mod environment;
pub mod filter;
pub mod generator;
pub mod health;
#[cfg(any(target_arch = "wasm32", test))]
mod heap;
pub mod log;
pub mod notifier;
mod sources;
pub mod transformer;

#[cfg(target_arch = "wasm32")]
pub use heap::Heap;

pub use bindings::generator::windlass::plugin::types::{Application, Diagnostic, Failure, Location, Refusal, Severity};

#[doc(hidden)]
pub mod export {
    //! What the macros expand to.
    pub use crate::bindings::filter::export_filter_component as filter;
    pub use crate::bindings::generator::export_generator_component as generator;
    pub use crate::bindings::health::export_health_component as health;
    pub use crate::bindings::notifier::export_notifier_component as notifier;
    pub use crate::bindings::transformer::export_transformer_component as transformer;
    pub use crate::filter::Shim as FilterShim;
    pub use crate::generator::Shim as GeneratorShim;
    pub use crate::health::Shim as HealthShim;
    pub use crate::notifier::Shim as NotifierShim;
    pub use crate::transformer::Shim as TransformerShim;
}
