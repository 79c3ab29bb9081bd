//! Operators, functions and methods by name.

use std::cmp::Ordering;
use std::sync::Arc;

use super::ast::Binary;
use super::eval::{Budget, Failure, Outcome};
use super::value::{Key, Value};
use super::{network, strings, time};
use crate::rules::quantity;

const FUNCTIONS: [&str; 22] = [
    "size",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "bool",
    "type",
    "dyn",
    "timestamp",
    "duration",
    "matches",
    "quantity",
    "isQuantity",
    "ip",
    "isIP",
    "cidr",
    "isCIDR",
    "url",
    "isURL",
    "optional.of",
    "optional.none",
];
const LIBRARY_FUNCTIONS: [&str; 8] = [
    "optional.ofNonZeroValue",
    "sets.contains",
    "sets.equivalent",
    "sets.intersects",
    "math.greatest",
    "math.least",
    "math.abs",
    "ip.isCanonical",
];
const METHODS: [&str; 38] = [
    "size",
    "isSorted",
    "sum",
    "min",
    "max",
    "hasValue",
    "value",
    "orValue",
    "or",
    "isGreaterThan",
    "isLessThan",
    "compareTo",
    "sign",
    "isInteger",
    "asInteger",
    "asApproximateFloat",
    "add",
    "sub",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfYear",
    "getDayOfWeek",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "first",
    "last",
    "flatten",
    "distinct",
    "slice",
    "sort",
    "indexOf",
    "lastIndexOf",
    "reverse",
    "join",
];

pub fn is_library(name: &str) -> bool {
    matches!(name, "optional" | "sets" | "math")
}

pub fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name) || LIBRARY_FUNCTIONS.contains(&name)
}

pub fn is_method(name: &str) -> bool {
    METHODS.contains(&name) || strings::METHODS.contains(&name) || network::METHODS.contains(&name)
}

pub fn type_named(name: &str) -> Option<&'static str> {
    const TYPES: [&str; 10] = ["null_type", "bool", "int", "uint", "double", "string", "bytes", "list", "map", "type"];
    TYPES.into_iter().find(|known| *known == name)
}

fn because(text: &str) -> Failure {
    Failure::Because(text.into())
}

pub fn binary(operator: Binary, left: Value, right: Value) -> Outcome {
    let order = |wanted: &[Ordering]| match left.order(&right) {
        Some(order) => Ok(Value::Bool(wanted.contains(&order))),
        None => Err(Failure::overload()),
    };
    match operator {
        Binary::Equal => Ok(Value::Bool(left == right)),
        Binary::Unequal => Ok(Value::Bool(left != right)),
        Binary::Less => order(&[Ordering::Less]),
        Binary::LessOrEqual => order(&[Ordering::Less, Ordering::Equal]),
        Binary::Greater => order(&[Ordering::Greater]),
        Binary::GreaterOrEqual => order(&[Ordering::Greater, Ordering::Equal]),
        Binary::In => match &right {
            Value::List(items) => Ok(Value::Bool(items.contains(&left))),
            Value::Map(map) => Ok(Value::Bool(Key::of(&left).is_some_and(|key| map.contains_key(&key)))),
            _ => Err(Failure::overload()),
        },
        _ => arithmetic(operator, left, right),
    }
}

fn arithmetic(operator: Binary, left: Value, right: Value) -> Outcome {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => whole(operator, left.into(), right.into())
            .and_then(|value| i64::try_from(value).map(Value::Int).map_err(|_| because("integer overflow"))),
        (Value::Uint(left), Value::Uint(right)) => whole(operator, left.into(), right.into())
            .and_then(|value| u64::try_from(value).map(Value::Uint).map_err(|_| because("unsigned integer overflow"))),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(match operator {
            Binary::Add => left + right,
            Binary::Subtract => left - right,
            Binary::Multiply => left * right,
            Binary::Divide => left / right,
            _ => return Err(Failure::overload()),
        })),
        (left, right) => joined(operator, left, right),
    }
}

fn whole(operator: Binary, left: i128, right: i128) -> Result<i128, Failure> {
    match operator {
        Binary::Add => Ok(left + right),
        Binary::Subtract => Ok(left - right),
        // Two numbers of 64 bits multiply to one of 128.
        Binary::Multiply => left.checked_mul(right).ok_or_else(|| because("integer overflow")),
        Binary::Divide => left.checked_div(right).ok_or_else(|| because("division by zero")),
        Binary::Remainder => left.checked_rem(right).ok_or_else(|| because("modulus by zero")),
        _ => Err(Failure::overload()),
    }
}

