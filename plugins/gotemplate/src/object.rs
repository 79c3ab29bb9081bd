//! Host objects: values with methods, such as `.Files`, `.Capabilities.APIVersions` or a `time.Time`.

use std::any::Any;
use std::fmt::Debug;

use crate::error::Failure;
use crate::exec::Execution;
use crate::types::Kind;
use crate::value::Value;

/// A value whose behaviour the host gives. The defaults describe a Go struct without fields.
pub trait Object: Debug {
    /// Go's name of the type, as `%T` prints it.
    fn type_name(&self) -> &'static str;

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    /// A field, or a key where the object is a map.
    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    /// Whether `name` is a method: it then wins over a field, and may take arguments.
    fn has_method(&self, _name: &str) -> bool {
        false
    }

    /// Runs a method. Only called for names that [`Object::has_method`] admits.
    ///
    /// # Errors
    /// Whatever the method fails with, and wrong arguments.
    fn call(&self, name: &str, _args: &[Value], _execution: &mut Execution) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} has no method {name}", self.type_name())))
    }

    /// What `String()` (or `Error()`) answers; `None` where the type has no such method.
    fn display(&self) -> Option<String> {
        None
    }

    /// What the type's own JSON is, as text to be quoted; `None` where it is that of the fields.
    fn json(&self) -> Option<String> {
        None
    }

    /// The plain value that stands for this one in arithmetic, comparison, formatting and JSON.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// Number of entries where the object is a map or slice.
    fn len(&self) -> Option<usize> {
        None
    }

    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Key and value pairs in the order `range` visits them; `None` where it cannot be ranged over.
    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        None
    }

    /// Go's `==`, which for structs compares fields.
    fn equals(&self, _other: &dyn Object) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any;
}
