//! Durations and timestamps, as expressions write and ask them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::eval::{Failure, Outcome};
use super::value::Value;

/// `1h30m`, `-1.5s`, `100ms`.
pub fn span(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut total = 0_f64;
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit() && next != '.').filter(|digits| *digits > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let unit = after.find(|next: char| next.is_ascii_digit() || next == '.').unwrap_or(after.len());
        total += number * nanos(&after[..unit])?;
        rest = &after[unit..];
        parts += 1;
    }
    let total = if negative { -total } else { total };
    (parts > 0 && total.abs() < 9.2e18).then(|| SignedDuration::from_nanos(total.round() as i64))
}

fn nanos(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        _ => return None,
    })
}

/// Seconds with their fraction: `5400s`.
pub fn shown(span: SignedDuration) -> String {
    let seconds = span.as_nanos() as f64 / 1e9;
    format!("{seconds}s")
}

/// `getFullYear` and its siblings; UTC unless a zone offset is named.
pub fn part(time: Timestamp, function: &str) -> Outcome {
    let local = time.to_zoned(TimeZone::UTC);
    let number = match function {
        "getFullYear" => i64::from(local.year()),
        "getMonth" => i64::from(local.month()) - 1,
        "getDate" => i64::from(local.day()),
        "getDayOfMonth" => i64::from(local.day()) - 1,
        "getDayOfYear" => i64::from(local.day_of_year()) - 1,
        "getDayOfWeek" => i64::from(local.weekday().to_sunday_zero_offset()),
        "getHours" => i64::from(local.hour()),
        "getMinutes" => i64::from(local.minute()),
        "getSeconds" => i64::from(local.second()),
        "getMilliseconds" => i64::from(local.millisecond()),
        _ => return Err(Failure::overload()),
    };
    Ok(Value::Int(number))
}

pub fn span_part(span: SignedDuration, function: &str) -> Outcome {
    Ok(Value::Int(match function {
        "getHours" => span.as_hours(),
        "getMinutes" => span.as_mins(),
        "getSeconds" => span.as_secs(),
        "getMilliseconds" => i64::try_from(span.as_millis()).unwrap_or(i64::MAX),
        _ => return Err(Failure::overload()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(span("1h30m"), Some(SignedDuration::from_mins(90)));
        assert_eq!(span("-1.5s"), Some(SignedDuration::from_millis(-1500)));
        assert_eq!(span("100"), None);
        assert_eq!(span("h"), None);
        assert_eq!(span(""), None);
    }
}
