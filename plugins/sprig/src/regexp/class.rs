//! Character classes: `[a-z]`, `\d`, `[[:alpha:]]`.

use super::syntax::{escaped_char, fault, posix_class, push_literal, unicode_class};

/// Ranges in the other syntax, and whether they are meant negated.
pub(super) type Named = (&'static str, bool);

/// ASCII only, as Go's are.
pub(super) fn perl_class(letter: char) -> Named {
    let ranges = match letter.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t\n\x0C\r ",
        _ => "0-9A-Za-z_",
    };
    (ranges, letter.is_ascii_uppercase())
}

/// `[:alpha:]` and `[:^alpha:]`.
pub(super) fn named_class(text: &str) -> Option<Named> {
    let inner = text.strip_prefix("[:")?.strip_suffix(":]")?;
    let (negated, name) = match inner.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, inner),
    };
    let ranges = match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7F",
        "blank" => r"\t ",
        "cntrl" => r"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => r"!-/:-@\[-`\{-\x7E",
        "space" => r"\t\n\x0B\x0C\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    };
    Some((ranges, negated))
}

/// A bracketed class at the start of `text`, and its length.
pub(super) fn translate_class(text: &str) -> Result<(String, usize), String> {
    let mut out = String::from("[");
    let mut at = 1;
    if text[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    let mut first = true;
    loop {
        let rest = &text[at..];
        if rest.is_empty() {
            return Err(fault("missing closing ]", text));
        }
        if rest.starts_with(']') && !first {
            out.push(']');
            return Ok((out, at + 1));
        }
        first = false;
        at += match item(rest)? {
            Item::Set(set, length) => {
                out.push_str(&set);
                length
            }
            Item::Char => range(rest, text, &mut out)?,
        };
    }
}

enum Item {
    Set(String, usize),
    Char,
}

fn item(text: &str) -> Result<Item, String> {
    if let Some(named) = posix_class(text) {
        let ((ranges, negated), length) = named?;
        return Ok(Item::Set(bracketed(ranges, negated), length));
    }
    let Some(letter) = text.strip_prefix('\\').and_then(|rest| rest.chars().next()) else {
        return Ok(Item::Char);
    };
    match letter {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
            let (ranges, negated) = perl_class(letter);
            Ok(Item::Set(bracketed(ranges, negated), 2))
        }
        'p' | 'P' => {
            let length = unicode_class(text)?;
            Ok(Item::Set(text[..length].to_owned(), length))
        }
        _ => Ok(Item::Char),
    }
}

fn bracketed(ranges: &str, negated: bool) -> String {
    format!("[{}{ranges}]", if negated { "^" } else { "" })
}

/// A character or a range of them; its length.
fn range(text: &str, class: &str, out: &mut String) -> Result<usize, String> {
    let (low, length) = class_char(text, class)?;
    push_literal(out, low);
    let after = &text[length..];
    if !after.starts_with('-') || after.len() < 2 || after[1..].starts_with(']') {
        return Ok(length);
    }
    let (high, high_length) = class_char(&after[1..], class)?;
    let whole = length + 1 + high_length;
    if high < low {
        return Err(fault("invalid character class range", &text[..whole]));
    }
    out.push('-');
    push_literal(out, high);
    Ok(whole)
}

fn class_char(text: &str, class: &str) -> Result<(char, usize), String> {
    if text.starts_with('\\') {
        return escaped_char(text);
    }
    text.chars().next().map(|char| (char, char.len_utf8())).ok_or_else(|| fault("missing closing ]", class))
}
