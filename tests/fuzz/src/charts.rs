//! The languages of charts: templates, `--set`, version constraints, regular expressions.

use std::rc::Rc;

use serde_json::Map;
use windlass_gotemplate::{Budget, Execution, Functions, MissingKey, Namespace, Value};
use windlass_helm::set::{Syntax, set as assign};
use windlass_sprig::{
    Environment,
    regexp::Regexp,
    semver::{Constraints, Version},
};

use crate::{halves, text};

const BUDGET: Budget = Budget { depth: 20, steps: 20_000, output: 100_000, text: 100_000 };

/// A template of Go's with sprig's functions.
pub fn template(data: &[u8]) {
    let mut functions = Functions::builtin();
    windlass_sprig::register(&mut functions, Environment::fixed());
    let mut namespace = Namespace::new("set", Rc::new(functions));
    if namespace.parse("file", &text(data)).is_err() {
        return;
    }
    let values = Value::map([
        ("name", "web".into()),
        ("port", Value::int(80)),
        ("none", Value::Nil),
        ("labels", Value::map([("a", Value::int(1))])),
        ("hosts", Value::list(vec!["x".into(), "y".into()])),
    ]);
    let run = Execution::new(Rc::new(namespace), MissingKey::Zero, BUDGET).execute("file", values);
    if let Ok(printed) = run {
        assert!(printed.to_string().len() <= BUDGET.output, "more output than the budget allows");
    }
}

/// An argument of `--set`, in each of its syntaxes.
pub fn set(data: &[u8]) {
    let argument = text(data);
    for syntax in [Syntax::Typed, Syntax::Text, Syntax::Json, Syntax::Literal] {
        let (mut values, mut again) = (Map::new(), Map::new());
        if assign(&argument, syntax, &mut values).is_ok() {
            assert_eq!(assign(&argument, syntax, &mut again), Ok(()));
            assert_eq!(values, again, "the same argument, other values: {argument:?}");
        }
    }
}

/// A constraint, a zero byte, and a version to hold against it.
pub fn constraint(data: &[u8]) {
    let (constraint, version) = halves(data);
    if let (Ok(constraint), Ok(version)) = (Constraints::parse(&text(constraint)), Version::parse(&text(version))) {
        let first = constraint.check(&version);
        assert_eq!(first, constraint.check(&version), "the same question, another answer");
    }
}

/// A regular expression in Go's syntax, a zero byte, and a text to look in.
pub fn regexp(data: &[u8]) {
    let (pattern, haystack) = halves(data);
    if let Ok(regexp) = Regexp::compile(&text(pattern)) {
        let found = regexp.find_all(haystack, -1);
        assert_eq!(regexp.is_match(haystack), !found.is_empty());
    }
}
