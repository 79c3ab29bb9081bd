//! Evaluation. Every step costs, and what is built costs by its size.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Each, Expr, Unary};
use super::functions;
use super::value::{Key, Value};

/// What an evaluation may still spend.
#[derive(Debug)]
pub struct Budget {
    left: u64,
}

impl Budget {
    /// What the API server allows one rule.
    pub fn of_a_rule() -> Self {
        Budget { left: 1_000_000 }
    }

    /// What it allows all rules of one object.
    pub fn of_an_object() -> Self {
        Budget { left: 10_000_000 }
    }

    /// A part of this budget, which is taken back with [`Self::settle`].
    pub fn part(&mut self, part: Budget) -> Budget {
        Budget { left: part.left.min(self.left) }
    }

    pub fn settle(&mut self, given: u64, part: &Budget) {
        self.left = self.left.saturating_sub(given.saturating_sub(part.left));
    }

    pub fn left(&self) -> u64 {
        self.left
    }

    pub fn spend(&mut self, cost: usize) -> Result<(), Failure> {
        self.left = self.left.checked_sub(cost as u64).ok_or(Failure::Spent)?;
        Ok(())
    }

    /// Pays for going through so many bytes.
    pub fn read(&mut self, weight: usize) -> Result<(), Failure> {
        self.spend(weight / 10 + 1)
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("operation cancelled: actual cost limit exceeded")]
    Spent,
    #[error("{0}")]
    Because(String),
}

impl Failure {
    pub fn overload() -> Self {
        Failure::Because("no such overload".into())
    }
}

pub type Outcome = Result<Value, Failure>;

/// Variables, innermost last.
#[derive(Default)]
pub struct Scope(Vec<(String, Value)>);

