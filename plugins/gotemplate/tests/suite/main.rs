//! The language as its users meet it: templates in, text or Go's error out.

mod errors;
mod formatting;
mod language;
mod limits;
mod robustness;

use std::rc::Rc;

use windlass_gotemplate::{Budget, Execution, Functions, MissingKey, Namespace, Value};

/// Renders one template on the data of [`data`].
fn render(template: &str) -> Result<String, String> {
    render_with(template, MissingKey::Invalid, Budget::default())
}

fn render_with(template: &str, missing_key: MissingKey, budget: Budget) -> Result<String, String> {
    let mut namespace = Namespace::new("set", Rc::new(functions()));
    namespace.parse("file", template).map_err(|error| error.to_string())?;
    let mut execution = Execution::new(Rc::new(namespace), missing_key, budget);
    execution.execute("file", data()).map(|text| text.to_string()).map_err(|error| error.to_string())
}

/// text/template's functions and two like Helm's: one that writes to a map, one that executes a template.
fn functions() -> Functions {
    use windlass_gotemplate::{Failure, Signature, Type};
    let mut functions = Functions::builtin();
    let set = Signature::fixed(&[Type::MAP, Type::String, Type::Any]);
    functions.add("set", set, |_, args| {
        let (Some(map), Some(key)) = (args[0].as_map(), args[1].as_text()) else {
            return Err(Failure::new("no map"));
        };
        map.insert(key.clone(), args[2].clone());
        Ok(args[0].clone())
    });
    let include = Signature::fixed(&[Type::String, Type::Any]);
    functions.add("include", include, |execution, args| {
        let name = args[0].as_text().map(ToString::to_string).unwrap_or_default();
        execution.execute(&name, args[1].clone()).map(Value::from)
    });
    functions
}

fn data() -> Value {
    Value::map([
        ("name", "web".into()),
        ("port", Value::int(80)),
        ("share", Value::float(1_234_567.0)),
        ("on", true.into()),
        ("none", Value::Nil),
        ("labels", Value::map([("b", Value::int(2)), ("a", Value::int(1))])),
        ("hosts", Value::list(vec!["x".into(), "y".into()])),
        ("empty", Value::list(Vec::new())),
    ])
}

fn check(template: &str, expected: &str) {
    assert_eq!(render(template).as_deref(), Ok(expected), "{template}");
}

fn check_error(template: &str, expected: &str) {
    assert_eq!(render(template), Err(expected.to_owned()), "{template}");
}
