//! The functions that Helm adds to text/template's and sprig's.

mod data;
mod duration;
mod render;
mod toml;

use std::rc::Rc;

use windlass_gotemplate::{Failure, Functions, Text, Type, Value};
use windlass_sprig::Environment;

pub(crate) use render::without_no_value;
pub use render::{Lookup, LookupRequest};

/// What the functions of one render are to do.
pub struct FunctionSettings {
    /// Missing required values and `fail` do not end the rendering.
    pub lint: bool,
    pub lookup: Option<Rc<Lookup>>,
    pub environment: Environment,
}

/// All functions that a chart's templates may call, for one render: they count how deep they are in one another.
pub fn template_functions(settings: FunctionSettings) -> Functions {
    let mut functions = Functions::builtin();
    let FunctionSettings { lint, lookup, environment } = settings;
    windlass_sprig::register(&mut functions, environment);
    data::register(&mut functions);
    toml::register(&mut functions);
    duration::register(&mut functions);
    render::register(&mut functions, lint, lookup);
    functions
}

const ANY: &[Type] = &[Type::Any];
const TEXT: &[Type] = &[Type::String];

/// The argument at `index`; the evaluator has checked that it is text.
fn text(arguments: &[Value], index: usize) -> Text {
    arguments.get(index).and_then(Value::as_text).cloned().unwrap_or_default()
}

fn argument(arguments: &[Value], index: usize) -> Value {
    arguments.get(index).cloned().unwrap_or_default()
}

/// Go's functions of the `must` kind panic; text/template turns that into an error.
fn failed(reason: impl std::fmt::Display) -> Failure {
    Failure::new(reason.to_string())
}