/// Strings, lists and times that are added to each other.
fn joined(operator: Binary, left: Value, right: Value) -> Outcome {
    let outside = || because("timestamp overflow");
    match (operator, left, right) {
        (Binary::Add, Value::Text(left), Value::Text(right)) => Ok(Value::Text(format!("{left}{right}").into())),
        (Binary::Add, Value::Bytes(left), Value::Bytes(right)) => Ok(Value::Bytes([&*left, &*right].concat().into())),
        (Binary::Add, Value::List(mut left), Value::List(right)) => {
            Arc::make_mut(&mut left).extend(right.iter().cloned());
            Ok(Value::List(left))
        }
        (Binary::Add, Value::Time(time), Value::Span(span)) | (Binary::Add, Value::Span(span), Value::Time(time)) => {
            time.checked_add(span).map(Value::Time).map_err(|_| outside())
        }
        (Binary::Subtract, Value::Time(time), Value::Span(span)) => {
            time.checked_sub(span).map(Value::Time).map_err(|_| outside())
        }
        (Binary::Subtract, Value::Time(left), Value::Time(right)) => Ok(Value::Span(left.duration_since(right))),
        (Binary::Add, Value::Span(left), Value::Span(right)) => {
            left.checked_add(right).map(Value::Span).ok_or_else(outside)
        }
        (Binary::Subtract, Value::Span(left), Value::Span(right)) => {
            left.checked_sub(right).map(Value::Span).ok_or_else(outside)
        }
        _ => Err(Failure::overload()),
    }
}

/// # Errors
/// No such function for these arguments, or it fails.
pub fn call(function: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    budget.read(arguments.iter().map(Value::weight).sum())?;
    match (function, arguments) {
        ("size", [value]) => size(value),
        ("dyn", [value]) => Ok(value.clone()),
        ("type", [value]) => Ok(Value::Type(value.type_name())),
        ("matches", [Value::Text(text), pattern]) => {
            strings::method(text, "matches", std::slice::from_ref(pattern), budget)
        }
        ("optional.none", []) => Ok(Value::Optional(None)),
        ("optional.of", [value]) => Ok(Value::Optional(Some(Arc::new(value.clone())))),
        ("optional.ofNonZeroValue", [value]) => Ok(Value::Optional((!is_zero(value)).then(|| Arc::new(value.clone())))),
        ("sets.contains" | "sets.equivalent" | "sets.intersects", [Value::List(left), Value::List(right)]) => {
            sets(function, left, right, budget)
        }
        ("math.greatest" | "math.least", [Value::List(items)]) => extreme(items, function == "math.greatest"),
        ("math.greatest" | "math.least", items) => extreme(items, function == "math.greatest"),
        ("math.abs", [Value::Int(value)]) => {
            value.checked_abs().map(Value::Int).ok_or_else(|| because("integer overflow"))
        }
        ("math.abs", [Value::Double(value)]) => Ok(Value::Double(value.abs())),
        (_, [value]) => convert(function, value),
        _ => Err(Failure::overload()),
    }
}

