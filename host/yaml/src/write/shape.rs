//! Which of the five forms a string is printed in.

use super::Style;
use crate::read::node::ScalarStyle;
use crate::read::resolve::{self, Dialect};

/// What the characters of a string allow.
struct Traits {
    multiline: bool,
    plain_allowed: bool,
    single_quotes_allowed: bool,
    block_allowed: bool,
}

/// How a string stands in the output.
pub(super) struct Shape {
    pub(super) style: ScalarStyle,
    /// Fits in front of a `:` without `?`.
    pub(super) simple_key: bool,
}

/// Longest key in bytes that go-yaml prints without `?`.
const LONGEST_SIMPLE_KEY: usize = 128;

/// go-yaml prints this key without quotes and then reads it as a request to merge; we do not.
const MERGE_KEY: &str = "<<";

/// The form of a string, as a key or as a value.
pub(super) fn shape(text: &str, style: Style, key: bool) -> Shape {
    let traits = traits(text, style);
    let simple_key = !traits.multiline && text.len() <= LONGEST_SIMPLE_KEY;
    let asked = if text.contains('\n') {
        ScalarStyle::Literal
    } else if reads_as_string(text, style) && !(key && text == MERGE_KEY) {
        ScalarStyle::Plain
    } else {
        ScalarStyle::DoubleQuoted
    };
    Shape { style: allowed(asked, &traits, text, key && simple_key), simple_key }
}

fn allowed(asked: ScalarStyle, traits: &Traits, text: &str, simple_key: bool) -> ScalarStyle {
    match asked {
        ScalarStyle::Plain if traits.plain_allowed && !(text.is_empty() && simple_key) => ScalarStyle::Plain,
        ScalarStyle::Plain if traits.single_quotes_allowed => ScalarStyle::SingleQuoted,
        ScalarStyle::Literal if traits.block_allowed && !simple_key => ScalarStyle::Literal,
        _ => ScalarStyle::DoubleQuoted,
    }
}

/// Whether the text would come back as a string if it stood without quotes, to the dialect and to older readers.
fn reads_as_string(text: &str, style: Style) -> bool {
    let dialect = if style.is_v3() { Dialect::V3 } else { Dialect::V2 };
    resolve::is_string(text, dialect) && !resolve::is_old_boolean(text) && !is_base_60(text)
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: YAML 1.1's numbers to the base of 60.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let head = first.starts_with(|digit: char| digit.is_ascii_digit()) && first.bytes().all(is_digit_or_underscore);
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.last_mut() else { return false };
    if let Some((whole, fraction)) = last.split_once('.') {
        if !fraction.bytes().all(is_digit_or_underscore) {
            return false;
        }
        *last = whole;
    }
    head && rest.iter().all(|part| match part.as_bytes() {
        [ones] => ones.is_ascii_digit(),
        [tens, ones] => matches!(tens, b'0'..=b'5') && ones.is_ascii_digit(),
        _ => false,
    })
}

fn is_digit_or_underscore(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that stand for themselves; all others need double quotes.
pub(super) fn is_printable(character: char) -> bool {
    match character {
        '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' => character != '\u{FEFF}',
        _ => false,
    }
}

fn traits(text: &str, style: Style) -> Traits {
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut special, mut tabs, mut breaks, mut space_break, mut break_space) = (false, false, false, false, false);
    let mut previous = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let before_blank = characters.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        indicators |= match previous {
            None => is_leading_indicator(character, before_blank),
            Some(previous) => match character {
                ':' => before_blank,
                '#' => matches!(previous, ' ' | '\t') || is_break(previous),
                _ => false,
            },
        };
        if character == '\t' && style.is_v3() {
            tabs = true;
        } else if !is_printable(character) {
            special = true;
        }
        breaks |= is_break(character);
        space_break |= is_break(character) && previous == Some(' ');
        break_space |= character == ' ' && previous.is_some_and(is_break);
        previous = Some(character);
    }
    let loose_end = |character: char| character == ' ' || is_break(character);
    let loose = text.starts_with(loose_end) || text.ends_with(loose_end);
    Traits {
        multiline: breaks,
        plain_allowed: !(indicators || loose || breaks || tabs || special),
        single_quotes_allowed: !(break_space || space_break || tabs || special),
        // A block that begins with a tab is the one thing go-yaml v3 prints and no go-yaml reads; quotes are kept there.
        block_allowed: !(text.is_empty() || text.ends_with(' ') || text.starts_with('\t') || space_break || special),
    }
}

fn is_leading_indicator(character: char, before_blank: bool) -> bool {
    match character {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => true,
        '?' | ':' | '-' => before_blank,
        _ => false,
    }
}
