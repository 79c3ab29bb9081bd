//! The built-in plugins, embedded. The build script builds them from `plugins/`; nothing here runs them.
//!
//! A new one is a line in the build script's list.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;

/// A built-in plugin. Its code is kept deflated: whoever has it compiled already needs none of it.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// What it is asked for by, e.g. `directory`.
    pub name: &'static str,
    /// SHA-256 of the component.
    pub digest: [u8; 32],
    /// Bytes of the component.
    pub size: usize,
    /// A component without code that has the imports, the exports and the section `windlass:plugin` of this one.
    pub outline: &'static [u8],
    deflated: &'static [u8],
}

static COMPONENTS: &[Component] = &include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// All of them.
pub fn all() -> &'static [Component] {
    COMPONENTS
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Component> {
    COMPONENTS.iter().find(|component| component.name == name)
}

impl Component {
    /// The component itself. Fails only where the binary is damaged.
    pub fn wasm(&self) -> io::Result<Vec<u8>> {
        let mut wasm = Vec::with_capacity(self.size);
        // No more than there should be, whatever the damage.
        DeflateDecoder::new(self.deflated).take(self.size as u64).read_to_end(&mut wasm)?;
        Ok(wasm)
    }
}