fn convert(function: &str, value: &Value) -> Outcome {
    let number = |value: f64| (value.abs() < 9.2e18).then_some(value).ok_or_else(|| because("integer overflow"));
    match (function, value) {
        ("int", Value::Int(_)) | ("uint", Value::Uint(_)) | ("double", Value::Double(_)) => Ok(value.clone()),
        ("int", Value::Uint(value)) => i64::try_from(*value).map(Value::Int).map_err(|_| because("integer overflow")),
        ("int", Value::Double(value)) => Ok(Value::Int(number(*value)? as i64)),
        ("int", Value::Text(text)) => text.parse().map(Value::Int).map_err(|_| conversion(text, "int")),
        ("int", Value::Time(time)) => Ok(Value::Int(time.as_second())),
        ("uint", Value::Int(value)) => {
            u64::try_from(*value).map(Value::Uint).map_err(|_| because("unsigned integer overflow"))
        }
        ("uint", Value::Double(value)) if *value >= 0.0 => Ok(Value::Uint(number(*value)? as u64)),
        ("uint", Value::Text(text)) => text.parse().map(Value::Uint).map_err(|_| conversion(text, "uint")),
        ("double", Value::Int(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Uint(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Text(text)) => text.parse().map(Value::Double).map_err(|_| conversion(text, "double")),
        ("bool", Value::Bool(_)) => Ok(value.clone()),
        ("bool", Value::Text(text)) => match &**text {
            "true" | "True" | "TRUE" | "t" | "1" => Ok(Value::Bool(true)),
            "false" | "False" | "FALSE" | "f" | "0" => Ok(Value::Bool(false)),
            _ => Err(conversion(text, "bool")),
        },
        ("bytes", Value::Text(text)) => Ok(Value::Bytes(text.as_bytes().into())),
        ("bytes", Value::Bytes(_)) => Ok(value.clone()),
        ("string", value) => text_of(value),
        ("timestamp", Value::Time(_)) | ("duration", Value::Span(_)) => Ok(value.clone()),
        ("timestamp", Value::Text(text)) => text.parse().map(Value::Time).map_err(|_| conversion(text, "timestamp")),
        ("duration", Value::Text(text)) => {
            time::span(text).map(Value::Span).ok_or_else(|| conversion(text, "duration"))
        }
        (_, Value::Text(text)) => parsed(function, text),
        _ => Err(Failure::overload()),
    }
}

fn conversion(text: &str, kind: &str) -> Failure {
    Failure::Because(format!("type conversion error from 'string' {text:?} to '{kind}'"))
}

/// The kinds of Kubernetes' own libraries, and whether a text is one.
fn parsed(function: &str, text: &str) -> Outcome {
    let found = match function {
        "quantity" | "isQuantity" => quantity::amount(text).map(Value::Quantity),
        "ip" | "isIP" => network::address(text).map(Value::Address),
        "cidr" | "isCIDR" => network::network(text).map(|(base, bits)| Value::Network(base, bits)),
        "url" | "isURL" => network::url(text).map(Value::Url),
        _ => return Err(Failure::overload()),
    };
    if function.starts_with("is") {
        return Ok(Value::Bool(found.is_some()));
    }
    found.ok_or_else(|| Failure::Because(format!("{function}: cannot parse {text:?}")))
}

fn text_of(value: &Value) -> Outcome {
    Ok(Value::text(&match value {
        Value::Text(text) => return Ok(Value::Text(text.clone())),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec())
            .map_err(|_| because("invalid UTF-8 in bytes, cannot convert to string"))?,
        Value::Time(time) => time.to_string(),
        Value::Span(span) => time::shown(*span),
        Value::Address(address) => address.to_string(),
        Value::Network(base, bits) => format!("{base}/{bits}"),
        _ => return Err(Failure::overload()),
    }))
}

fn size(value: &Value) -> Outcome {
    let size = match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        _ => return Err(Failure::overload()),
    };
    Ok(Value::Int(size as i64))
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) => true,
        Value::Double(value) => *value == 0.0,
        other => size(other).is_ok_and(|size| size == Value::Int(0)),
    }
}

fn sets(function: &str, left: &[Value], right: &[Value], budget: &mut Budget) -> Outcome {
    budget.spend(left.len().saturating_mul(right.len()))?;
    let within = |inner: &[Value], outer: &[Value]| inner.iter().all(|item| outer.contains(item));
    Ok(Value::Bool(match function {
        "sets.contains" => within(right, left),
        "sets.equivalent" => within(right, left) && within(left, right),
        _ => left.iter().any(|item| right.contains(item)),
    }))
}

fn extreme(items: &[Value], greatest: bool) -> Outcome {
    let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
    let (first, rest) = items.split_first().ok_or_else(|| because("no such overload"))?;
    let mut best = first;
    for item in rest {
        if item.order(best).ok_or_else(Failure::overload)? == wanted {
            best = item;
        }
    }
    Ok(best.clone())
}

/// # Errors
/// No such method of this value, or it fails.
pub fn method(target: &Value, function: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    budget.read(target.weight() + arguments.iter().map(Value::weight).sum::<usize>())?;
    match (target, function) {
        (_, "size") if arguments.is_empty() => size(target),
        (Value::Text(text), _) => strings::method(text, function, arguments, budget),
        (Value::List(items), _) => of_list(items, function, arguments, budget),
        (Value::Optional(inner), _) => of_optional(inner.as_ref(), function, arguments),
        (Value::Time(time), _) if arguments.is_empty() => time::part(*time, function),
        (Value::Span(span), _) => time::span_part(*span, function),
        (Value::Quantity(quantity), _) => of_quantity(*quantity, function, arguments),
        (Value::Address(address), _) => network::of_address(*address, function),
        (Value::Network(base, bits), _) => network::of_network(*base, *bits, function, arguments),
        (Value::Url(url), _) => network::of_url(url, function),
        _ => Err(Failure::overload()),
    }
}

