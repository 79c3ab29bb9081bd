//! What strangers write, as bytes: each function reads one language and must come to an end, with an answer or an
//! error, whatever the bytes. Both cargo-fuzz (`targets/`) and the property tests (`tests/`) call them.

mod charts;
mod documents;
mod kustomizations;

pub use charts::{constraint, regexp, set, template};
pub use documents::yaml;
pub use kustomizations::{field_path, kustomization, patch};

/// The bytes as text; what is not UTF-8 is replaced, since these languages are read from text.
fn text(data: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// Splits at the first zero byte, for languages that need two texts.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let middle = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    (&data[..middle], data.get(middle + 1..).unwrap_or_default())
}
