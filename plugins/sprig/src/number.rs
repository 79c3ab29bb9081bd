//! Arithmetic: integers wrap and cut off, floats go through exact decimals.

use std::rc::Rc;

use windlass_gotemplate::fmt::sprint;
use windlass_gotemplate::strconv::parse_int;
use windlass_gotemplate::{Execution, Failure, Functions, Signature, Type, Value};

use crate::args::{ANY, ANY_ANY, ANY_ANYS, ANYS, Answer, INT_INT, STRING, int, string};
use crate::cast::{to_float64, to_int64};
use crate::chance::Chance;
use crate::decimal::Decimal;
use crate::list::steps;

const ROUND: Signature = Signature::variadic(&[Type::Any, Type::INT], Type::FLOAT64);
const INTS: Signature = Signature::variadic(&[], Type::INT);

pub(crate) fn register(functions: &mut Functions, chance: &Rc<Chance>) {
    functions.add("atoi", STRING, |_, args| Ok(Value::int(parse_int(&string(args, 0), 10).unwrap_or(0))));
    functions.add("int64", ANY, |_, args| Ok(Value::int64(to_int64(&args[0]))));
    functions.add("int", ANY, |_, args| Ok(Value::int(to_int64(&args[0]))));
    functions.add("float64", ANY, |_, args| Ok(Value::float(to_float64(&args[0]))));
    functions.add("toDecimal", ANY, |_, args| {
        let text = sprint(args)?;
        Ok(Value::int64(parse_int(&String::from_utf8_lossy(&text), 8).unwrap_or(0)))
    });
    functions.add("seq", INTS, seq);
    integers(functions);
    decimals(functions);
    floats(functions);
    let chance = chance.clone();
    functions.add("randInt", INT_INT, move |execution, args| {
        let (min, max) = (int(args, 0), int(args, 1));
        let Some(span) = max.checked_sub(min).filter(|span| *span > 0) else {
            return Err(Failure::new("invalid argument to Intn"));
        };
        let above = chance.site(execution, "randInt").below(usize::try_from(span).unwrap_or(usize::MAX))?;
        Ok(Value::int(min + i64::try_from(above).unwrap_or_default()))
    });
}

fn integers(functions: &mut Functions) {
    functions.add("add1", ANY, |_, args| Ok(Value::int64(to_int64(&args[0]).wrapping_add(1))));
    functions.add("add", ANYS, |_, args| Ok(folded(0, args, i64::wrapping_add)));
    functions.add("sub", ANY_ANY, |_, args| Ok(folded(to_int64(&args[0]), &args[1..], i64::wrapping_sub)));
    functions.add("mul", ANY_ANYS, |_, args| Ok(folded(to_int64(&args[0]), &args[1..], i64::wrapping_mul)));
    functions.add("div", ANY_ANY, |_, args| divided(args, i64::wrapping_div));
    functions.add("mod", ANY_ANY, |_, args| divided(args, i64::wrapping_rem));
    for name in ["max", "biggest"] {
        functions.add(name, ANY_ANYS, |_, args| Ok(folded(to_int64(&args[0]), &args[1..], i64::max)));
    }
    functions.add("min", ANY_ANYS, |_, args| Ok(folded(to_int64(&args[0]), &args[1..], i64::min)));
}

fn folded(start: i64, args: &[Value], operation: fn(i64, i64) -> i64) -> Value {
    Value::int64(args.iter().map(to_int64).fold(start, operation))
}

fn divided(args: &[Value], operation: fn(i64, i64) -> i64) -> Answer {
    match to_int64(&args[1]) {
        0 => Err(Failure::new("runtime error: integer divide by zero")),
        divisor => Ok(Value::int64(operation(to_int64(&args[0]), divisor))),
    }
}

type DecimalOperation = fn(Decimal, Decimal) -> Option<Decimal>;

fn decimals(functions: &mut Functions) {
    let plus: DecimalOperation = |left, right| Some(left.add(right));
    functions.add("add1f", ANY, move |_, args| exact(to_float64(&args[0]), &[Value::int(1)], plus));
    functions.add("addf", ANYS, move |_, args| exact(0.0, args, plus));
    let operations: [(&str, DecimalOperation); 3] = [
        ("subf", |left, right| Some(left.subtract(right))),
        ("mulf", |left, right| Some(left.multiply(right))),
        ("divf", Decimal::divide),
    ];
    for (name, operation) in operations {
        functions.add(name, ANY_ANYS, move |_, args| exact(to_float64(&args[0]), &args[1..], operation));
    }
}

fn exact(start: f64, args: &[Value], operation: DecimalOperation) -> Answer {
    let decimal = |number: f64| {
        Decimal::from_float(number).ok_or_else(|| {
            Failure::new(format!("Cannot create a Decimal from {}", windlass_gotemplate::fmt::shortest(number)))
        })
    };
    let mut result = decimal(start)?;
    for arg in args {
        let right = decimal(to_float64(arg))?;
        result = operation(result, right).ok_or_else(|| Failure::new("decimal division by 0"))?;
    }
    Ok(Value::float(result.to_float()))
}

fn floats(functions: &mut Functions) {
    functions.add("maxf", ANY_ANYS, |_, args| Ok(extreme(args, f64::max)));
    functions.add("minf", ANY_ANYS, |_, args| Ok(extreme(args, f64::min)));
    functions.add("ceil", ANY, |_, args| Ok(Value::float(to_float64(&args[0]).ceil())));
    functions.add("floor", ANY, |_, args| Ok(Value::float(to_float64(&args[0]).floor())));
    functions.add("round", ROUND, |_, args| {
        let up_from = args.get(2).map_or(0.5, to_float64);
        Ok(Value::float(round(to_float64(&args[0]), int(args, 1), up_from)))
    });
}

/// Unlike the standard library's, Go's comparison lets NaN win.
fn extreme(args: &[Value], choose: fn(f64, f64) -> f64) -> Value {
    let either = |left: f64, right: f64| if left.is_nan() || right.is_nan() { f64::NAN } else { choose(left, right) };
    Value::float(args.iter().map(to_float64).reduce(either).unwrap_or(0.0))
}

/// Rounds up when the fraction reaches `up_from`.
fn round(number: f64, places: i64, up_from: f64) -> f64 {
    let power = 10f64.powf(places as f64);
    let digit = power * number;
    let rounded = if digit.fract() >= up_from { digit.ceil() } else { digit.floor() };
    rounded / power
}

/// As the Unix command: one number is the end, two are start and end, three have a step between.
fn seq(execution: &mut Execution, args: &[Value]) -> Answer {
    let (start, end, step) = match args.len() {
        1 => (1, int(args, 0), None),
        2 => (int(args, 0), int(args, 1), None),
        3 => (int(args, 0), int(args, 2), Some(int(args, 1))),
        _ => return Ok("".into()),
    };
    let towards = if end < start { -1 } else { 1 };
    if end < start && step.is_some_and(|step| step > 0) {
        return Ok("".into());
    }
    let numbers = steps(execution, start, end.saturating_add(towards), step.unwrap_or(towards))?;
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    Ok(texts.join(" ").into())
}
