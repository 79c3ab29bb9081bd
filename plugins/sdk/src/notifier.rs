//! The world `notifier`: an event in, planned requests out.

use serde::de::DeserializeOwned;

use crate::bindings::notifier::exports::windlass::plugin::plan;
pub use crate::{Application, Diagnostic, Failure};
pub use plan::{Event, Header, Part, PlannedRequest};

/// What a notifier implements.
pub trait Notifier {
    /// How its parameters are written.
    type Parameters: DeserializeOwned;

    /// The requests that tell of the event.
    fn plan(event: &Event, parameters: Self::Parameters) -> Result<Vec<PlannedRequest>, Failure>;
}

/// Makes the crate a notifier component. Expands on wasm32 only: other linkers refuse the names.
#[macro_export]
macro_rules! export_notifier {
    ($notifier:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::export::NotifierShim<$notifier>;
    $crate::export::notifier!(Component with_types_in $crate::bindings::notifier);
        };
        // Natively nobody calls the component; its code is for tests, and not dead.
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$notifier as $crate::notifier::Notifier>::plan;
        };
    };
}

#[doc(hidden)]
pub struct Shim<N>(std::marker::PhantomData<N>);

impl<N: Notifier> plan::Guest for Shim<N> {
    fn run(event: Event, parameters: Vec<u8>) -> Result<Vec<PlannedRequest>, Failure> {
        let body: &[u8] = if parameters.is_empty() { b"{}" } else { &parameters };
        let parameters =
            serde_json::from_slice(body).map_err(|error| Diagnostic::error("parameters", error.to_string()))?;
        N::plan(&event, parameters)
    }
}
