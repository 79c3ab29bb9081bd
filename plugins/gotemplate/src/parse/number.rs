//! Number constants. They have no type until they are used, so every reading that fits is kept.

use super::token::Kind;
use super::unquote::unquote_char;
use crate::ast::Number;
use crate::fmt::quote;
use crate::strconv::{parse_float, parse_int, parse_uint};

/// # Errors
/// Go's words for what is wrong.
pub(super) fn parse_number(text: &str, kind: Kind) -> Result<Number, String> {
    match kind {
        Kind::Char => character(text),
        Kind::Complex => complex(text),
        _ => real(text),
    }
}

fn character(text: &str) -> Result<Number, String> {
    let (char, tail) = unquote_char(&text[1..], '\'')?;
    if tail != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    let value = i64::from(char);
    Ok(Number {
        text: text.to_owned(),
        int: Some(value),
        uint: Some(value as u64),
        float: Some(value as f64),
        complex: None,
    })
}

fn complex(text: &str) -> Result<Number, String> {
    let syntax = || "syntax error scanning complex number".to_owned();
    let sign = text[1..].rfind(['+', '-']).ok_or_else(syntax)? + 1;
    // The sign of an exponent is not the sign between the parts.
    let sign = if text[..sign].ends_with(['e', 'E', 'p', 'P']) {
        text[1..sign - 1].rfind(['+', '-']).ok_or_else(syntax)? + 1
    } else {
        sign
    };
    let real = parse_float(&text[..sign]).map_err(|_| syntax())?;
    let imaginary = parse_float(text[sign..].trim_end_matches('i')).map_err(|_| syntax())?;
    Ok(from_complex(text, real, imaginary))
}

fn from_complex(text: &str, real: f64, imaginary: f64) -> Number {
    let mut number = Number { text: text.to_owned(), complex: Some((real, imaginary)), ..Number::default() };
    if imaginary == 0.0 {
        number.float = Some(real);
        number.int = exact_int(real);
        number.uint = exact_uint(real);
    }
    number
}

fn real(text: &str) -> Result<Number, String> {
    if let Some(digits) = text.strip_suffix('i')
        && let Ok(imaginary) = parse_float(digits)
    {
        return Ok(from_complex(text, 0.0, imaginary));
    }
    let mut number = Number { text: text.to_owned(), ..Number::default() };
    number.int = parse_int(text, 0).ok();
    number.uint = parse_uint(text, 0).ok().or(number.int.filter(|value| *value == 0).map(|_| 0));
    number.float = number.int.map(|value| value as f64).or(number.uint.map(|value| value as f64));
    if number.float.is_some() {
        return Ok(number);
    }
    let value = parse_float(text).map_err(|_| format!("illegal number syntax: {}", quote(text.as_bytes())))?;
    if !text.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {}", quote(text.as_bytes())));
    }
    number.float = Some(value);
    number.int = exact_int(value);
    number.uint = exact_uint(value);
    Ok(number)
}

fn exact_int(value: f64) -> Option<i64> {
    let int = value as i64;
    (int as f64 == value && value < 9.3e18).then_some(int)
}

fn exact_uint(value: f64) -> Option<u64> {
    let uint = value as u64;
    (value >= 0.0 && uint as f64 == value).then_some(uint)
}
