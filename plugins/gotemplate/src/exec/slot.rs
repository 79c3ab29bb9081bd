//! A value in the place it was found in.

use crate::value::Value;

/// A value, and whether Go would hold it as an `interface{}`, as elements of maps and lists are.
/// The difference shows for nil, whose fields are an error when boxed and nothing when not, and in
/// the type that errors name.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    pub value: Value,
    pub boxed: bool,
}

impl Slot {
    /// A value of its own type; a nil is no value at all.
    pub fn plain(value: Value) -> Self {
        Slot { value, boxed: false }
    }

    pub fn boxed(value: Value) -> Self {
        Slot { value, boxed: true }
    }

    /// Reflect's zero Value.
    pub fn none() -> Self {
        Slot::default()
    }

    pub fn is_none(&self) -> bool {
        self.value.is_nil() && !self.boxed
    }

    /// The static type's name.
    pub fn type_name(&self) -> String {
        if self.boxed { "interface {}".to_owned() } else { self.value.type_of().to_string() }
    }
}
