//! Text to tokens.

use super::value::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    Literal(Value),
    Sign(&'static str),
}

/// Longest first, so that `<=` is not taken for `<`.
const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ".", "?", ":", "<", ">", "+", "-", "*", "/",
    "%", "!",
];

/// The tokens and where each begins, in bytes.
///
/// # Errors
/// Where and what cannot be read.
pub fn tokens(text: &str) -> Result<Vec<(usize, Token)>, (usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        if next.is_whitespace() {
            at += next.len_utf8();
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else {
            let (token, length) = token(rest).map_err(|problem| (at, problem))?;
            found.push((at, token));
            at += length;
        }
    }
    Ok(found)
}

fn token(rest: &str) -> Result<(Token, usize), String> {
    if let Some((value, length)) = string(rest)? {
        return Ok((Token::Literal(value), length));
    }
    if rest.starts_with(|first: char| first.is_ascii_digit())
        || rest.starts_with('.') && rest[1..].starts_with(|second: char| second.is_ascii_digit())
    {
        return number(rest);
    }
    if rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        let length = rest.find(|next: char| !next.is_ascii_alphanumeric() && next != '_').unwrap_or(rest.len());
        return Ok((word(&rest[..length]), length));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => Err(format!("token recognition error at: '{}'", rest.chars().next().unwrap_or_default())),
    }
}

fn word(word: &str) -> Token {
    match word {
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        "null" => Token::Literal(Value::Null),
        "in" => Token::Sign("in"),
        _ => Token::Name(word.into()),
    }
}

fn number(rest: &str) -> Result<(Token, usize), String> {
    let bad = |text: &str| format!("invalid number '{text}'");
    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let digits = hex.find(|next: char| !next.is_ascii_hexdigit()).unwrap_or(hex.len());
        let value = u64::from_str_radix(&hex[..digits], 16).map_err(|_| bad(&rest[..digits + 2]))?;
        return whole(value.to_string().as_str(), &hex[digits..], digits + 2);
    }
    let mut length = 0;
    let mut fraction = false;
    let bytes = rest.as_bytes();
    while let Some(byte) = bytes.get(length) {
        match byte {
            b'0'..=b'9' => {}
            b'.' if !fraction && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) => fraction = true,
            b'e' | b'E' if length > 0 => fraction = true,
            b'+' | b'-' if matches!(bytes[length.saturating_sub(1)], b'e' | b'E') => {}
            _ => break,
        }
        length += 1;
    }
    let text = &rest[..length];
    if fraction {
        let value = text.parse().map_err(|_| bad(text))?;
        return Ok((Token::Literal(Value::Double(value)), length));
    }
    whole(text, &rest[length..], length)
}

fn whole(digits: &str, after: &str, length: usize) -> Result<(Token, usize), String> {
    let bad = || format!("invalid number '{digits}'");
    if after.starts_with(['u', 'U']) {
        return Ok((Token::Literal(Value::Uint(digits.parse().map_err(|_| bad())?)), length + 1));
    }
    // The one number that only fits with its sign.
    if digits == "9223372036854775808" {
        return Ok((Token::Literal(Value::Int(i64::MIN)), length));
    }
    Ok((Token::Literal(Value::Int(digits.parse().map_err(|_| bad())?)), length))
}

/// A string or bytes literal at the beginning, in any of its forms.
fn string(rest: &str) -> Result<Option<(Value, usize)>, String> {
    // Only the first letters are looked at, or reading would take the square of the length.
    let Some(marks) = rest.bytes().take(3).position(|byte| matches!(byte, b'"' | b'\'')) else { return Ok(None) };
    let Some(prefix) = rest.get(..marks) else { return Ok(None) };
    let prefix = prefix.to_ascii_lowercase();
    let (raw, bytes) = match prefix.as_str() {
        "" => (false, false),
        "r" => (true, false),
        "b" => (false, true),
        "br" | "rb" => (true, true),
        _ => return Ok(None),
    };
    let body = &rest[marks..];
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| body.starts_with(quote)).unwrap_or("\"");
    let mut out = Vec::new();
    let mut at = quote.len();
    loop {
        let left = &body[at..];
        if left.starts_with(quote) {
            let length = marks + at + quote.len();
            if bytes {
                return Ok(Some((Value::Bytes(out.into()), length)));
            }
            let text = String::from_utf8(out).map_err(|_| "invalid string literal".to_owned())?;
            return Ok(Some((Value::text(&text), length)));
        }
        let Some(next) = left.chars().next().filter(|next| *next != '\n' || quote.len() == 3) else {
            return Err("unterminated string literal".into());
        };
        if next == '\\' && !raw {
            at += escape(left, bytes, &mut out)?;
        } else {
            out.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            at += next.len_utf8();
        }
    }
}

/// Writes what an escape stands for; returns its length.
fn escape(left: &str, bytes: bool, out: &mut Vec<u8>) -> Result<usize, String> {
    let bad = || "invalid escape sequence in a string literal".to_owned();
    let kind = left[1..].chars().next().ok_or_else(bad)?;
    let simple = match kind {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' | '\'' | '"' | '`' | '?' => kind as u8,
        _ => 0,
    };
    if simple != 0 {
        out.push(simple);
        return Ok(2);
    }
    let (skip, length, radix) = match kind {
        'x' | 'X' => (2, 2, 16),
        'u' => (2, 4, 16),
        'U' => (2, 8, 16),
        '0'..='3' => (1, 3, 8),
        _ => return Err(bad()),
    };
    let digits = left.get(skip..skip + length).ok_or_else(bad)?;
    let code = u32::from_str_radix(digits, radix).map_err(|_| bad())?;
    match u8::try_from(code) {
        Ok(byte) if bytes => out.push(byte),
        _ => {
            let letter = char::from_u32(code).ok_or_else(bad)?;
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(skip + length)
}
