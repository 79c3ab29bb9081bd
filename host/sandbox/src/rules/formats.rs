//! The forms of names and other texts: why a text is not one, in the words of the API server.

use std::net::{IpAddr, Ipv4Addr};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must \
                        consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character \
                        (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]\
                        ([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                     validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const OLD_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                         alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or \
                         'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                           and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
                           '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                         validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const KEY: &str = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                   with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                   validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix \
                   and '/' (e.g. 'example.com/MyName')";
const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', \
                       regex used for validation is '[0-9]+%')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  \
                          or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex \
                      used for validation is '[-A-Za-z0-9]+')";
const VARIABLE: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";

pub(super) const IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
pub(super) const CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// Those reasons that hold.
fn reasons<const N: usize>(all: [(bool, &str); N]) -> Vec<String> {
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason.to_owned()).collect()
}

pub(super) fn subdomain(text: &str) -> Vec<String> {
    reasons([(text.len() > 253, "must be no more than 253 characters"), (!is_subdomain(text), SUBDOMAIN)])
}

pub(super) fn wildcard(text: &str) -> Vec<String> {
    let fits = text.strip_prefix("*.").is_some_and(is_subdomain);
    reasons([(text.len() > 253, "must be no more than 253 characters"), (!fits, WILDCARD)])
}

pub(super) fn label(text: &str) -> Vec<String> {
    let fits = is_label(text);
    let dotted = !fits && is_subdomain(text);
    reasons([
        (text.len() > 63, "must be no more than 63 characters"),
        (dotted, "must not contain dots"),
        (!fits && !dotted, LABEL),
    ])
}

/// A label that begins with a letter.
pub(super) fn old_label(text: &str) -> Vec<String> {
    let fits = is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase());
    reasons([(text.len() > 63, "must be no more than 63 characters"), (!fits, OLD_LABEL)])
}

pub fn label_value(text: &str) -> Vec<String> {
    let fits = text.is_empty() || is_qualified(text);
    reasons([(text.len() > 63, "must be no more than 63 bytes"), (!fits, LABEL_VALUE)])
}

/// A label's key, which much else has to look like.
pub fn qualified(key: &str) -> Vec<String> {
    let (prefix, name) = match key.split_once('/') {
        Some((_, rest)) if rest.contains('/') => return vec![KEY.into()],
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let mut faults = match prefix {
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => subdomain(prefix).into_iter().map(|fault| format!("prefix part {fault}")).collect(),
        None => Vec::new(),
    };
    faults.extend(reasons([
        (name.is_empty(), "name part must be non-empty"),
        (name.len() > 63, "name part must be no more than 63 bytes"),
        (!is_qualified(name), QUALIFIED),
    ]));
    faults
}

/// What can be a part of a path.
pub fn path_segment(name: &str) -> Vec<String> {
    match name {
        "." => vec!["may not be '.'".into()],
        ".." => vec!["may not be '..'".into()],
        _ => reasons([(name.contains('/'), "may not contain '/'"), (name.contains('%'), "may not contain '%'")]),
    }
}

pub(super) fn port_name(text: &str) -> Vec<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    reasons([
        (text.len() > 15, "must be no more than 15 characters"),
        (
            text.is_empty() || !text.bytes().all(plain),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (!text.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)"),
        (text.contains("--"), "must not contain consecutive hyphens"),
        (text.starts_with('-') || text.ends_with('-'), "must not begin or end with a hyphen"),
    ])
}

pub(super) fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or_default();
    reasons([(digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()), PERCENT)])
}

pub(super) fn variable(text: &str) -> Vec<String> {
    let odd = |letter: char| !(' '..='~').contains(&letter) || letter == '=';
    reasons([(text.is_empty(), "environment variable name must be non-empty"), (text.chars().any(odd), VARIABLE)])
}

pub(super) fn header(text: &str) -> Vec<String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    reasons([(!fits, HEADER)])
}

pub(super) fn config_key(key: &str) -> Vec<String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let dots = match key {
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ => "must not start with '..'",
    };
    reasons([
        (key.len() > 253, "must be no more than 253 characters"),
        (key.is_empty() || !key.bytes().all(allowed), CONFIG_KEY),
        (key == "." || key.starts_with(".."), dots),
    ])
}

/// A domain with at least so many segments.
pub(super) fn domain(text: &str, segments: usize) -> Vec<String> {
    let faults = subdomain(text);
    if !faults.is_empty() {
        return vec![faults.join(",")];
    }
    let words = if segments == 2 { "two" } else { "three" };
    if text.split('.').count() < segments {
        return vec![format!("should be a domain with at least {words} segments separated by dots")];
    }
    Vec::new()
}

pub(super) fn ip(text: &str) -> Vec<String> {
    reasons([(parse_ip(text).is_none(), IP)])
}

pub(super) fn cidr(text: &str) -> Vec<String> {
    reasons([(parse_cidr(text).is_none(), CIDR)])
}

/// Leading zeros are taken for decimal, as older servers took them.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    let sloppy = || {
        let parts: Option<Vec<u8>> = text
            .split('.')
            .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten())
            .collect();
        let parts: [u8; 4] = parts?.try_into().ok()?;
        Some(IpAddr::V4(Ipv4Addr::from(parts)))
    };
    text.parse().ok().or_else(sloppy)
}

/// A range of addresses: those that begin with the same bits.
pub(super) struct Range {
    address: u128,
    bits: u32,
    width: u32,
}

impl Range {
    /// Whether the other is a part of this range, and not all of it.
    pub(super) fn holds_strictly(&self, other: &Range) -> bool {
        let shift = self.width - self.bits;
        let head = |address: u128| address.checked_shr(shift).unwrap_or(0);
        self.width == other.width && other.bits > self.bits && head(self.address) == head(other.address)
    }
}

pub(super) fn parse_cidr(text: &str) -> Option<Range> {
    let (address, bits) = text.split_once('/')?;
    let (address, width) = match parse_ip(address)? {
        IpAddr::V4(four) => (u128::from(u32::from(four)), 32),
        IpAddr::V6(six) => (u128::from(six), 128),
    };
    let plain = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
    let bits = bits.parse::<u32>().ok().filter(|bits| plain && *bits <= width)?;
    Some(Range { address, bits, width })
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

pub(super) fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_qualified(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
