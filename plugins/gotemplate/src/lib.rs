//! Go's `text/template`, as Helm uses it.
//!
//! Templates are parsed into a [`Namespace`], where they see each other, and run by an
//! [`Execution`] on a [`Value`]. The language, the printing of values and the texts of errors
//! follow Go 1.26. Functions and objects with methods come from the caller; nothing here reads
//! clocks, files or random numbers. Every run is bounded by a [`Budget`].
//!
//! What Go can do and this cannot: function values in data (`call` always fails), channels, and
//! pointers, none of which a chart can get hold of.

mod ast;
mod budget;
mod builtin;
mod collection;
mod error;
mod exec;
pub mod fmt;
mod function;
mod namespace;
mod object;
mod parse;
pub mod strconv;
mod text;
mod types;
mod value;

pub use self::budget::Budget;
pub use self::collection::{List, Map};
pub use self::error::{ExecError, Failure, Limit, ParseError, Position};
pub use self::exec::{Execution, MissingKey};
pub use self::function::{Function, Functions, Signature};
pub use self::namespace::Namespace;
pub use self::object::Object;
pub use self::text::Text;
pub use self::types::{Elem, FloatKind, IntKind, Kind, Type, UintKind};
pub use self::value::Value;
