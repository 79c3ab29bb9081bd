//! `eq`, `lt` and their kin: basic kinds only with their like, except that integers of both signs mix.

use std::cmp::Ordering;

use crate::error::Failure;
use crate::exec::Slot;
use crate::value::Value;

const BAD_TYPE: &str = "invalid type for comparison";

/// Whether the first argument equals any of the others.
pub(super) fn equal(args: &[Slot]) -> Result<bool, Failure> {
    let Some((first, others)) = args.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err(Failure::new("missing argument for comparison"));
    };
    for other in others {
        if equal_pair(&first.value, &other.value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal_pair(left: &Value, right: &Value) -> Result<bool, Failure> {
    match (left.underlying(), right.underlying()) {
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Complex(re, im), Value::Complex(other_re, other_im)) => Ok(re == other_re && im == other_im),
        (Value::Float(left, _), Value::Float(right, _)) => Ok(left == right),
        (Value::String(left), Value::String(right)) => Ok(left == right),
        (Value::Int(left, _), Value::Int(right, _)) => Ok(left == right),
        (Value::Uint(left, _), Value::Uint(right, _)) => Ok(left == right),
        (Value::Int(left, _), Value::Uint(right, _)) => Ok(u64::try_from(left) == Ok(right)),
        (Value::Uint(left, _), Value::Int(right, _)) => Ok(Ok(left) == u64::try_from(right)),
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        _ => equal_compound(left, right),
    }
}

fn equal_compound(left: &Value, right: &Value) -> Result<bool, Failure> {
    let basic = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_) | Value::Bytes(_) | Value::Object(_));
    if basic(&left.underlying()) || basic(&right.underlying()) {
        return Err(incompatible(left, right));
    }
    if left.kind() != right.kind() {
        let shown = Failure::new(format!(
            "non-comparable types {}: {}, {}: {}",
            reflected(left)?,
            left.type_of(),
            right.type_of(),
            reflected(right)?
        ));
        return Err(shown);
    }
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => Ok(left.equals(right.as_ref())),
        _ => Err(Failure::new(format!("non-comparable type {}: {}", reflected(right)?, right.type_of()))),
    }
}

/// A reflected value in an error text: what it holds.
fn reflected(value: &Value) -> Result<String, Failure> {
    let mut text = Vec::new();
    crate::fmt::write_value(&mut text, value)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn incompatible(left: &Value, right: &Value) -> Failure {
    Failure::new(format!("incompatible types for comparison: {} and {}", left.type_of(), right.type_of()))
}

/// `None` for floats that have no order.
fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, Failure> {
    let (left_basic, right_basic) = (left.underlying(), right.underlying());
    let basic = |value: &Value| {
        !matches!(value, Value::Nil | Value::List(_) | Value::Map(_) | Value::Bytes(_) | Value::Object(_))
    };
    if !basic(&left_basic) || !basic(&right_basic) {
        return Err(Failure::new(BAD_TYPE));
    }
    match (left_basic, right_basic) {
        (Value::Float(left, _), Value::Float(right, _)) => Ok(left.partial_cmp(&right)),
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(&right))),
        (Value::Int(left, _), Value::Int(right, _)) => Ok(Some(left.cmp(&right))),
        (Value::Uint(left, _), Value::Uint(right, _)) => Ok(Some(left.cmp(&right))),
        (Value::Int(left, _), Value::Uint(right, _)) => Ok(Some(i128::from(left).cmp(&i128::from(right)))),
        (Value::Uint(left, _), Value::Int(right, _)) => Ok(Some(i128::from(left).cmp(&i128::from(right)))),
        (Value::Bool(_), Value::Bool(_)) | (Value::Complex(..), Value::Complex(..)) => Err(Failure::new(BAD_TYPE)),
        _ => Err(incompatible(left, right)),
    }
}

pub(super) fn less(args: &[Slot]) -> Result<bool, Failure> {
    Ok(order(&args[0].value, &args[1].value)? == Some(Ordering::Less))
}

pub(super) fn less_or_equal(args: &[Slot]) -> Result<bool, Failure> {
    Ok(matches!(order(&args[0].value, &args[1].value)?, Some(Ordering::Less | Ordering::Equal)))
}
