//! What can be said of an expression before it runs: are its names known, has the schema its fields.

use serde_json::Value as Json;

use super::ast::{Each, Expr};
use super::functions;
use super::value::unescaped;
use super::{OLD_SELF, SELF, size};

/// A schema, as far as it is known.
pub type Known<'s> = Option<&'s Json>;

/// A fault and its place.
type Fault = (usize, String);

/// What was found of an expression.
pub struct Checked<'s> {
    /// Whether it looks at the old object.
    pub uses_old: bool,
    /// The schema of its value, where it is part of the object.
    pub result: Known<'s>,
    /// Names, fields, calls and comparisons, as often as the longest loops around them go round. What these cost
    /// beyond one each is left out: the API server estimates no less.
    pub least_cost: u64,
}

/// Checks an expression over values of this schema; `whole` says that they are whole objects.
///
/// # Errors
/// The first name, function or field that does not exist.
pub fn check<'s>(expr: &Expr, schema: &'s Json, whole: bool) -> Result<Checked<'s>, Fault> {
    let mut checker = Checker { schema, whole, scope: Vec::new(), uses_old: false, times: 1, cost: 0 };
    let result = checker.known(expr)?;
    Ok(Checked { uses_old: checker.uses_old, result, least_cost: checker.cost })
}

struct Checker<'s> {
    schema: &'s Json,
    whole: bool,
    scope: Vec<(String, Known<'s>)>,
    uses_old: bool,
    /// How often the loops around this place go round.
    times: u64,
    cost: u64,
}

impl<'s> Checker<'s> {
    /// The schema of what an expression gives, where it is part of the object.
    fn known(&mut self, expr: &Expr) -> Result<Known<'s>, Fault> {
        if matches!(expr, Expr::Name(..) | Expr::Select { .. } | Expr::Call { .. } | Expr::Binary { .. }) {
            self.cost = self.cost.saturating_add(self.times);
        }
        match expr {
            Expr::Name(name, at) => self.name(name, *at),
            Expr::Select { operand, field, optional: false, at } => {
                let of = self.known(operand)?;
                self.field_of(of, field).map_err(|problem| (*at, problem))
            }
            Expr::Has { operand, field } => {
                let of = self.known(operand)?;
                self.field_of(of, field).map(|_| None).map_err(|problem| (0, problem))
            }
            Expr::Index { operand, index, optional } => {
                let of = self.known(operand)?;
                self.known(index)?;
                Ok(of.and_then(member).filter(|_| !optional))
            }
            Expr::Call { target, function, arguments, at } => {
                if self.call(target.as_deref(), function, arguments)? {
                    Ok(None)
                } else {
                    Err((*at, undeclared(function)))
                }
            }
            Expr::Each { kind, range, variable, guard, body } => {
                let range = self.known(range)?;
                let item = range.and_then(|range| range.get("items"));
                let outside = self.times;
                self.times = outside.saturating_mul(size::most_members(range));
                self.within(variable, item, guard.as_deref().into_iter().chain([body.as_ref()]))?;
                self.times = outside;
                Ok(range.filter(|_| *kind == Each::Filter))
            }
            Expr::Bind { variable, value, body, optional } => {
                let value = self.known(value)?.filter(|_| !optional);
                self.within(variable, value, [body.as_ref()])
            }
            other => {
                other.children().into_iter().try_for_each(|child| self.known(child).map(drop))?;
                Ok(None)
            }
        }
    }

    fn within<'e>(
        &mut self,
        variable: &str,
        value: Known<'s>,
        bodies: impl IntoIterator<Item = &'e Expr>,
    ) -> Result<Known<'s>, Fault> {
        self.scope.push((variable.into(), value));
        let mut last = None;
        for body in bodies {
            last = self.known(body)?;
        }
        self.scope.pop();
        Ok(last)
    }

    fn name(&mut self, name: &str, at: usize) -> Result<Known<'s>, Fault> {
        if let Some((_, known)) = self.scope.iter().rev().find(|(variable, _)| variable == name) {
            return Ok(*known);
        }
        match name {
            SELF => Ok(Some(self.schema)),
            OLD_SELF => {
                self.uses_old = true;
                Ok(Some(self.schema))
            }
            _ if functions::type_named(name).is_some() => Ok(None),
            _ => Err((at, undeclared(name))),
        }
    }

    /// Whether there is such a function.
    fn call(&mut self, target: Option<&Expr>, function: &str, arguments: &[Expr]) -> Result<bool, Fault> {
        let library = match target {
            Some(Expr::Name(name, _)) if functions::is_library(name) => Some(name),
            _ => None,
        };
        let known = match (library, target) {
            (Some(library), _) => functions::is_function(&format!("{library}.{function}")),
            (None, Some(target)) => {
                self.known(target)?;
                functions::is_method(function)
            }
            (None, None) => functions::is_function(function),
        };
        arguments.iter().try_for_each(|argument| self.known(argument).map(drop))?;
        Ok(known)
    }

    fn field_of(&self, of: Known<'s>, field: &str) -> Result<Known<'s>, String> {
        let Some(schema) = of else { return Ok(None) };
        if let Some(property) = schema["properties"].get(unescaped(field)) {
            return Ok(Some(property));
        }
        if let Some(rest) = schema.get("additionalProperties") {
            return Ok(Some(rest).filter(|rest| rest.is_object()));
        }
        let whole = self.whole && std::ptr::eq(schema, self.schema) || schema["x-kubernetes-embedded-resource"] == true;
        let open = schema["x-kubernetes-preserve-unknown-fields"] == true && schema["properties"].is_null();
        let standard = whole && matches!(field, "apiVersion" | "kind" | "metadata");
        if open || standard || schema["type"] != "object" || schema["x-kubernetes-int-or-string"] == true {
            return Ok(None);
        }
        Err(format!("undefined field '{field}'"))
    }
}

fn undeclared(name: &str) -> String {
    format!("undeclared reference to '{name}' (in container '')")
}

/// What members of a list or map are.
fn member(schema: &Json) -> Option<&Json> {
    schema.get("items").or_else(|| schema.get("additionalProperties").filter(|rest| rest.is_object()))
}
