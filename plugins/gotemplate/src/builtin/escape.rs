//! `html`, `js`, `urlquery`.

use crate::error::Failure;
use crate::fmt::{is_print, sprint};
use crate::value::Value;

/// The operands as one text, as an action would print them.
pub(super) fn operands(args: &[Value]) -> Result<Vec<u8>, Failure> {
    match args {
        [Value::String(text)] => Ok(text.as_bytes().to_vec()),
        [Value::Nil] => Ok(b"<no value>".to_vec()),
        args => {
            let shown: Vec<Value> =
                args.iter().map(|arg| if arg.is_nil() { Value::from("<no value>") } else { arg.clone() }).collect();
            sprint(&shown)
        }
    }
}

pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            byte => out.push(*byte),
        }
    }
    out
}

pub(super) fn javascript(text: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|char| javascript_char(&mut out, char));
        // The decoder turns each invalid byte into the replacement character, which is printable,
        // and so the byte itself is kept: as U+FFFD, since this text has to stay one.
        chunk.invalid().iter().for_each(|_| out.push('\u{fffd}'));
    }
    out.into_bytes()
}

fn javascript_char(out: &mut String, char: char) {
    match char {
        '\\' => out.push_str("\\\\"),
        '\'' => out.push_str("\\'"),
        '"' => out.push_str("\\\""),
        '<' | '>' | '&' | '=' | '\0'..='\x1f' => out.push_str(&format!("\\u{:04X}", u32::from(char))),
        char if char.is_ascii() || is_print(char) => out.push(char),
        char => out.push_str(&format!("\\u{:04X}", u32::from(char))),
    }
}

/// `url.QueryEscape`: blanks become plus signs.
pub(super) fn url_query(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(*byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
