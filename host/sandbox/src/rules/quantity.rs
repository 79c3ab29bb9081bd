//! Resource amounts in canonical form: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.

use serde_json::Value;

pub(super) fn canonicalise(value: &mut Value) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    if let Some(amount) = Quantity::parse(&text) {
        *value = amount.to_string().into();
    }
}

/// Powers of 1024 from `Ki`, powers of 1000 from nano: the suffixes of both families, smallest first.
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const NANO: i128 = 1_000_000_000;

/// An amount and the family of suffixes in which it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantity {
    nano: i128,
    family: Family,
}

#[derive(Clone, Copy, Debug)]
enum Family {
    Binary,
    Decimal,
    Exponent,
}

impl Quantity {
    pub(crate) const ZERO: Quantity = Quantity { nano: 0, family: Family::Decimal };

    /// `None` for what is no amount, or is too large to be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (nano, family) = measured(magnitude)?;
        Some(Quantity { nano: if negative { nano.checked_neg()? } else { nano }, family })
    }

    pub(crate) fn count(number: usize) -> Self {
        let number = i128::try_from(number).unwrap_or(i128::MAX);
        Quantity { nano: number.saturating_mul(NANO), family: Family::Decimal }
    }

    /// In 10⁻⁹ of the unit.
    pub(crate) fn nano(self) -> i128 {
        self.nano
    }

    /// A sum is written as its first part is; nothing is written in no way of its own.
    pub(crate) fn plus(self, other: Self) -> Self {
        let family = if self.nano == 0 { other.family } else { self.family };
        Quantity { nano: self.nano.saturating_add(other.nano), family }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(Quantity { nano: other.nano.saturating_neg(), ..other })
    }

    /// Without parts of the unit: what is begun counts as a whole.
    pub(crate) fn rounded_up(self) -> Self {
        Quantity { nano: self.in_units_of(NANO).saturating_mul(NANO), ..self }
    }

    /// How many pieces of so many 10⁻⁹ there are; what is begun counts as a whole.
    pub(crate) fn in_units_of(self, nano: i128) -> i128 {
        self.nano.div_euclid(nano) + i128::from(self.nano.rem_euclid(nano) != 0)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nano = self.nano.saturating_abs();
        let sign = if self.nano < 0 { "-" } else { "" };
        let written = match self.family {
            Family::Binary if nano % NANO == 0 && nano / NANO >= 1024 => binary(nano / NANO),
            Family::Exponent => decimal_exponent(nano),
            Family::Binary | Family::Decimal => decimal(nano),
        };
        write!(out, "{sign}{written}")
    }
}

/// An amount in 10⁻⁹ of its unit; `None` for what is none.
pub(crate) fn amount(text: &str) -> Option<i128> {
    Quantity::parse(text).map(Quantity::nano)
}

fn measured(magnitude: &str) -> Option<(i128, Family)> {
    let split = magnitude.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(magnitude.len());
    let (digits, suffix) = magnitude.split_at(split);
    let nano = nano(digits)?;
    if let Some(power) = BINARY.iter().position(|unit| *unit == suffix) {
        return Some((nano.checked_mul(1i128.checked_shl(10 * (power as u32 + 1))?)?, Family::Binary));
    }
    if let Some(power) = exponent(suffix) {
        return Some((scaled(nano, power)?, Family::Exponent));
    }
    let power = DECIMAL.iter().position(|unit| *unit == suffix)? as i32 * 3 - 9;
    Some((scaled(nano, power)?, Family::Decimal))
}

/// A decimal number in units of 10⁻⁹, rounded up as the API server rounds.
fn nano(digits: &str) -> Option<i128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let rounded_up = fraction.get(9..).is_some_and(|rest| rest.bytes().any(|digit| digit != b'0'));
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(NANO)?.checked_add(kept.parse().ok()?)?.checked_add(i128::from(rounded_up))
}

fn exponent(suffix: &str) -> Option<i32> {
    suffix.strip_prefix(['e', 'E']).filter(|digits| !digits.is_empty())?.parse().ok()
}

fn scaled(nano: i128, power: i32) -> Option<i128> {
    let factor = 10i128.checked_pow(power.unsigned_abs())?;
    if power >= 0 { nano.checked_mul(factor) } else { Some((nano + factor - 1) / factor) }
}

fn binary(mut amount: i128) -> String {
    let mut unit = "";
    for next in BINARY {
        if amount % 1024 != 0 || amount == 0 {
            break;
        }
        amount /= 1024;
        unit = next;
    }
    format!("{amount}{unit}")
}

fn reduced(mut nano: i128) -> (i128, usize) {
    let mut unit = 0;
    while nano != 0 && nano % 1000 == 0 && unit + 1 < DECIMAL.len() {
        nano /= 1000;
        unit += 1;
    }
    (nano, unit)
}

fn decimal(nano: i128) -> String {
    let (amount, unit) = reduced(nano);
    if amount == 0 { "0".into() } else { format!("{amount}{}", DECIMAL[unit]) }
}

fn decimal_exponent(nano: i128) -> String {
    let (amount, unit) = reduced(nano);
    match unit as i32 * 3 - 9 {
        _ if amount == 0 => "0".into(),
        0 => amount.to_string(),
        power => format!("{amount}e{power}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn amounts_are_kept_in_the_shortest_form_of_their_family() {
        let cases = [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("128974848", "128974848"),
            ("1000Ki", "1000Ki"),
            ("100k", "100k"),
            ("1000k", "1M"),
            ("1e3", "1e3"),
            ("0.1Mi", "104857600m"),
            ("0", "0"),
            ("-1000m", "-1"),
        ];
        for (given, expected) in cases {
            let amount = Quantity::parse(given).expect("an amount");
            assert_eq!(amount.to_string(), expected, "{given}");
        }
        assert!(Quantity::parse("many").is_none());
    }
}
