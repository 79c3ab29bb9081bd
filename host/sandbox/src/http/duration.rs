//! Durations as Go writes them: `1h30m`, `-1.5s`, `0`.

const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

/// Whether a text is a duration; an empty one is absent.
///
/// # Errors
/// What Go says of it.
pub fn check(text: &str) -> Result<(), String> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if text.is_empty() || rest == "0" {
        return Ok(());
    }
    let invalid = || format!("invalid duration {text:?}");
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let unit = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(unit);
        if !number.contains(|letter: char| letter.is_ascii_digit()) {
            return Err(invalid());
        }
        if number.matches('.').count() > 1 {
            return Err(format!("missing unit in duration {text:?}"));
        }
        let end = tail.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        match unit {
            "" => return Err(format!("missing unit in duration {text:?}")),
            unit if !UNITS.contains(&unit) => return Err(format!("unknown unit {unit:?} in duration {text:?}")),
            _ => rest = tail,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_are_told_from_what_is_none() {
        for good in ["", "0", "1s", "-1s", "1h30m", "1.5ms", ".5s", "2µs"] {
            assert_eq!(super::check(good), Ok(()), "{good}");
        }
        for (bad, problem) in [
            ("junk", "invalid duration \"junk\""),
            ("1", "missing unit in duration \"1\""),
            ("1x", "unknown unit \"x\" in duration \"1x\""),
            ("-", "invalid duration \"-\""),
            ("1..2s", "missing unit in duration \"1..2s\""),
        ] {
            assert_eq!(super::check(bad), Err(problem.to_owned()), "{bad}");
        }
    }
}
