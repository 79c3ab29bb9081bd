//! The fields of `spec.source.directory`, and our cap on size.

use serde::Deserialize;

/// Argo CD's default for the combined size of the files, 10M.
const COMBINED: u64 = 10_000_000;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Parameters {
    pub(crate) recurse: bool,
    pub(crate) include: String,
    pub(crate) exclude: String,
    pub(crate) disable_extension_filter: bool,
    /// Bytes of all files together; 0 for no cap.
    pub(crate) max_combined_size: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            recurse: false,
            include: String::new(),
            exclude: String::new(),
            disable_extension_filter: false,
            max_combined_size: COMBINED,
        }
    }
}
