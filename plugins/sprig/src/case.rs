//! Letter case: per character as Go maps it, and the word-cutting rules of `snakecase` and its kin.

use windlass_gotemplate::{Functions, Value};

use crate::args::{STRING, string};

pub(crate) fn register(functions: &mut Functions) {
    let mut add = |name: &str, convert: fn(&str) -> String| {
        functions.add(name, STRING, move |_, args| Ok(Value::from(convert(&string(args, 0)))));
    };
    add("upper", |text| text.chars().map(to_upper).collect());
    add("lower", |text| text.chars().map(to_lower).collect());
    add("title", title);
    add("untitle", untitle);
    add("swapcase", swap_case);
    add("snakecase", |text| lower_words(text, '_'));
    add("kebabcase", |text| lower_words(text, '-'));
    add("camelcase", camel_case);
}

/// One character for one: where full mapping gives several, Go keeps the character.
fn to_upper(char: char) -> char {
    let mut mapped = char.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        _ => char,
    }
}

fn to_lower(char: char) -> char {
    char.to_lowercase().next().unwrap_or(char)
}

/// The first letter of each word; a word ends at whatever is no letter, digit or underscore.
fn title(text: &str) -> String {
    let mut after_separator = true;
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        out.push(if after_separator { to_upper(char) } else { char });
        after_separator = if char.is_ascii() {
            !char.is_ascii_alphanumeric() && char != '_'
        } else {
            !char.is_alphanumeric() && char.is_whitespace()
        };
    }
    out
}

fn untitle(text: &str) -> String {
    let mut after_space = true;
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        let space = char.is_whitespace();
        out.push(if after_space && !space { to_lower(char) } else { char });
        after_space = space;
    }
    out
}

fn swap_case(text: &str) -> String {
    let swap = |char: char| match char {
        char if char.is_uppercase() => to_lower(char),
        char if char.is_lowercase() => to_upper(char),
        char => char,
    };
    text.chars().map(swap).collect()
}

fn is_connector(char: char) -> bool {
    char == '-' || char == '_' || char.is_whitespace()
}

/// Upper camel case: connectors vanish and what follows them is raised; a run of capitals keeps only
/// its first.
fn camel_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let Some(first) = chars.by_ref().find(|char| {
        let connector = is_connector(*char);
        if connector {
            out.push(*char);
        }
        !connector
    }) else {
        return out;
    };
    let mut in_capitals = first.is_uppercase();
    let mut held = to_upper(first);
    for char in chars {
        let last = std::mem::replace(&mut held, char);
        if is_connector(char) && is_connector(last) {
            out.push(last);
            continue;
        }
        if is_connector(last) {
            in_capitals = char.is_uppercase();
            held = to_upper(char);
            continue;
        }
        if in_capitals && char.is_uppercase() {
            held = to_lower(char);
        } else {
            in_capitals = false;
        }
        out.push(last);
    }
    out.push(held);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    End,
    Number,
    Capitals,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// Cuts at changes of kind and joins with `connector`; numbers cling to the word they belong to.
fn lower_words(text: &str, connector: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Word::Connector {
            push_lower(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Word::Number => {
                (kind, word, rest) = push_letters(&mut out, (kind, word, rest), connector);
                if !matches!(kind, Word::End | Word::Punctuation | Word::Connector) {
                    out.push(connector);
                }
            }
            Word::Connector => push_lower(&mut out, previous, last, connector),
            Word::Punctuation => {}
            _ if kind != Word::Number => {
                if !matches!(kind, Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => (kind, word, rest) = after_number(&mut out, word, rest, connector),
        }
    }
    push_lower(&mut out, kind, word, connector);
    out
}

type Cut<'t> = (Word, &'t str, &'t str);

/// `Bld4Floor` is `bld4_floor`, but `HTTP2xx` is `http_2xx`.
fn after_number<'t>(out: &mut String, number: &'t str, rest: &'t str, connector: char) -> Cut<'t> {
    let next = next_word(rest);
    if next.0 != Word::Letters {
        push_lower(out, Word::Number, number, connector);
        if !matches!(next.0, Word::Connector | Word::Punctuation) {
            out.push(connector);
        }
        return next;
    }
    out.push(connector);
    push_lower(out, Word::Number, number, connector);
    let next = push_letters(out, next, connector);
    if !matches!(next.0, Word::End | Word::Connector | Word::Punctuation) {
        out.push(connector);
    }
    next
}

fn push_letters<'t>(out: &mut String, cut: Cut<'t>, connector: char) -> Cut<'t> {
    let mut cut = cut;
    while matches!(cut.0, Word::Letters | Word::Number) {
        push_lower(out, cut.0, cut.1, connector);
        cut = next_word(cut.2);
    }
    cut
}

fn push_lower(out: &mut String, kind: Word, word: &str, connector: char) {
    match kind {
        // The first of a run of connectors is replaced; an underscore in front stays one.
        Word::Connector => word.chars().for_each(|_| out.push(connector)),
        Word::Capitals | Word::Letters => out.extend(word.chars().map(to_lower)),
        _ => out.push_str(word),
    }
}

fn is_letter(char: char) -> bool {
    char.is_alphabetic() && !char.is_numeric()
}

fn next_word(text: &str) -> Cut<'_> {
    let Some(first) = text.chars().next() else {
        return (Word::End, "", "");
    };
    let (kind, length) = match first {
        char if is_connector(char) => (Word::Connector, run(text, is_connector)),
        char if is_punctuation(char) => (Word::Punctuation, run(text, is_punctuation)),
        char if char.is_uppercase() => (Word::Capitals, capitals(text)),
        char if is_letter(char) => (Word::Letters, run(text, |char| is_letter(char) && !char.is_uppercase())),
        char if char.is_numeric() => (Word::Number, run(text, char::is_numeric)),
        _ => {
            let other = |char| !is_connector(char) && !is_letter(char) && !char.is_numeric() && !is_punctuation(char);
            (Word::Other, run(text, other))
        }
    };
    (kind, &text[..length], &text[length..])
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|char| !belongs(char)).unwrap_or(text.len())
}

/// A capitalised word, or a run of capitals less the one that begins the next word.
fn capitals(text: &str) -> usize {
    let upper = run(text, char::is_uppercase);
    let first = text.chars().next().map_or(0, char::len_utf8);
    let followed = text[upper..].chars().next().is_some_and(is_letter);
    if upper == first {
        return if followed {
            upper + run(&text[upper..], |char| is_letter(char) && !char.is_uppercase())
        } else {
            upper
        };
    }
    let last = text[..upper].chars().next_back().map_or(0, char::len_utf8);
    if followed { upper - last } else { upper }
}

fn is_punctuation(char: char) -> bool {
    match char {
        // ASCII symbols are not punctuation to Unicode.
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => false,
        char if char.is_ascii() => char.is_ascii_punctuation(),
        char => matches!(char, '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}'),
    }
}
