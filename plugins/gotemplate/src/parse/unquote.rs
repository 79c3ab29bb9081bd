//! Go's string and character literals.

use std::borrow::Cow;

/// Go has one answer for every fault in a literal.
const INVALID: &str = "invalid syntax";

/// The bytes of a quoted literal: `"…"` with escapes or `` `…` `` without.
///
/// # Errors
/// The literal is malformed.
pub(crate) fn unquote(literal: &str) -> Result<Cow<'_, [u8]>, String> {
    if let Some(raw) = literal.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        return Ok(raw.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut rest =
        literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(|| INVALID.to_owned())?;
    let next_escape = |text: &str| memchr::memchr(b'\\', text.as_bytes());
    if next_escape(rest).is_none() {
        return Ok(rest.as_bytes().into());
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let stop = next_escape(rest).unwrap_or(rest.len());
        bytes.extend_from_slice(&rest.as_bytes()[..stop]);
        rest = &rest[stop..];
        if !rest.is_empty() {
            let (escape, tail) = escape(rest, '"')?;
            escape.push_to(&mut bytes);
            rest = tail;
        }
    }
    Ok(bytes.into())
}

/// The first character of a literal's inside, and what follows it.
///
/// # Errors
/// A malformed escape, or the closing quote itself.
pub(super) fn unquote_char(text: &str, quote: char) -> Result<(u32, &str), String> {
    if text.starts_with('\\') {
        let (escape, tail) = escape(text, quote)?;
        return Ok((escape.code(), tail));
    }
    let char = text.chars().next().filter(|char| *char != quote).ok_or_else(|| INVALID.to_owned())?;
    Ok((char.into(), &text[char.len_utf8()..]))
}

enum Escape {
    Byte(u8),
    Char(char),
}

impl Escape {
    fn push_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Escape::Byte(byte) => bytes.push(*byte),
            Escape::Char(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    fn code(&self) -> u32 {
        match self {
            Escape::Byte(byte) => (*byte).into(),
            Escape::Char(char) => (*char).into(),
        }
    }
}

/// `text` begins with a backslash.
fn escape(text: &str, quote: char) -> Result<(Escape, &str), String> {
    let letter = text[1..].chars().next().ok_or_else(|| INVALID.to_owned())?;
    let tail = &text[1 + letter.len_utf8()..];
    let byte = match letter {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '\'' | '"' if letter == quote => letter as u8,
        'x' => return digits(tail, 2, 16).map(|(code, tail)| (Escape::Byte(code as u8), tail)),
        'u' => return unicode(tail, 4),
        'U' => return unicode(tail, 8),
        '0'..='7' => {
            let (code, tail) = digits(&text[1..], 3, 8)?;
            let byte = u8::try_from(code).map_err(|_| INVALID.to_owned())?;
            return Ok((Escape::Byte(byte), tail));
        }
        _ => return Err(INVALID.to_owned()),
    };
    Ok((Escape::Byte(byte), tail))
}

fn unicode(text: &str, count: usize) -> Result<(Escape, &str), String> {
    let (code, tail) = digits(text, count, 16)?;
    let char = char::from_u32(code).ok_or_else(|| INVALID.to_owned())?;
    Ok((Escape::Char(char), tail))
}

fn digits(text: &str, count: usize, base: u32) -> Result<(u32, &str), String> {
    let head = text.get(..count).filter(|head| head.chars().all(|char| char.is_digit(base)));
    let code = head.and_then(|head| u32::from_str_radix(head, base).ok()).ok_or_else(|| INVALID.to_owned())?;
    Ok((code, &text[count..]))
}
