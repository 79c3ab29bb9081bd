//! The world `health`: live objects in, verdicts out.

use serde_json::Value;

use crate::bindings::health::exports::windlass::plugin::assess;
pub use assess::{Status, Verdict};

/// What a health check implements.
pub trait Health {
    /// The verdict on one object.
    fn assess(object: &Value) -> Verdict;
}

/// Makes the crate a health component. Expands on wasm32 only: other linkers refuse the names.
#[macro_export]
macro_rules! export_health {
    ($health:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::export::HealthShim<$health>;
    $crate::export::health!(Component with_types_in $crate::bindings::health);
        };
        // Natively nobody calls the component; its code is for tests, and not dead.
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$health as $crate::health::Health>::assess;
        };
    };
}

#[doc(hidden)]
pub struct Shim<H>(std::marker::PhantomData<H>);

impl<H: Health> assess::Guest for Shim<H> {
    fn run(objects: Vec<Vec<u8>>) -> Vec<Verdict> {
        objects.iter().map(|object| assess_bytes::<H>(object)).collect()
    }
}

fn assess_bytes<H: Health>(object: &[u8]) -> Verdict {
    match serde_json::from_slice(object) {
        Ok(object) => H::assess(&object),
        Err(error) => Verdict { status: Some(Status::Unknown), message: format!("not readable as JSON: {error}") },
    }
}

impl Verdict {
    /// Nothing to judge.
    pub fn none() -> Self {
        Self { status: None, message: String::new() }
    }

    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status: Some(status), message: message.into() }
    }
}
