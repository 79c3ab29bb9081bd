//! Durations: `1h15m30.918s`.

use windlass_gotemplate::fmt::quote;

/// Nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

const SECOND: u64 = 1_000_000_000;

impl Duration {
    /// To a multiple of `unit`, halves away from zero.
    pub fn round(self, unit: i64) -> Duration {
        if unit <= 0 {
            return self;
        }
        let rest = self.0 % unit;
        let towards_zero = self.0 - rest;
        if rest.unsigned_abs() * 2 < unit.unsigned_abs() {
            return Duration(towards_zero);
        }
        Duration(towards_zero.saturating_add(if self.0 < 0 { -unit } else { unit }))
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.0.unsigned_abs();
        if size == 0 {
            return f.write_str("0s");
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        if size < SECOND {
            let (unit, name) = match size {
                0..1000 => (1, "ns"),
                1000..1_000_000 => (1000, "µs"),
                _ => (1_000_000, "ms"),
            };
            return write!(f, "{sign}{}{}{name}", size / unit, fraction(size % unit, unit));
        }
        let seconds = size / SECOND;
        f.write_str(sign)?;
        if seconds >= 3600 {
            write!(f, "{}h", seconds / 3600)?;
        }
        if seconds >= 60 {
            write!(f, "{}m", seconds / 60 % 60)?;
        }
        write!(f, "{}{}s", seconds % 60, fraction(size % SECOND, SECOND))
    }
}

/// `part` of `whole` behind a point, without trailing zeros; `whole` is a power of ten.
fn fraction(part: u64, whole: u64) -> String {
    if part == 0 {
        return String::new();
    }
    let width = whole.ilog10() as usize;
    format!(".{part:0width$}").trim_end_matches('0').to_owned()
}

/// `time.ParseDuration`.
///
/// # Errors
/// Go's words for what is wrong.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration {}", quote(text.as_bytes()));
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(Duration(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
        let (whole, fraction) = rest[..number].split_once('.').unwrap_or((&rest[..number], ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(invalid());
        }
        rest = &rest[number..];
        let end = rest.find(|char: char| char == '.' || char.is_ascii_digit()).unwrap_or(rest.len());
        let unit = unit(&rest[..end]).ok_or_else(|| match end {
            0 => format!("time: missing unit in duration {}", quote(text.as_bytes())),
            _ => {
                let name = quote(&rest.as_bytes()[..end]);
                format!("time: unknown unit {name} in duration {}", quote(text.as_bytes()))
            }
        })?;
        rest = &rest[end..];
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        let part = format!("0.{fraction}0").parse::<f64>().map_err(|_| invalid())? * unit as f64;
        total = whole
            .checked_mul(unit.into())
            .and_then(|whole| total.checked_add(whole + part as i128))
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(invalid)?;
    }
    i64::try_from(if negative { -total } else { total }).map(Duration).map_err(|_| invalid())
}

fn unit(name: &str) -> Option<i64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}
