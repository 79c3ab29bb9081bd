//! Reads what a component says of itself (imports, exports, the section `windlass:plugin`) without
//! compiling or running it.

use wasmparser::{Encoding, Parser, Payload};

use crate::{Kind, LoadError};

/// The track of `windlass:plugin` that this host serves, and the version it was built with.
pub(crate) const SERVED: &str = "0.1.0";
const TRACK: &str = "0.1";
const PACKAGE: &str = "windlass:plugin";

/// Name of the custom section in which a component describes itself.
pub const SECTION: &str = "windlass:plugin";

#[derive(Default)]
pub(crate) struct Header {
    /// Imported instances, e.g. `windlass:plugin/source@0.1.0`.
    pub(crate) imports: Vec<String>,
    exports: Vec<String>,
    pub(crate) section: Option<Vec<u8>>,
}

impl Header {
    /// Reads the outermost component; what is nested in it is skipped.
    pub(crate) fn read(wasm: &[u8]) -> Result<Self, LoadError> {
        let mut header = Self::default();
        let mut depth = 0usize;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(|error| not_wasm(&error))? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => return Err(LoadError::CoreModule),
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                payload if depth == 1 => header.take(payload)?,
                _ => {}
            }
        }
        Ok(header)
    }

    fn take(&mut self, payload: Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    self.imports.push(import.map_err(|error| not_wasm(&error))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    self.exports.push(export.map_err(|error| not_wasm(&error))?.name.name.to_owned());
                }
            }
            Payload::CustomSection(custom) if custom.name() == SECTION => self.section = Some(custom.data().to_vec()),
            _ => {}
        }
        Ok(())
    }

    /// The kinds of plugin that the exports make.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let exported = |kind: &Kind| self.exports.iter().any(|name| interface(name) == Some(kind.export()));
        Kind::ALL.into_iter().filter(exported).collect()
    }

    /// The first name of our package on another track.
    pub(crate) fn other_version(&self) -> Option<&str> {
        let names = self.imports.iter().chain(&self.exports);
        names.map(String::as_str).find(|name| interface(name).is_some() && !on_track(name))
    }
}

/// The interface's name when it is one of our package.
pub(crate) fn interface(name: &str) -> Option<&str> {
    let path = name.split('@').next()?;
    path.strip_prefix(PACKAGE)?.strip_prefix('/')
}

fn on_track(name: &str) -> bool {
    let version = name.split('@').nth(1).unwrap_or_default();
    version.strip_prefix(TRACK).is_some_and(|rest| rest.starts_with('.'))
}

fn not_wasm(error: &wasmparser::BinaryReaderError) -> LoadError {
    LoadError::NotWasm { message: error.to_string() }
}