impl Scope {
    pub fn push(&mut self, name: &str, value: Value) {
        self.0.push((name.into(), value));
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

pub fn eval(expr: &Expr, scope: &mut Scope, budget: &mut Budget) -> Outcome {
    budget.spend(1)?;
    match expr {
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Name(name, _) => named(name, scope),
        Expr::List(items) => {
            budget.spend(items.len())?;
            items.iter().map(|item| eval(item, scope, budget)).collect::<Result<_, _>>().map(Value::list)
        }
        Expr::Map(entries) => map(entries, scope, budget),
        Expr::Select { operand, field, optional, .. } => {
            let operand = eval(operand, scope, budget)?;
            select(operand, &Key::Text(field.as_str().into()), *optional)
        }
        Expr::Index { operand, index, optional } => {
            let operand = eval(operand, scope, budget)?;
            let index = eval(index, scope, budget)?;
            indexed(operand, &index, *optional)
        }
        Expr::Has { operand, field } => has(eval(operand, scope, budget)?, field),
        Expr::Call { target, function, arguments, .. } => call(target.as_deref(), function, arguments, scope, budget),
        Expr::Unary { operator, operand } => unary(*operator, eval(operand, scope, budget)?),
        Expr::Binary { operator, left, right } => {
            let left = eval(left, scope, budget)?;
            let right = eval(right, scope, budget)?;
            budget.read(left.weight() + right.weight())?;
            functions::binary(*operator, left, right)
        }
        Expr::All(operands) => junction(operands, false, scope, budget),
        Expr::Any(operands) => junction(operands, true, scope, budget),
        Expr::Choice { condition, yes, no } => match eval(condition, scope, budget)? {
            Value::Bool(true) => eval(yes, scope, budget),
            Value::Bool(false) => eval(no, scope, budget),
            _ => Err(Failure::overload()),
        },
        Expr::Each { kind, range, variable, guard, body } => {
            let members = members(eval(range, scope, budget)?)?;
            each(*kind, &members, &Body { variable, guard: guard.as_deref(), body }, scope, budget)
        }
        Expr::Bind { variable, value, body, optional } => bind(variable, value, body, *optional, scope, budget),
    }
}

fn named(name: &str, scope: &Scope) -> Outcome {
    if let Some(value) = scope.get(name) {
        return Ok(value.clone());
    }
    functions::type_named(name).map(Value::Type).ok_or_else(|| Failure::Because(format!("no such attribute: {name}")))
}

fn map(entries: &[(Expr, Expr)], scope: &mut Scope, budget: &mut Budget) -> Outcome {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        let key = Key::of(&eval(key, scope, budget)?).ok_or_else(Failure::overload)?;
        map.insert(key, eval(value, scope, budget)?);
    }
    Ok(Value::Map(Arc::new(map)))
}

fn missing(key: &Key) -> Failure {
    Failure::Because(match key {
        Key::Text(text) => format!("no such key: {text}"),
        Key::Int(number) => format!("no such key: {number}"),
        Key::Bool(value) => format!("no such key: {value}"),
    })
}

fn select(operand: Value, key: &Key, optional: bool) -> Outcome {
    let found = match operand {
        Value::Map(map) => map.get(key).cloned(),
        // Selecting from an optional stays optional.
        Value::Optional(None) => return Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => return select(inner.as_ref().clone(), key, true),
        _ => return Err(Failure::overload()),
    };
    match (found, optional) {
        (found, true) => Ok(Value::Optional(found.map(Arc::new))),
        (Some(value), false) => Ok(value),
        (None, false) => Err(missing(key)),
    }
}

fn indexed(operand: Value, index: &Value, optional: bool) -> Outcome {
    match &operand {
        Value::List(items) => {
            let Some(Key::Int(at)) = Key::of(index) else { return Err(Failure::overload()) };
            let found = usize::try_from(at).ok().and_then(|at| items.get(at)).cloned();
            match (found, optional) {
                (found, true) => Ok(Value::Optional(found.map(Arc::new))),
                (Some(value), false) => Ok(value),
                (None, false) => Err(Failure::Because(format!("index out of bounds: {at}"))),
            }
        }
        _ => select(operand, &Key::of(index).ok_or_else(Failure::overload)?, optional),
    }
}

fn has(operand: Value, field: &str) -> Outcome {
    match operand {
        Value::Map(map) => Ok(Value::Bool(map.contains_key(&Key::Text(field.into())))),
        Value::Optional(None) => Ok(Value::Bool(false)),
        Value::Optional(Some(inner)) => has(inner.as_ref().clone(), field),
        _ => Err(Failure::overload()),
    }
}

fn call(target: Option<&Expr>, function: &str, arguments: &[Expr], scope: &mut Scope, budget: &mut Budget) -> Outcome {
    // Functions of a library are written as methods of its name.
    if let Some(Expr::Name(library, _)) = target
        && functions::is_library(library)
        && scope.get(library).is_none()
    {
        let arguments = all(arguments, scope, budget)?;
        return functions::call(&format!("{library}.{function}"), &arguments, budget);
    }
    let Some(target) = target else {
        let arguments = all(arguments, scope, budget)?;
        return functions::call(function, &arguments, budget);
    };
    let target = eval(target, scope, budget)?;
    let arguments = all(arguments, scope, budget)?;
    functions::method(&target, function, &arguments, budget)
}

fn all(arguments: &[Expr], scope: &mut Scope, budget: &mut Budget) -> Result<Vec<Value>, Failure> {
    arguments.iter().map(|argument| eval(argument, scope, budget)).collect()
}

fn unary(operator: Unary, operand: Value) -> Outcome {
    match (operator, operand) {
        (Unary::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (Unary::Minus, Value::Int(value)) => {
            value.checked_neg().map(Value::Int).ok_or_else(|| Failure::Because("integer overflow".into()))
        }
        (Unary::Minus, Value::Double(value)) => Ok(Value::Double(-value)),
        _ => Err(Failure::overload()),
    }
}

/// `&&` and `||`: one operand that decides makes the failures of others void.
fn junction(operands: &[Expr], decisive: bool, scope: &mut Scope, budget: &mut Budget) -> Outcome {
    let mut failed = None;
    for operand in operands {
        match eval(operand, scope, budget) {
            Ok(Value::Bool(value)) if value == decisive => return Ok(Value::Bool(decisive)),
            Ok(Value::Bool(_)) => {}
            Ok(_) => failed = Some(Failure::overload()),
            Err(Failure::Spent) => return Err(Failure::Spent),
            Err(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Ok(Value::Bool(!decisive)), Err)
}

/// The members of a list, or the keys of a map.
fn members(range: Value) -> Result<Vec<Value>, Failure> {
    match range {
        Value::List(items) => Ok(items.as_ref().clone()),
        Value::Map(map) => Ok(map.keys().map(Key::value).collect()),
        _ => Err(Failure::overload()),
    }
}

struct Body<'a> {
    variable: &'a str,
    guard: Option<&'a Expr>,
    body: &'a Expr,
}

impl Body<'_> {
    fn eval(&self, expr: &Expr, member: &Value, scope: &mut Scope, budget: &mut Budget) -> Outcome {
        scope.push(self.variable, member.clone());
        let outcome = eval(expr, scope, budget);
        scope.0.pop();
        outcome
    }

    fn holds(&self, expr: &Expr, member: &Value, scope: &mut Scope, budget: &mut Budget) -> Result<bool, Failure> {
        match self.eval(expr, member, scope, budget)? {
            Value::Bool(value) => Ok(value),
            _ => Err(Failure::overload()),
        }
    }
}

fn each(kind: Each, members: &[Value], body: &Body<'_>, scope: &mut Scope, budget: &mut Budget) -> Outcome {
    budget.spend(members.len())?;
    match kind {
        Each::All => quantified(false, members, body, scope, budget),
        Each::Exists => quantified(true, members, body, scope, budget),
        Each::ExistsOne => {
            let mut count = 0;
            for member in members {
                count += usize::from(body.holds(body.body, member, scope, budget)?);
            }
            Ok(Value::Bool(count == 1))
        }
        Each::Filter => {
            let mut kept = Vec::new();
            for member in members {
                if body.holds(body.body, member, scope, budget)? {
                    kept.push(member.clone());
                }
            }
            Ok(Value::list(kept))
        }
        Each::Map => {
            let mut made = Vec::new();
            for member in members {
                if match body.guard {
                    Some(guard) => body.holds(guard, member, scope, budget)?,
                    None => true,
                } {
                    made.push(body.eval(body.body, member, scope, budget)?);
                }
            }
            Ok(Value::list(made))
        }
    }
}

fn quantified(decisive: bool, members: &[Value], body: &Body<'_>, scope: &mut Scope, budget: &mut Budget) -> Outcome {
    let mut failed = None;
    for member in members {
        match body.holds(body.body, member, scope, budget) {
            Ok(value) if value == decisive => return Ok(Value::Bool(decisive)),
            Ok(_) => {}
            Err(Failure::Spent) => return Err(Failure::Spent),
            Err(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Ok(Value::Bool(!decisive)), Err)
}

fn bind(variable: &str, value: &Expr, body: &Expr, optional: bool, scope: &mut Scope, budget: &mut Budget) -> Outcome {
    let value = match (eval(value, scope, budget)?, optional) {
        (value, false) => value,
        (Value::Optional(Some(inner)), true) => inner.as_ref().clone(),
        (Value::Optional(None), true) => return Ok(Value::Optional(None)),
        _ => return Err(Failure::overload()),
    };
    scope.push(variable, value);
    let outcome = eval(body, scope, budget);
    scope.0.pop();
    outcome.map(|made| if optional { Value::Optional(Some(Arc::new(made))) } else { made })
}
