//! Go's regular expressions, run by the `regex` crate. Both match leftmost-first in linear time; what
//! differs is spelling, so a pattern is read by Go's rules and written again in the other's.

mod class;
mod syntax;

use regex::bytes::{Captures, Regex, RegexBuilder};

/// Compiled programs above this are refused; the default is 10 MiB.
const SIZE_LIMIT: usize = 4 << 20;

/// A compiled Go regular expression.
#[derive(Clone, Debug)]
pub struct Regexp {
    regex: Regex,
    pattern: String,
}

impl Regexp {
    /// # Errors
    /// `error parsing regexp: …`, in Go's words.
    pub fn compile(pattern: &str) -> Result<Regexp, String> {
        let translated = syntax::translate(pattern).map_err(|error| format!("error parsing regexp: {error}"))?;
        let regex = RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "error parsing regexp: expression too large".to_owned(),
            _ => format!("error parsing regexp: invalid character class range: `{pattern}`"),
        })?;
        Ok(Regexp { regex, pattern: pattern.to_owned() })
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    pub fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.regex.find(text).map(|found| found.as_bytes())
    }

    /// At most `limit` matches, all where it is negative.
    pub fn find_all<'t>(&self, text: &'t [u8], limit: i64) -> Vec<&'t [u8]> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.regex.find_iter(text).take(limit).map(|found| found.as_bytes()).collect()
    }

    /// `$1`, `${1}` and `${name}` in the replacement stand for groups.
    pub fn replace_all(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        let expand = |found: &Captures<'_>| {
            let mut out = Vec::new();
            self.expand(replacement, found, &mut out);
            out
        };
        self.regex.replace_all(text, expand).into_owned()
    }

    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.regex.replace_all(text, regex::bytes::NoExpand(replacement)).into_owned()
    }

    /// The pieces between matches, at most `limit`; all where it is negative, none where it is zero.
    pub fn split<'t>(&self, text: &'t [u8], limit: i64) -> Vec<&'t [u8]> {
        if limit == 0 {
            return Vec::new();
        }
        if text.is_empty() && !self.pattern.is_empty() {
            return vec![text];
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut begin, mut end) = (0, 0);
        let mut pieces = Vec::new();
        for found in self.regex.find_iter(text).take(limit) {
            if pieces.len() == limit - 1 {
                break;
            }
            end = found.start();
            if found.end() != 0 {
                pieces.push(&text[begin..end]);
            }
            begin = found.end();
        }
        if end != text.len() {
            pieces.push(&text[begin..]);
        }
        pieces
    }

    fn expand(&self, template: &[u8], found: &Captures<'_>, out: &mut Vec<u8>) {
        let mut rest = template;
        while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
            out.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix(b"$") {
                out.push(b'$');
                rest = tail;
                continue;
            }
            match group_name(rest) {
                Some((name, tail)) => {
                    out.extend_from_slice(self.group(name, found));
                    rest = tail;
                }
                None => out.push(b'$'),
            }
        }
        out.extend_from_slice(rest);
    }

    fn group<'f>(&self, name: &str, found: &'f Captures<'_>) -> &'f [u8] {
        let group = match name.parse::<usize>() {
            Ok(index) => found.get(index),
            Err(_) => found.name(name),
        };
        group.map_or(&[][..], |group| group.as_bytes())
    }
}

/// The longest name behind a dollar sign, with or without braces, and what follows it.
fn group_name(text: &[u8]) -> Option<(&str, &[u8])> {
    let (braced, text) = match text.strip_prefix(b"{") {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let length = valid.find(|char: char| char != '_' && !char.is_alphanumeric()).unwrap_or(valid.len());
    let (name, rest) = (&valid[..length], &text[length..]);
    if name.is_empty() {
        return None;
    }
    if braced { rest.strip_prefix(b"}").map(|rest| (name, rest)) } else { Some((name, rest)) }
}

/// The pattern that matches `text` and nothing else.
pub fn quote_meta(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if r"\.+*?()|[]{}^$".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}
