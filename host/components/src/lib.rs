//! The built-in plugins, embedded. The build script builds them from `plugins/`; nothing here runs them.
//!
//! A new one is a line in the build script's list, and a function here.

/// A built-in plugin.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// What it is asked for by, e.g. `directory`.
    pub name: &'static str,
    /// The component, with its custom section `windlass:plugin`.
    pub wasm: &'static [u8],
}

static COMPONENTS: &[Component] = &include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// All of them.
pub fn all() -> &'static [Component] {
    COMPONENTS
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static [u8]> {
    COMPONENTS.iter().find(|component| component.name == name).map(|component| component.wasm)
}

/// The generator for folders of plain manifests.
pub fn directory() -> &'static [u8] {
    find("directory").unwrap_or_default()
}

/// The health checks of built-in and well-known kinds.
pub fn health() -> &'static [u8] {
    find("health").unwrap_or_default()
}

/// The notifier for HTTP services.
pub fn webhook() -> &'static [u8] {
    find("webhook").unwrap_or_default()
}
