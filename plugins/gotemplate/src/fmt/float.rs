//! Floating point, through the exact decimal conversions of the standard library.

use super::printer::Printer;
use crate::types::FloatKind;

/// `strconv.FormatFloat(value, verb, precision, bits)`; no precision means the shortest digits that
/// read back the same.
pub fn format_float(value: f64, verb: char, precision: Option<usize>, kind: FloatKind) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match verb {
        'e' | 'E' => exponent_form(&Decimal::new(value, precision.map(|digits| digits + 1), kind), precision, verb),
        'f' | 'F' => fixed_form(value, precision, kind),
        'g' | 'G' => general_form(value, precision, verb, kind),
        'b' => binary_form(value, kind),
        _ => hex_form(value, precision, verb, kind),
    }
}

/// `%v` of a float64.
pub fn shortest(value: f64) -> String {
    format_float(value, 'g', None, FloatKind::Float64)
}

/// Significant digits and the exponent of the first.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// With `count` significant digits, or the shortest.
    fn new(value: f64, count: Option<usize>, kind: FloatKind) -> Self {
        let text = match (count, kind) {
            (Some(count), _) => format!("{value:.*e}", count.saturating_sub(1)),
            (None, FloatKind::Float32) => format!("{:e}", value as f32),
            (None, FloatKind::Float64) => format!("{value:e}"),
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        Decimal {
            negative: value.is_sign_negative(),
            digits: mantissa.chars().filter(char::is_ascii_digit).collect(),
            exponent: exponent.parse().unwrap_or(0),
        }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }
}

fn exponent_form(decimal: &Decimal, precision: Option<usize>, verb: char) -> String {
    let (first, rest) = decimal.digits.split_at(1);
    let wanted = precision.unwrap_or(rest.len());
    let point = if wanted > 0 { "." } else { "" };
    let sign = if decimal.exponent < 0 { '-' } else { '+' };
    let exponent = decimal.exponent.unsigned_abs();
    format!("{}{first}{point}{rest:0<wanted$}{verb}{sign}{exponent:02}", decimal.sign())
}

fn fixed_form(value: f64, precision: Option<usize>, kind: FloatKind) -> String {
    match (precision, kind) {
        (Some(precision), _) => format!("{value:.precision$}"),
        (None, FloatKind::Float32) => (value as f32).to_string(),
        (None, FloatKind::Float64) => value.to_string(),
    }
}

/// `%e` below 1e-4 and from 1e`precision` on, else `%f`, without trailing zeros.
fn general_form(value: f64, precision: Option<usize>, verb: char, kind: FloatKind) -> String {
    let precision = precision.map(|precision| precision.max(1));
    let mut decimal = Decimal::new(value, precision, kind);
    let significant = decimal.digits.trim_end_matches('0').len().max(1);
    decimal.digits.truncate(significant);
    let limit = match precision {
        None => 6,
        Some(precision) if precision > significant && significant as i32 > decimal.exponent => significant as i32,
        Some(precision) => i32::try_from(precision).unwrap_or(i32::MAX),
    };
    if decimal.exponent < -4 || decimal.exponent >= limit {
        let verb = if verb == 'G' { 'E' } else { 'e' };
        return exponent_form(&decimal, None, verb);
    }
    plain_form(&decimal)
}