fn of_list(items: &Arc<Vec<Value>>, function: &str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    let optional = |item: Option<&Value>| Value::Optional(item.map(|item| Arc::new(item.clone())));
    let index = |at: Option<usize>| Value::Int(at.map_or(-1, |at| at as i64));
    match (function, arguments) {
        ("isSorted", []) => {
            let ordered = |pair: &[Value]| pair[0].order(&pair[1]).is_some_and(Ordering::is_le);
            Ok(Value::Bool(items.windows(2).all(ordered)))
        }
        ("sum", []) => items.iter().skip(1).try_fold(items.first().cloned().unwrap_or(Value::Int(0)), |sum, item| {
            binary(Binary::Add, sum, item.clone())
        }),
        ("min" | "max", []) if items.is_empty() => Err(Failure::Because(format!("{function} called on empty list"))),
        ("min" | "max", []) => extreme(items, function == "max"),
        ("indexOf", [wanted]) => Ok(index(items.iter().position(|item| item == wanted))),
        ("lastIndexOf", [wanted]) => Ok(index(items.iter().rposition(|item| item == wanted))),
        ("first", []) => Ok(optional(items.first())),
        ("last", []) => Ok(optional(items.last())),
        ("reverse", []) => Ok(Value::list(items.iter().rev().cloned().collect())),
        ("join", []) => strings::join(items, "", budget),
        ("join", [Value::Text(between)]) => strings::join(items, between, budget),
        ("slice", [Value::Int(from), Value::Int(to)]) => {
            let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            let part = range.and_then(|(from, to)| items.get(from..to));
            part.map(|part| Value::list(part.to_vec())).ok_or_else(|| because("index out of range"))
        }
        ("distinct", []) => {
            budget.spend(items.len().saturating_mul(items.len()))?;
            let mut kept: Vec<Value> = Vec::new();
            items.iter().for_each(|item| {
                if !kept.contains(item) {
                    kept.push(item.clone());
                }
            });
            Ok(Value::list(kept))
        }
        ("sort", []) => {
            budget.spend(items.len() * 16)?;
            let mut sorted = items.as_ref().clone();
            sorted.sort_by(|one, two| one.order(two).unwrap_or(Ordering::Equal));
            Ok(Value::list(sorted))
        }
        ("flatten", []) => {
            let inner = |item: &Value| match item {
                Value::List(items) => items.as_ref().clone(),
                other => vec![other.clone()],
            };
            let flat: Vec<Value> = items.iter().flat_map(inner).collect();
            budget.spend(flat.len())?;
            Ok(Value::list(flat))
        }
        _ => Err(Failure::overload()),
    }
}

fn of_optional(inner: Option<&Arc<Value>>, function: &str, arguments: &[Value]) -> Outcome {
    match (function, arguments, inner) {
        ("hasValue", [], _) => Ok(Value::Bool(inner.is_some())),
        ("value", [], Some(inner)) | ("orValue", [_], Some(inner)) => Ok(inner.as_ref().clone()),
        ("value", [], None) => Err(because("optional.none() dereference")),
        ("orValue", [other], None) | ("or", [other], None) => Ok(other.clone()),
        ("or", [_], Some(inner)) => Ok(Value::Optional(Some(inner.clone()))),
        _ => Err(Failure::overload()),
    }
}

fn of_quantity(quantity: i128, function: &str, arguments: &[Value]) -> Outcome {
    const UNIT: i128 = 1_000_000_000;
    let whole = (quantity % UNIT == 0).then(|| i64::try_from(quantity / UNIT).ok()).flatten();
    let overflow = || because("quantity overflow");
    match (function, arguments) {
        ("isGreaterThan", [Value::Quantity(other)]) => Ok(Value::Bool(quantity > *other)),
        ("isLessThan", [Value::Quantity(other)]) => Ok(Value::Bool(quantity < *other)),
        ("compareTo", [Value::Quantity(other)]) => Ok(Value::Int(quantity.cmp(other) as i64)),
        ("sign", []) => Ok(Value::Int(quantity.signum() as i64)),
        ("isInteger", []) => Ok(Value::Bool(whole.is_some())),
        ("asInteger", []) => whole.map(Value::Int).ok_or_else(|| because("cannot convert value to integer")),
        ("asApproximateFloat", []) => Ok(Value::Double(quantity as f64 / UNIT as f64)),
        ("add" | "sub", [other]) => {
            let other = match other {
                Value::Quantity(other) => *other,
                Value::Int(other) => i128::from(*other) * UNIT,
                _ => return Err(Failure::overload()),
            };
            let sum = if function == "add" { quantity.checked_add(other) } else { quantity.checked_sub(other) };
            sum.map(Value::Quantity).ok_or_else(overflow)
        }
        _ => Err(Failure::overload()),
    }
}
