//! Sets of field paths, as `managedFields` records them: paths, set algebra, and the JSON form `FieldsV1`.

mod element;
mod json;
mod set;

pub use element::{Path, PathElement};
pub use json::FieldsError;
pub use set::FieldSet;