/// All digits, with the point where the exponent puts it.
fn plain_form(decimal: &Decimal) -> String {
    let sign = decimal.sign();
    let digits = decimal.digits.as_str();
    if decimal.exponent < 0 {
        let zeros = "0".repeat(decimal.exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = decimal.exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits:0<whole$}");
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// Mantissa, fraction bits and exponent bias of a format.
fn parts(value: f64, kind: FloatKind) -> (u64, i32, u32) {
    let (bits, fraction_bits, bias) = match kind {
        FloatKind::Float32 => (u64::from((value as f32).to_bits()), 23, 127),
        FloatKind::Float64 => (value.to_bits(), 52, 1023),
    };
    let fraction = bits & ((1 << fraction_bits) - 1);
    let exponent_mask = (1u64 << (if fraction_bits == 52 { 11 } else { 8 })) - 1;
    let exponent = ((bits >> fraction_bits) & exponent_mask) as i32;
    if exponent == 0 {
        (fraction, 1 - bias, fraction_bits)
    } else {
        (fraction | 1 << fraction_bits, exponent - bias, fraction_bits)
    }
}

/// `4503599627370496p-52`
fn binary_form(value: f64, kind: FloatKind) -> String {
    let (mantissa, exponent, fraction_bits) = parts(value, kind);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{mantissa}p{:+}", exponent - fraction_bits as i32)
}

/// `0x1.8p+00`
fn hex_form(value: f64, precision: Option<usize>, verb: char, kind: FloatKind) -> String {
    let (mantissa, mut exponent, fraction_bits) = parts(value, kind);
    let mut mantissa = mantissa << (60 - fraction_bits);
    if mantissa == 0 {
        exponent = 0;
    }
    while mantissa != 0 && mantissa < 1 << 60 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let shift = 60 - 4 * precision as u32;
        let half = 1u64 << (shift - 1);
        let tail = mantissa & ((1 << shift) - 1);
        mantissa >>= shift;
        // Ties go to the even digit.
        mantissa += u64::from(tail > half || (tail == half && mantissa & 1 == 1));
        mantissa <<= shift;
        if mantissa >= 1 << 61 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let mut fraction = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
        Some(precision) if precision < fraction.len() => fraction.truncate(precision),
        Some(precision) => fraction.push_str(&"0".repeat(precision - 15)),
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let direction = if exponent < 0 { '-' } else { '+' };
    let text = format!("{sign}0x{}{point}{fraction}p{direction}{:02}", mantissa >> 60, exponent.unsigned_abs());
    if verb == 'X' { text.to_uppercase() } else { text }
}

impl Printer {
    /// False where the verb is not one for floats.
    pub(super) fn float(&mut self, value: f64, kind: FloatKind, verb: char) -> bool {
        let (verb, default) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return false,
        };
        let precision = self.flags.precision.or(default);
        let text = format_float(value, verb, precision, kind);
        let (mut sign, number) = match text.strip_prefix(['-', '+']) {
            Some(number) => (&text[..1], number.to_owned()),
            None => ("+", text.clone()),
        };
        if self.flags.space && sign == "+" && !self.flags.plus {
            sign = " ";
        }
        if number.starts_with(['I', 'N']) {
            self.not_finite(sign, &number);
            return true;
        }
        let number = if self.flags.sharp && verb != 'b' { self.with_point(number, verb, precision) } else { number };
        if !self.flags.plus && sign == "+" {
            self.pad(number.as_bytes());
            return true;
        }
        let width = self.flags.width.unwrap_or(0);
        if self.flags.zero && !self.flags.minus && width > number.len() + 1 {
            self.push_str(sign);
            self.write_padding(width - number.len() - 1);
            self.push_str(&number);
        } else {
            self.pad(format!("{sign}{number}").as_bytes());
        }
        true
    }

    /// These do not look like numbers, so zeros would read badly before them.
    fn not_finite(&mut self, sign: &str, name: &str) {
        let bare_nan = name == "NaN" && !self.flags.space && !self.flags.plus;
        let sign = if bare_nan { "" } else { sign };
        self.pad_blank(format!("{sign}{name}").as_bytes());
    }

    /// `%#g`: always a point, and the zeros that `%g` takes off.
    fn with_point(&self, number: String, verb: char, precision: Option<usize>) -> String {
        let mut digits = match verb {
            'g' | 'G' | 'x' => precision.unwrap_or(6) as i64,
            _ => 0,
        };
        let marks: &[char] = if matches!(verb, 'x' | 'X') { &['p', 'P'] } else { &['e', 'E', 'p', 'P'] };
        let at = number.find(marks).unwrap_or(number.len());
        let (head, tail) = number.split_at(at);
        let significant = head.chars().filter(|char| *char != '.').skip_while(|char| *char == '0').count();
        digits -= significant as i64;
        let mut head = head.to_owned();
        if !head.contains('.') {
            digits -= i64::from(head == "0");
            head.push('.');
        }
        head.push_str(&"0".repeat(digits.max(0) as usize));
        head + tail
    }

    /// `(1+2i)`
    pub(super) fn complex(&mut self, (real, imaginary): (f64, f64), verb: char) -> bool {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return false;
        }
        self.out.push(b'(');
        self.float(real, FloatKind::Float64, verb);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.float(imaginary, FloatKind::Float64, verb);
        self.push_str("i)");
        self.flags.plus = plus;
        true
    }
}
