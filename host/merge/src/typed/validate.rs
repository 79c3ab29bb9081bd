//! Whether a value conforms to its type. The texts are those that the API server answers with.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde_json::{Map, Value};

use super::{Shape, list_element, shape};
use crate::fields::PathElement;
use crate::schema::{ListRef, ListRelation, MapRef, Scalar, TypeRef};
use crate::value::{GoSyntax, GoValue, go_type};

/// Whether the items of sets and map lists may repeat: live objects may, applied configurations may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    Allowed,
    Refused,
}

/// What is wrong at one path, which is empty for the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    pub path: String,
    pub problem: String,
}

/// All that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationErrors(pub Vec<ValidationError>);

impl ValidationError {
    pub(super) fn here(problem: String) -> Self {
        ValidationError { path: String::new(), problem }
    }
}

impl ValidationErrors {
    /// Leaves out what was found in place of what was expected: it may be secret.
    pub(crate) fn without_values(mut self) -> Self {
        for error in &mut self.0 {
            if let Some((expectation, _)) = error.problem.split_once(", got ") {
                error.problem = expectation.to_owned();
            }
        }
        self
    }

    pub(super) fn below(mut self, element: &PathElement) -> Self {
        for error in &mut self.0 {
            error.path.insert_str(0, &element.to_string());
        }
        self
    }
}

impl Display for ValidationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => out.write_str(&self.problem),
            path => write!(out, "{path}: {}", self.problem),
        }
    }
}

impl Display for ValidationErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return only.fmt(out);
        }
        out.write_str("errors:")?;
        self.0.iter().try_for_each(|error| write!(out, "\n  {error}"))
    }
}

impl std::error::Error for ValidationErrors {}

/// Checks shapes, scalars, declared fields and the identities of list items.
pub fn validate(of: TypeRef<'_>, value: &Value, duplicates: Duplicates) -> Result<(), ValidationErrors> {
    let errors = visit(of, value, duplicates);
    if errors.is_empty() { Ok(()) } else { Err(ValidationErrors(errors)) }
}

fn visit(of: TypeRef<'_>, value: &Value, duplicates: Duplicates) -> Vec<ValidationError> {
    match (shape(of, Some(value)), value) {
        (None, _) | (_, Value::Null) => Vec::new(),
        (Some(Shape::Scalar(scalar)), _) => scalar.problem(value, "").map(ValidationError::here).into_iter().collect(),
        (Some(Shape::List(list)), Value::Array(items)) => visit_list(list, items, duplicates),
        (Some(Shape::Map(map)), Value::Object(entries)) => visit_map(map, entries, duplicates),
        (Some(Shape::List(_)), _) => vec![ValidationError::here(format!("expected list, got &{{{}}}", GoValue(value)))],
        (Some(Shape::Map(_)), _) => vec![ValidationError::here(format!("expected map, got &{{{}}}", GoValue(value)))],
    }
}

fn visit_list(list: ListRef<'_>, items: &[Value], duplicates: Duplicates) -> Vec<ValidationError> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, item) in items.iter().enumerate() {
        let element = match list.relation() {
            ListRelation::Atomic => PathElement::Index(i64::try_from(place).unwrap_or(i64::MAX)),
            ListRelation::Set | ListRelation::Map(_) => match list_element(list, item) {
                Ok(element) => element,
                Err(problem) => {
                    errors.push(ValidationError::here(format!("element {place}: {problem}")));
                    return errors;
                }
            },
        };
        let below = ValidationErrors(visit(list.element(), item, duplicates)).below(&element);
        if duplicates == Duplicates::Refused
            && let Some(element) = seen.replace(element)
        {
            errors.push(ValidationError::here(format!("duplicate entries for key {element}")));
        }
        errors.extend(below.0);
    }
    errors
}

/// Stops at the first key that is not declared, as the API server does.
fn visit_map(map: MapRef<'_>, entries: &Map<String, Value>, duplicates: Duplicates) -> Vec<ValidationError> {
    let mut errors = Vec::new();
    for (key, value) in entries {
        let Some(of) = map.child(key) else {
            let undeclared = ValidationError::here("field not declared in schema".to_owned());
            errors.extend(ValidationErrors(vec![undeclared]).below(&PathElement::field(key)).0);
            return errors;
        };
        let below = visit(of, value, duplicates);
        // Most values are valid: their paths are not needed.
        if !below.is_empty() {
            errors.extend(ValidationErrors(below).below(&PathElement::field(key)).0);
        }
    }
    errors
}

impl Scalar {
    /// Why the value is not of this scalar; null always is.
    pub(super) fn problem(self, value: &Value, label: &str) -> Option<String> {
        let fits = match value {
            Value::Null => true,
            Value::Bool(_) => self.takes_boolean(),
            Value::Number(_) => self.takes_number(),
            Value::String(_) => self.takes_string(),
            Value::Array(_) | Value::Object(_) => false,
        };
        (!fits).then(|| match self {
            Scalar::String | Scalar::Byte => {
                format!("{label}expected string, got &value.valueUnstructured{{Value:{}}}", GoSyntax(value))
            }
            Scalar::Boolean => format!("{label}expected boolean, got &{{{}}}", GoValue(value)),
            Scalar::Integer | Scalar::Int32 | Scalar::Int64 | Scalar::Number | Scalar::Double => {
                format!("{label}expected numeric (int or float), got {}", go_type(value))
            }
            Scalar::DateTime | Scalar::IntOrString | Scalar::Quantity | Scalar::Untyped => {
                format!("{label}expected any scalar, got &{{{}}}", GoValue(value))
            }
        })
    }
}
