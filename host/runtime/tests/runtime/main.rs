//! The runtime with the built-in components, through its public surface.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod directory;

use std::sync::Arc;

use windlass_model::{MemoryTree, TreePath};
use windlass_runtime::{CallError, GenerateRequest, Generated, Grants, Kind, Limits, Plugin, Runtime, RuntimeOptions};

/// One engine for all tests: starting it maps the whole pool.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: std::sync::OnceLock<Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new(RuntimeOptions::default()).unwrap())
}

pub fn built_in(name: &str) -> Arc<Plugin> {
    runtime().load(&windlass_components::find(name).unwrap().wasm().unwrap()).unwrap()
}

/// Runs the generator over `tree` at `root`.
pub fn generate(plugin: &Plugin, tree: MemoryTree, root: &str, parameters: &str) -> Result<Generated, CallError> {
    let request = GenerateRequest::new(Arc::new(tree), TreePath::parse(root).unwrap(), parameters);
    runtime().generate(plugin, &Grants::denied(), &request, &Limits::of(Kind::Generator))
}
