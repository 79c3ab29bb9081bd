//! The functions as templates call them, against what sprig answers.

mod corpus;
mod environment;
mod functions;
mod robustness;

use std::rc::Rc;

use windlass_gotemplate::{Budget, Execution, Functions, MissingKey, Namespace, Value};
use windlass_sprig::Environment;

fn render(template: &str, environment: Environment) -> Result<String, String> {
    render_as("file", template, environment)
}

fn render_as(name: &str, template: &str, environment: Environment) -> Result<String, String> {
    let mut functions = Functions::builtin();
    windlass_sprig::register(&mut functions, environment);
    let mut namespace = Namespace::new("set", Rc::new(functions));
    namespace.parse(name, template).map_err(|error| error.to_string())?;
    let budget = Budget { steps: 50_000_000, ..Budget::default() };
    let mut execution = Execution::new(Rc::new(namespace), MissingKey::Zero, budget);
    execution.execute(name, Value::Nil).map(|text| text.to_string()).map_err(|error| error.to_string())
}

fn check(template: &str, expected: &str) {
    assert_eq!(render(template, Environment::fixed()).as_deref(), Ok(expected), "{template}");
}

fn check_error(template: &str, words: &str) {
    let result = render(template, Environment::fixed());
    assert!(result.as_ref().is_err_and(|error| error.contains(words)), "{template}: {result:?}");
}
