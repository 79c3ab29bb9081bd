//! Components that are kept packed: known by an outline, unpacked when they are compiled.

use std::sync::Arc;

use windlass_components::Component;
use windlass_model::Digest;
use windlass_runtime::{CallError, Grants, LoadError, Packed, Plugin, Runtime, RuntimeOptions};

use super::{limits, request, runtime};

/// A runtime that knows no plugin yet.
fn alone() -> Runtime {
    Runtime::new(RuntimeOptions::default()).unwrap()
}

/// Opens the component by its outline, with these bytes behind it.
fn packed(component: &'static Component, wasm: Vec<u8>) -> Result<Arc<Plugin>, LoadError> {
    let digest = Digest::from_id(&component.digest);
    alone().open_packed(Packed { digest, outline: component.outline, unpack: Box::new(move || Ok(wasm.clone())) })
}

#[test]
fn every_built_in_plugin_is_told_by_its_outline_as_by_its_code() {
    for component in windlass_components::all() {
        let wasm = component.wasm().unwrap();
        assert_eq!(wasm.len(), component.size, "{}", component.name);
        let (whole, outline) = (alone().open(&wasm).unwrap(), packed(component, wasm).unwrap());
        assert_eq!(whole.name(), outline.name());
        assert_eq!(whole.manifest(), outline.manifest());
        assert_eq!((whole.kind(), whole.imports()), (outline.kind(), outline.imports()));
    }
}

#[test]
fn a_packed_component_that_unpacks_to_something_else_is_not_run() {
    let directory = windlass_components::find("directory").unwrap();
    let other = windlass_components::find("webhook").unwrap().wasm().unwrap();
    let plugin = packed(directory, other).unwrap();
    let error = runtime().generate(&plugin, &Grants::denied(), &request("nothing"), &limits()).unwrap_err();
    assert!(matches!(error, CallError::Refused(LoadError::Compile { .. })), "{error}");
    assert!(error.to_string().contains("it unpacks to sha256:"), "{error}");
}
