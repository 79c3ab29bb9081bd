//! Durations: text such as `1h30m`, or numbers of seconds, to the unit asked for.
//!
//! Those without `must` answer 0 for what is no duration.

use windlass_gotemplate::{Functions, Signature, Type, Value};
use windlass_sprig::time::{Duration, parse_duration};

use super::{ANY, argument, failed};

const SECOND: f64 = 1e9;
const SECOND_NANOS: i64 = 1_000_000_000;

pub(super) fn register(functions: &mut Functions) {
    functions.add("mustToDuration", Signature::fixed(ANY), |_, arguments| {
        parse(&argument(arguments, 0)).map(value).map_err(failed)
    });
    let fractions: [(&str, f64); 5] = [
        ("durationSeconds", SECOND),
        ("durationMinutes", 60.0 * SECOND),
        ("durationHours", 3_600.0 * SECOND),
        ("durationDays", 24.0 * 3_600.0 * SECOND),
        ("durationWeeks", 7.0 * 24.0 * 3_600.0 * SECOND),
    ];
    for (name, unit) in fractions {
        functions.add(name, Signature::fixed(ANY), move |_, arguments| {
            Ok(Value::float(parse(&argument(arguments, 0)).map_or(0.0, |nanos| nanos as f64 / unit)))
        });
    }
    let wholes: [(&str, i64); 3] =
        [("durationMilliseconds", 1_000_000), ("durationMicroseconds", 1_000), ("durationNanoseconds", 1)];
    for (name, unit) in wholes {
        functions.add(name, Signature::fixed(ANY), move |_, arguments| {
            Ok(Value::int64(parse(&argument(arguments, 0)).map_or(0, |nanos| nanos / unit)))
        });
    }
    let pair = Signature::fixed(&[Type::Any, Type::Any]);
    functions.add("durationRoundTo", pair, |_, arguments| Ok(to_multiple(arguments, round)));
    functions
        .add("durationTruncateTo", pair, |_, arguments| Ok(to_multiple(arguments, |nanos, unit| nanos - nanos % unit)));
}

/// An unusable duration is 0, an unusable multiple leaves the duration as it is.
fn to_multiple(arguments: &[Value], adjust: fn(i64, i64) -> i64) -> Value {
    let Ok(nanos) = parse(&argument(arguments, 0)) else { return value(0) };
    let unit = parse(&argument(arguments, 1)).ok().filter(|unit| *unit > 0);
    value(unit.map_or(nanos, |unit| adjust(nanos, unit)))
}

/// Half a unit goes away from zero; what would overflow stays at the end of the range.
fn round(nanos: i64, unit: i64) -> i64 {
    let rest = nanos % unit;
    let down = nanos - rest;
    if rest.unsigned_abs() < unit.unsigned_abs().div_ceil(2) {
        return down;
    }
    down.saturating_add(unit * nanos.signum())
}

fn value(nanos: i64) -> Value {
    Value::object(Duration(nanos))
}

/// Nanoseconds.
fn parse(value: &Value) -> Result<i64, String> {
    if let Some(Duration(nanos)) = value.downcast() {
        return Ok(*nanos);
    }
    match value.underlying() {
        Value::Nil => Err("invalid duration".to_owned()),
        Value::String(text) => parse_text(&text.to_str()),
        Value::Int(seconds, _) => {
            seconds.checked_mul(SECOND_NANOS).ok_or_else(|| format!("duration seconds overflow: {seconds}"))
        }
        Value::Uint(seconds, _) => {
            let nanos = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(SECOND_NANOS));
            nanos.ok_or_else(|| format!("duration seconds overflow: {seconds}"))
        }
        Value::Float(seconds, _) => from_seconds(seconds),
        other => Err(format!("unsupported duration type {}", other.type_of())),
    }
}

fn parse_text(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("empty duration".to_owned());
    }
    if let Ok(Duration(nanos)) = parse_duration(trimmed) {
        return Ok(nanos);
    }
    let seconds = trimmed.parse().map_err(|_| format!("could not parse duration {text:?}"))?;
    from_seconds(seconds)
}

fn from_seconds(seconds: f64) -> Result<i64, String> {
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {seconds}"));
    }
    let nanos = seconds * SECOND;
    if !(i64::MIN as f64..=i64::MAX as f64).contains(&nanos) {
        return Err(format!("duration seconds overflow: {seconds}"));
    }
    Ok(nanos as i64)
}
