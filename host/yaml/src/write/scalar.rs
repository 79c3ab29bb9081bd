//! The five forms of a string on paper.

use super::printer::Printer;
use super::shape::{is_break, is_printable};
use crate::read::node::ScalarStyle;

impl Printer {
    /// Writes a string. Where it may fold, a blank behind the last wanted column becomes a line break.
    pub(super) fn scalar(&mut self, text: &str, style: ScalarStyle, may_fold: bool) {
        let folds_at = if may_fold { self.style.folds_at() } else { usize::MAX };
        match style {
            ScalarStyle::Plain => self.plain(text, folds_at),
            ScalarStyle::SingleQuoted => self.single_quoted(text, folds_at),
            ScalarStyle::DoubleQuoted => self.double_quoted(text, folds_at),
            ScalarStyle::Literal | ScalarStyle::Folded => self.literal(text),
        }
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            self.spaced = false;
            self.indenting = false;
        }
    }

    fn plain(&mut self, text: &str, folds_at: usize) {
        if !text.is_empty() || !self.style.is_v3() {
            self.separate();
        }
        self.words(text, folds_at, false);
    }

    fn single_quoted(&mut self, text: &str, folds_at: usize) {
        self.separate();
        self.put("'");
        self.words(text, folds_at, true);
        self.put("'");
    }

    /// Text that is folded at single blanks; in quotes, not at its first and last character.
    fn words(&mut self, text: &str, folds_at: usize, quoted: bool) {
        let mut after_blank = false;
        let mut after_break = false;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            if character == ' ' {
                let inner = !quoted || (at > 0 && characters.peek().is_some());
                let single = !after_blank && characters.peek().is_none_or(|(_, next)| *next != ' ');
                if single && inner && self.column > folds_at {
                    self.start_line();
                } else {
                    self.put_char(' ');
                }
                after_blank = true;
            } else if is_break(character) {
                if !after_break && character == '\n' {
                    self.line_break();
                }
                self.break_character(character);
                after_break = true;
            } else {
                if after_break {
                    self.start_line();
                }
                if quoted && character == '\'' {
                    self.put_char('\'');
                }
                self.put_char(character);
                self.indenting = false;
                after_blank = false;
                after_break = false;
            }
        }
    }

    fn break_character(&mut self, character: char) {
        if character == '\n' {
            self.line_break();
        } else {
            self.out.push(character);
            self.column = 0;
        }
        self.indenting = true;
    }

    fn double_quoted(&mut self, text: &str, folds_at: usize) {
        self.separate();
        self.put("\"");
        self.spaced = false;
        self.indenting = false;
        // go-yaml escapes everything in a text that begins with a byte order mark.
        let escape_all = text.starts_with('\u{FEFF}');
        let mut after_blank = false;
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let needs_escape = !is_printable(character) || is_break(character) || matches!(character, '"' | '\\');
            if needs_escape || escape_all {
                self.put(&escape(character));
                after_blank = false;
            } else if character == ' ' {
                let next = characters.peek().map(|(_, next)| *next);
                if !after_blank && self.column > folds_at && at > 0 && next.is_some() {
                    self.start_line();
                    if next == Some(' ') {
                        self.put_char('\\');
                    }
                } else {
                    self.put_char(' ');
                }
                after_blank = true;
            } else {
                self.put_char(character);
                after_blank = false;
            }
        }
        self.put("\"");
    }

    fn literal(&mut self, text: &str) {
        self.separate();
        self.put("|");
        if text.starts_with(|first: char| first == ' ' || is_break(first)) {
            self.put("2");
        }
        self.put(chomping(text));
        self.line_break();
        self.indenting = true;
        self.spaced = true;
        let mut after_break = true;
        for character in text.chars() {
            if is_break(character) {
                self.break_character(character);
                after_break = true;
            } else {
                if after_break {
                    self.start_line();
                }
                self.put_char(character);
                self.indenting = false;
                after_break = false;
            }
        }
    }
}

/// What the header says about the line breaks at the end: one is usual, none is `-`, more are `+`.
fn chomping(text: &str) -> &'static str {
    let mut last = text.chars().rev();
    match (last.next().is_some_and(is_break), last.next().is_none_or(is_break)) {
        (false, _) => "-",
        (true, true) => "+",
        (true, false) => "",
    }
}

fn escape(character: char) -> String {
    let short = match character {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0B' => 'v',
        '\x0C' => 'f',
        '\r' => 'r',
        '\x1B' => 'e',
        '"' | '\\' => character,
        '\u{85}' => 'N',
        '\u{A0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(character) {
                code @ 0..=0xFF => format!("\\x{code:02X}"),
                code @ 0x100..=0xFFFF => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
