//! JSON values as the YAML that go-yaml prints, to the byte.
//!
//! The layout follows the state go-yaml's emitter keeps: the column, whether blank space was just written, and whether
//! only indentation was written on the line so far. Lines are folded and collections opened by that state.

mod order;
mod printer;
mod scalar;
mod shape;

use serde_json::Value;

use printer::{Context, Printer};

/// Whose output is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// sigs.k8s.io/yaml's `Marshal` over go-yaml v2: Helm's `toYaml`, `kubectl -o yaml`, `kustomize build`. Sequences
    /// stand at the column of their key, text is folded behind column 80.
    V2,
    /// go-yaml v3 with an indentation of two: Helm's `toYamlPretty`. Sequences are indented under their key, nothing
    /// is folded, floats are printed as they are (`1e+06`).
    V3Pretty,
    /// go-yaml v3 as kyaml sets it up: as `V3Pretty`, with sequences at the column of their key. This is what
    /// kustomize puts into a text that itself holds YAML.
    Kyaml,
}

/// Prints a value as one YAML document that ends with a line break.
///
/// Keys are in go-yaml's order, in which numbers inside of keys count as numbers (`a2` before `a10`).
pub fn emit(value: &Value, style: Style) -> String {
    let mut printer = Printer::new(style);
    printer.node(value, Context::Root);
    printer.finish()
}

impl Style {
    fn folds_at(self) -> usize {
        match self {
            Self::V2 => 80,
            Self::V3Pretty | Self::Kyaml => usize::MAX,
        }
    }

    fn is_v3(self) -> bool {
        self != Self::V2
    }
}
