//! Loose conversions, as spf13/cast makes them: what does not convert is zero.

use windlass_gotemplate::fmt::write_value;
use windlass_gotemplate::strconv::{parse_float, parse_int};
use windlass_gotemplate::{Failure, IntKind, Kind, Value};

/// `int64` and `int`: text with base prefixes, floats cut off, truth as 1.
pub fn to_int64(value: &Value) -> i64 {
    match plain(value) {
        Value::Bool(truth) => truth.into(),
        Value::Int(number, _) => number,
        Value::Uint(number, _) => number as i64,
        Value::Float(number, _) => truncate(number),
        Value::String(text) => parse_int(trim_zero_decimal(&text.to_str()), 0).unwrap_or(0),
        _ => 0,
    }
}

pub fn to_float64(value: &Value) -> f64 {
    match plain(value) {
        Value::Bool(truth) => f64::from(u8::from(truth)),
        Value::Int(number, _) => number as f64,
        Value::Uint(number, _) => number as f64,
        Value::Float(number, _) => number,
        Value::String(text) => parse_float(&text.to_str()).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Of the named types only months and weekdays, which are ints, convert.
fn plain(value: &Value) -> Value {
    if value.kind() == Kind::Int(IntKind::Int) { value.underlying() } else { value.clone() }
}

/// Go's conversion: out of range gives the smallest number, as on amd64.
fn truncate(number: f64) -> i64 {
    if number.abs() < i64::MAX as f64 { number as i64 } else { i64::MIN }
}

/// `1.0` and `1.` read as 1: zeros behind the last point are no reason to refuse.
fn trim_zero_decimal(text: &str) -> &str {
    let whole = text.trim_end_matches('0');
    match whole.strip_suffix('.') {
        Some(whole) if text.ends_with('0') => whole,
        _ => text,
    }
}

/// `toString`: text and bytes as they are, the rest as `%v`.
///
/// # Errors
/// The value is nested too deeply.
pub fn to_text(value: &Value) -> Result<Vec<u8>, Failure> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        other => {
            let mut out = Vec::new();
            write_value(&mut out, other)?;
            Ok(out)
        }
    }
}
