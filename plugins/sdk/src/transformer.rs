//! The world `transformer`: a ResourceList in, the list as it should be out. Whole:
//!
//! ```
//! use windlass_sdk::transformer::{Failure, ResourceList, Transformer};
//!
//! struct Owner;
//!
//! impl Transformer for Owner {
//!     fn transform(list: &mut ResourceList) -> Result<(), Failure> {
//!         let owner: String = list.config("/spec/owner")?;
//!         for object in &mut list.items {
//!             object["metadata"]["annotations"]["example.com/owner"] = owner.clone().into();
//!         }
//!         Ok(())
//!     }
//! }
//!
//! windlass_sdk::export_transformer!(Owner);
//! ```

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Diagnostic;
pub use crate::Failure;
use crate::bindings::transformer::exports::windlass::plugin::transform;

/// What a transformer implements.
pub trait Transformer {
    /// Changes the items, or makes some. Same list, same answer.
    fn transform(list: &mut ResourceList) -> Result<(), Failure>;
}

/// Makes the crate a transformer component. Expands on wasm32 only: other linkers refuse the names.
#[macro_export]
macro_rules! export_transformer {
    ($transformer:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::export::TransformerShim<$transformer>;
    $crate::export::transformer!(Component with_types_in $crate::bindings::transformer);
        };
        // Natively nobody calls the component; its code is for tests, and not dead.
        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _ = <$transformer as $crate::transformer::Transformer>::transform;
        };
    };
}

/// Objects, and what the source says to the function: `config.kubernetes.io/v1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    api_version: String,
    kind: String,
    /// Each one a Kubernetes object; none when objects are to be made.
    #[serde(default)]
    pub items: Vec<Value>,
    #[serde(default)]
    pub function_config: Value,
    /// What people are told. One of severity `error` fails the run.
    #[serde(default)]
    pub results: Vec<Finding>,
}

/// Something that people are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: FindingSeverity,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingSeverity {
    Error,
    Warning,
    Info,
}

impl ResourceList {
    /// A list with nothing to tell: where tests start from.
    pub fn new(function_config: Value, items: Vec<Value>) -> Self {
        let (api_version, kind) = ("config.kubernetes.io/v1".to_owned(), "ResourceList".to_owned());
        Self { api_version, kind, items, function_config, results: Vec::new() }
    }

    /// A field of `functionConfig` by its JSON pointer; what is missing or does not fit fails with its name.
    pub fn config<T: DeserializeOwned>(&self, pointer: &str) -> Result<T, Failure> {
        let value = self.function_config.pointer(pointer).unwrap_or(&Value::Null);
        T::deserialize(value).map_err(|error| Diagnostic::error("config", format!("{pointer}: {error}")).into())
    }

    /// Tells people something that they should look at.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.results.push(Finding { severity: FindingSeverity::Warning, message: message.into() });
    }
}

#[doc(hidden)]
pub struct Shim<T>(std::marker::PhantomData<T>);

impl<T: Transformer> transform::Guest for Shim<T> {
    fn run(resources: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let unreadable = |error: serde_json::Error| Diagnostic::error("resource-list", error.to_string());
        let mut list: ResourceList = serde_json::from_slice(&resources).map_err(unreadable)?;
        T::transform(&mut list)?;
        Ok(serde_json::to_vec(&list).map_err(unreadable)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_field_of_the_configuration_is_named() {
        let list = ResourceList::new(json!({"spec": {"owner": "me"}}), Vec::new());
        assert_eq!(list.config::<String>("/spec/owner"), Ok("me".to_owned()));
        let error = format!("{:?}", list.config::<u32>("/spec/count").unwrap_err());
        assert!(error.contains("/spec/count: "), "{error}");
    }
}
