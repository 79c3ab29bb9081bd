//! Go string and character literals, as `%q` writes them.

use std::fmt::Write;

/// `strconv.Quote`.
pub fn quote(text: &[u8]) -> String {
    quoted(text, false)
}

/// `strconv.QuoteToASCII`.
pub fn quote_ascii(text: &[u8]) -> String {
    quoted(text, true)
}

/// The first `count` characters, quoted: `%.10q`.
pub fn quote_cut(text: &str, count: usize) -> String {
    let cut: String = text.chars().take(count).collect();
    quote(cut.as_bytes())
}

/// A character as `%#U` prints it; no character is Go's -1.
pub fn describe_char(char: Option<char>) -> String {
    match char {
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(char) if is_print(char) => format!("U+{:04X} '{char}'", u32::from(char)),
        Some(char) => format!("U+{:04X}", u32::from(char)),
    }
}

pub(super) fn quote_rune(char: char, ascii: bool) -> String {
    let mut out = String::from("'");
    push_char(&mut out, char, '\'', ascii);
    out.push('\'');
    out
}

/// Whether a raw literal can hold the text.
pub(super) fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        !text.chars().any(|char| matches!(char, '`' | '\u{7f}' | '\u{feff}') || (char < ' ' && char != '\t'))
    })
}

fn quoted(text: &[u8], ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push_char(&mut out, char, '"', ascii));
        for byte in chunk.invalid() {
            push_hex(&mut out, "\\x", 2, (*byte).into());
        }
    }
    out.push('"');
    out
}

fn push_char(out: &mut String, char: char, quote: char, ascii: bool) {
    match char {
        '\\' => out.push_str("\\\\"),
        char if char == quote => {
            out.push('\\');
            out.push(char);
        }
        char if is_print(char) && (!ascii || char.is_ascii()) => out.push(char),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        char if char < ' ' || char == '\x7f' => push_hex(out, "\\x", 2, char.into()),
        char if u32::from(char) < 0x10000 => push_hex(out, "\\u", 4, char.into()),
        char => push_hex(out, "\\U", 8, char.into()),
    }
}

fn push_hex(out: &mut String, prefix: &str, width: usize, code: u32) {
    // Writing to a String cannot fail.
    write!(out, "{prefix}{code:0width$x}").ok();
}

/// Whether Go calls the character printable: letters, marks, numbers, punctuation, symbols and the
/// blank. The standard library's debug form escapes nearly the same set.
pub fn is_print(char: char) -> bool {
    match char {
        ' '..='~' => true,
        '\u{ad}' => false,
        char if char.is_control() || char.is_whitespace() => false,
        char if is_combining(char) => true,
        char => !char.escape_debug().to_string().starts_with("\\u"),
    }
}

/// Marks that extend the character before; printable in Go, escaped when alone by the standard library.
fn is_combining(char: char) -> bool {
    let mut escaped = String::from("a");
    escaped.push(char);
    !escaped.escape_debug().to_string().contains("\\u")
}
