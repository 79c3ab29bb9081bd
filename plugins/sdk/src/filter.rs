//! The world `filter`: objects and expressions in, what is left of the objects out.

use serde_json::Value;

use crate::bindings::filter::exports::windlass::plugin::strip;
pub use strip::Stripped;

/// What a filter implements.
pub trait Filter {
    /// The object without what the expressions name.
    fn strip(object: Value, expressions: &[String]) -> Stripped;
}

/// Makes the crate a filter component. Expands on wasm32 only: other linkers refuse the names.
#[macro_export]
macro_rules! export_filter {
    ($filter:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::export::FilterShim<$filter>;
    $crate::export::filter!(Component with_types_in $crate::bindings::filter);
        };
        // Natively nobody calls the component; its code is for tests, and not dead.
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$filter as $crate::filter::Filter>::strip;
        };
    };
}

#[doc(hidden)]
pub struct Shim<F>(std::marker::PhantomData<F>);

impl<F: Filter> strip::Guest for Shim<F> {
    fn run(objects: Vec<Vec<u8>>, expressions: Vec<String>) -> Vec<Stripped> {
        objects.into_iter().map(|object| strip_bytes::<F>(object, &expressions)).collect()
    }
}

fn strip_bytes<F: Filter>(body: Vec<u8>, expressions: &[String]) -> Stripped {
    match serde_json::from_slice(&body) {
        Ok(object) => F::strip(object, expressions),
        Err(error) => Stripped { body, problems: vec![format!("not readable as JSON: {error}")] },
    }
}
