//! The `format` keyword, which the drafts up to 7 assert: those formats that charts use.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// What is wrong with `value`; none when it fits, is no text, or the format is not known.
pub(super) fn problem(format: &str, value: &Value) -> Option<&'static str> {
    let text = value.as_str()?;
    let (fits, problem): (bool, &'static str) = match format {
        "ipv4" => (text.parse::<Ipv4Addr>().is_ok(), "expected four decimals"),
        "ipv6" => (text.contains(':') && text.parse::<Ipv6Addr>().is_ok(), "invalid ipv6 address"),
        "hostname" => (is_hostname(text), "invalid hostname"),
        "email" if !text.contains('@') => (false, "missing @"),
        "email" => (is_email(text), "invalid parts"),
        "uri" | "iri" => (is_uri(text), "relative url"),
        "uri-reference" | "iri-reference" => (!text.contains(['\\', ' ', '<', '>']), "invalid character in url"),
        "uuid" => (is_uuid(text), "must be 5 groups of hexadecimal digits"),
        "date" => (is_date(text), "not a date of the form 2006-01-02"),
        "date-time" => (is_date_time(text), "not a time of the form 2006-01-02T15:04:05Z"),
        "regex" => (regex::Regex::new(text).is_ok(), "invalid regular expression"),
        "json-pointer" => (text.is_empty() || text.starts_with('/'), "not starting with /"),
        _ => return None,
    };
    (!fits).then_some(problem)
}

fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let plain = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..") && local.bytes().all(allowed);
    (1..=64).contains(&local.len()) && plain && is_hostname(domain)
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let valid = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid && scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.contains(['\\', ' ', '<', '>'])
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>()) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let offset = time.find(['Z', 'z', '+']).or_else(|| time.rfind('-'));
    let Some(clock) = offset.map(|at| &time[..at]) else { return false };
    let clock = clock.split_once('.').map_or(clock, |(clock, _)| clock);
    let parts: Vec<Option<u32>> = clock.split(':').map(|part| part.parse().ok().filter(|_| part.len() == 2)).collect();
    is_date(date) && matches!(parts.as_slice(), [Some(0..=23), Some(0..=59), Some(0..=60)])
}
