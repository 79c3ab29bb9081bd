//! Kubernetes' YAML.

use windlass_yaml::{Limits, Style, emit, first_to_json};

/// A YAML document: what is read can be written, and reads back as the same.
pub fn yaml(data: &[u8]) {
    let limits = Limits::default();
    let Ok(Some(document)) = first_to_json(data, &limits) else { return };
    let written = emit(&document.value, Style::V2);
    let again = first_to_json(written.as_bytes(), &limits);
    assert_eq!(again.ok().flatten().map(|document| document.value), Some(document.value), "{written}");
}
