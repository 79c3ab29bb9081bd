//! Numbers as Go reads and prints them, as far as YAML scalars need it.

/// `strconv.ParseInt`/`ParseUint` with base 0 on text without underscores: sign, `0x`, `0o`, `0b`, leading `0` octal.
pub(crate) fn parse_integer(text: &str) -> Option<i128> {
    let (negative, digits) = split_sign(text);
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    let value = parse_digits(digits, base)?;
    in_range(if negative { -value } else { value }, !text.starts_with(['+', '-']))
}

/// Digits of a known base with an optional sign of their own, as go-yaml reads what follows `0b` and `0o`.
pub(crate) fn parse_integer_of_base(text: &str, base: u32) -> Option<i128> {
    let (negative, digits) = split_sign(text);
    let value = parse_digits(digits, base)?;
    in_range(if negative { -value } else { value }, !text.starts_with(['+', '-']))
}

/// Digits of a known base, unsigned, with a minus in front of them.
pub(crate) fn parse_negated(digits: &str, base: u32) -> Option<i128> {
    in_range(-parse_digits(digits, base)?, false)
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn parse_digits(digits: &str, base: u32) -> Option<i128> {
    if digits.is_empty() || !digits.bytes().all(|digit| char::from(digit).is_digit(base)) {
        return None;
    }
    u64::from_str_radix(digits, base).ok().map(i128::from)
}

/// A number with a sign must fit 64 bits signed, one without may use all 64 bits.
fn in_range(value: i128, unsigned: bool) -> Option<i128> {
    let most = if unsigned { i128::from(u64::MAX) } else { i128::from(i64::MAX) };
    (i128::from(i64::MIN)..=most).contains(&value).then_some(value)
}

/// A float of YAML 1.2's form: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within the range of f64.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let (_, unsigned) = split_sign(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(split_sign(&unsigned[at + 1..]).1)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if !well_formed {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `strconv.ParseFloat` on text that begins with a dot: as above, with underscores between digits.
pub(crate) fn parse_dotted_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        at > 0 && digit(at - 1) && digit(at + 1)
    };
    if text.bytes().enumerate().any(|(at, byte)| byte == b'_' && !between_digits(at)) {
        return None;
    }
    parse_float(&text.replace('_', ""))
}

/// A float in the shortest form that reads back the same, as Go's `%g` with precision -1.
pub(crate) fn format_float(value: f64) -> String {
    format_shortest(&format!("{value:e}"))
}

/// A float that went through Go's JSON before go-yaml v2 printed it: an integer, if it fits one.
pub(crate) fn format_via_json(value: f64) -> String {
    let integral = value.fract() == 0.0 && value.abs() < 1e21;
    match value as i128 {
        integer if integral && (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&integer) => integer.to_string(),
        _ => format_float(value),
    }
}

/// As [`format_float`], for the nearest 32-bit float: how sigs.k8s.io/yaml names a key that is a float.
pub(crate) fn format_float_key(value: f64) -> String {
    match value as f32 {
        f32::INFINITY => ".inf".to_owned(),
        f32::NEG_INFINITY => "-.inf".to_owned(),
        narrow if narrow.is_nan() => ".nan".to_owned(),
        narrow => format_shortest(&format!("{narrow:e}")),
    }
}

/// From Rust's `1.5e7` to Go's `1.5e+07`, or without exponent where Go writes none.
fn format_shortest(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if !(-4..6).contains(&exponent) {
        let direction = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{direction}{:02}", exponent.abs());
    }
    format!("{sign}{}", positional(&digits, exponent))
}

fn positional(digits: &str, exponent: i32) -> String {
    match usize::try_from(exponent) {
        Err(_) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
        Ok(point) if digits.len() > point + 1 => format!("{}.{}", &digits[..point + 1], &digits[point + 1..]),
        Ok(point) => format!("{digits}{}", "0".repeat(point + 1 - digits.len())),
    }
}
