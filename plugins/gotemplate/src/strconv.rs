//! Go's number syntax: base prefixes, underscores between digits, hexadecimal floats, and its
//! difference between what is no number and what is too large.

/// Why a text is not the number asked for; the words are Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("invalid syntax")]
    Syntax,
    #[error("value out of range")]
    Range,
}

/// `strconv.ParseUint(text, base, 64)`; base 0 reads the prefix and allows underscores.
///
/// # Errors
/// Not a number of that base, or above 64 bits.
pub fn parse_uint(text: &str, base: u32) -> Result<u64, NumberError> {
    let (base, digits) = if base == 0 { split_base(text) } else { (base, text) };
    let allow_underscore = base != 10 || digits.len() != text.len() || text.contains('_');
    if text.contains('_') && !(allow_underscore && underscores_fit(text)) {
        return Err(NumberError::Syntax);
    }
    let mut value: Option<u64> = Some(0);
    let mut any = false;
    for char in digits.chars().filter(|char| *char != '_') {
        let digit = char.to_digit(base).ok_or(NumberError::Syntax)?;
        any = true;
        value = value.and_then(|value| value.checked_mul(base.into())?.checked_add(digit.into()));
    }
    if any { value.ok_or(NumberError::Range) } else { Err(NumberError::Syntax) }
}

/// `strconv.ParseInt(text, base, 64)`.
///
/// # Errors
/// As [`parse_uint`].
pub fn parse_int(text: &str, base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if base != 0 && text.contains('_') {
        return Err(NumberError::Syntax);
    }
    let magnitude = parse_uint(digits, base)?;
    let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    value.ok_or(NumberError::Range)
}

fn split_base(text: &str) -> (u32, &str) {
    match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    }
}

/// Underscores stand between digits, or between a base prefix and a digit.
fn underscores_fit(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut last = 'b';
    let mut rest = text;
    let mut hex = false;
    if let [b'0', b'b' | b'B' | b'o' | b'O' | b'x' | b'X', ..] = text.as_bytes() {
        hex = matches!(text.as_bytes()[1], b'x' | b'X');
        rest = &text[2..];
        last = 'd';
    }
    for char in rest.chars() {
        let digit = char.is_ascii_digit() || (hex && char.is_ascii_hexdigit());
        let class = match char {
            _ if digit => 'd',
            '_' => '_',
            _ => 'x',
        };
        if (class == '_' && last != 'd') || (class != 'd' && last == '_') {
            return false;
        }
        last = class;
    }
    last != '_'
}

/// `strconv.ParseFloat(text, 64)`.
///
/// # Errors
/// Not a number, or beyond the largest double.
pub fn parse_float(text: &str) -> Result<f64, NumberError> {
    if text.contains('_') && !underscores_fit(text) {
        return Err(NumberError::Syntax);
    }
    let clean: String = text.chars().filter(|char| *char != '_').collect();
    let body = clean.strip_prefix(['+', '-']).unwrap_or(&clean);
    if body.starts_with("0x") || body.starts_with("0X") {
        let value = parse_hex_float(&body[2..])?;
        return in_range(if clean.starts_with('-') { -value } else { value });
    }
    let value: f64 = clean.parse().map_err(|_| NumberError::Syntax)?;
    if body.starts_with(['i', 'I']) { Ok(value) } else { in_range(value) }
}

fn in_range(value: f64) -> Result<f64, NumberError> {
    if value.is_infinite() { Err(NumberError::Range) } else { Ok(value) }
}

/// Digits that a double can hold beyond its 53 bits only decide rounding; more than these do not fit
/// the accumulator and are counted into the exponent.
const HEX_DIGITS: u32 = 15;

fn parse_hex_float(text: &str) -> Result<f64, NumberError> {
    let (mantissa, exponent) = text.split_once(['p', 'P']).ok_or(NumberError::Syntax)?;
    let exponent: i64 = exponent.parse().map_err(|_| NumberError::Syntax)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut value: u64 = 0;
    let mut scale = exponent.clamp(-100_000, 100_000);
    let mut kept = 0;
    for (index, char) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = char.to_digit(16).ok_or(NumberError::Syntax)?;
        let fractional = index >= whole.len();
        if kept < HEX_DIGITS {
            value = value * 16 + u64::from(digit);
            kept += u32::from(value > 0);
            scale -= if fractional { 4 } else { 0 };
        } else {
            value |= u64::from(digit > 0);
            scale += if fractional { 0 } else { 4 };
        }
    }
    Ok(scale_by_two(value as f64, scale))
}

/// In steps, so that neither a huge nor a tiny power overflows on its own.
fn scale_by_two(mut value: f64, mut power: i64) -> f64 {
    while power > 0 && value.is_finite() && value != 0.0 {
        let step = power.min(1000);
        value *= 2f64.powi(step as i32);
        power -= step;
    }
    while power < 0 && value != 0.0 {
        let step = (-power).min(1000);
        value /= 2f64.powi(step as i32);
        power += step;
    }
    value
}
