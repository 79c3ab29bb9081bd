//! Cuts a template's text into tokens. It works on bytes, and on characters only where one is not ASCII: charts define
//! a hundred templates for each one that they run, so this is much of what rendering costs.

use super::token::{Delimiters, Kind, Token};
use crate::fmt::{describe_char, quote};

/// A trim marker is a minus and a blank.
const MARKER: usize = 2;

pub(super) struct Lexer<'t> {
    text: &'t str,
    left: &'t [u8],
    right: &'t [u8],
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    parens: usize,
    inside: bool,
    /// Whether blanks stand before the token that begins here.
    spaced: bool,
    /// What is wrong with the text; there are no tokens behind that.
    pub(super) fault: Option<String>,
    /// False where a function of that name is defined, which then wins over the keyword.
    pub(super) break_is_keyword: bool,
    pub(super) continue_is_keyword: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, delimiters: &'t Delimiters) -> Self {
        Lexer {
            text,
            left: delimiters.left.as_bytes(),
            right: delimiters.right.as_bytes(),
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            parens: 0,
            inside: false,
            spaced: false,
            fault: None,
            break_is_keyword: true,
            continue_is_keyword: true,
        }
    }

    pub(super) fn next_token(&mut self) -> Token<'t> {
        if self.fault.is_some() {
            return Token { kind: Kind::Eof, spaced: false, pos: self.pos, text: "", line: self.start_line };
        }
        if self.inside { self.inside_action() } else { self.outside_action() }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    fn bytes(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.pos..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn peek_char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump_char(&mut self) {
        self.pos += self.peek_char().map_or(0, char::len_utf8);
    }

    fn accept(&mut self, wanted: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| wanted.contains(&byte));
        self.pos += usize::from(found);
        found
    }

    fn accept_while(&mut self, wanted: impl Fn(u8) -> bool) {
        self.pos += self.bytes().iter().take_while(|byte| wanted(**byte)).count();
    }

    fn accept_word(&mut self) {
        loop {
            self.accept_while(is_word_byte);
            match self.peek() {
                Some(128..) if self.peek_char().is_some_and(is_word) => self.bump_char(),
                _ => return,
            }
        }
    }

    fn emit(&mut self, kind: Kind) -> Token<'t> {
        let text = &self.text[self.start..self.pos];
        let token = Token { kind, spaced: self.spaced, pos: self.start, text, line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        self.spaced = false;
        token
    }

    /// Moves over text that belongs to no token.
    fn skip(&mut self, bytes: usize) {
        self.pos += bytes;
        self.line += count_lines(&self.text[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn error(&mut self, message: impl Into<String>) -> Token<'t> {
        self.fault = Some(message.into());
        Token { kind: Kind::Error, spaced: self.spaced, pos: self.start, text: "", line: self.start_line }
    }

    fn outside_action(&mut self) -> Token<'t> {
        loop {
            let Some(before) = find(self.bytes(), self.left) else {
                self.pos = self.text.len();
                self.line += count_lines(&self.text[self.start..]);
                return self.emit(if self.start < self.pos { Kind::Text } else { Kind::Eof });
            };
            if before > 0
                && let Some(token) = self.text_before(before)
            {
                return token;
            }
            match self.left_delimiter() {
                Some(token) => return token,
                None => continue,
            }
        }
    }

    /// The text up to the delimiter, less what a trim marker behind the delimiter eats.
    fn text_before(&mut self, before: usize) -> Option<Token<'t>> {
        let text = &self.rest()[..before];
        let behind = &self.rest()[before + self.left.len()..];
        let kept = if has_left_marker(behind) { text.trim_end_matches(is_blank).len() } else { before };
        self.pos += kept;
        self.line += count_lines(&self.text[self.start..self.pos]);
        let token = self.emit(Kind::Text);
        self.skip(before - kept);
        (kept > 0).then_some(token)
    }

    /// `None` after a comment.
    fn left_delimiter(&mut self) -> Option<Token<'t>> {
        self.pos += self.left.len();
        let marker = if has_left_marker(self.rest()) { MARKER } else { 0 };
        if self.rest()[marker..].starts_with("/*") {
            self.skip(marker);
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.inside = true;
        self.parens = 0;
        self.skip(marker);
        Some(token)
    }

    fn comment(&mut self) -> Option<Token<'t>> {
        self.pos += "/*".len();
        let Some(length) = self.rest().find("*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.pos += length + "*/".len();
        let Some(marker) = self.at_right_delimiter() else {
            return Some(self.error("comment ends before closing delimiter"));
        };
        let after = &self.bytes()[marker + self.right.len()..];
        let blanks = if marker > 0 { leading_blanks(after) } else { 0 };
        self.skip(marker + self.right.len() + blanks);
        None
    }

    /// The length of the trim marker before a right delimiter, if one stands here.
    fn at_right_delimiter(&self) -> Option<usize> {
        let rest = self.bytes();
        if has_right_marker(rest) && starts_with(&rest[MARKER..], self.right) {
            return Some(MARKER);
        }
        starts_with(rest, self.right).then_some(0)
    }

    fn right_delimiter(&mut self, marker: usize) -> Token<'t> {
        self.skip(marker);
        self.pos += self.right.len();
        let token = self.emit(Kind::RightDelim);
        if marker > 0 {
            self.skip(leading_blanks(self.bytes()));
        }
        self.inside = false;
        token
    }

    fn inside_action(&mut self) -> Token<'t> {
        self.skip_blanks();
        if let Some(marker) = self.at_right_delimiter() {
            if self.parens > 0 {
                return self.error("unclosed left paren");
            }
            return self.right_delimiter(marker);
        }
        let Some(byte) = self.peek() else {
            return self.error("unclosed action");
        };
        match byte {
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => self.identifier(),
            b'+' | b'-' | b'0'..=b'9' => self.number(),
            b'.' if self.bytes().get(1).is_none_or(u8::is_ascii_digit) => self.number(),
            128.. if self.peek_char().is_some_and(is_word) => self.identifier(),
            byte => self.punctuation(byte),
        }
    }

    /// The blank of a trim marker belongs to the right delimiter, not to the run before it.
    fn skip_blanks(&mut self) {
        let run = leading_blanks(self.bytes());
        if run == 0 {
            return;
        }
        let tail = &self.bytes()[run - 1..];
        let is_marker = has_right_marker(tail) && starts_with(&tail[MARKER..], self.right);
        self.skip(run - usize::from(is_marker));
        self.spaced = true;
    }

    fn punctuation(&mut self, byte: u8) -> Token<'t> {
        let first = self.peek_char();
        self.pos += first.map_or(0, char::len_utf8);
        match byte {
            b'=' => self.emit(Kind::Assign),
            b':' if self.accept(b"=") => self.emit(Kind::Declare),
            b':' => self.error("expected :="),
            b'|' => self.emit(Kind::Pipe),
            b'"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            b'\'' => self.quoted(b'\'', Kind::Char, "unterminated character constant"),
            b'`' => self.raw_quoted(),
            b'$' => self.field_or_variable(Kind::Variable, Kind::Variable),
            b'.' => self.field_or_variable(Kind::Field, Kind::Dot),
            b'(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            b')' if self.parens == 0 => self.error("unexpected right paren"),
            b')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            byte if byte.is_ascii_graphic() => self.emit(Kind::Punctuation),
            _ => self.error(format!("unrecognized character in action: {}", describe_char(first))),
        }
    }

    fn identifier(&mut self) -> Token<'t> {
        self.accept_word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        let kind = match &self.text[self.start..self.pos] {
            "block" => Kind::Block,
            "break" if self.break_is_keyword => Kind::Break,
            "continue" if self.continue_is_keyword => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "if" => Kind::If,
            "range" => Kind::Range,
            "nil" => Kind::Nil,
            "template" => Kind::Template,
            "with" => Kind::With,
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    /// `alone` is the kind when no name follows the sign.
    fn field_or_variable(&mut self, kind: Kind, alone: Kind) -> Token<'t> {
        if self.at_terminator() {
            return self.emit(alone);
        }
        self.accept_word();
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn bad_character(&mut self) -> Token<'t> {
        let message = format!("bad character {}", describe_char(self.peek_char()));
        self.error(message)
    }

    /// Whether what stands here may follow a name: `$x+2` has to be spelled with blanks.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(_) => starts_with(self.bytes(), self.right),
        }
    }

    /// The syntax of the escapes is the parser's business. No literal of this kind holds a line's end.
    fn quoted(&mut self, end: u8, kind: Kind, unterminated: &str) -> Token<'t> {
        loop {
            self.accept_while(|byte| byte != end && byte != b'\\' && byte != b'\n');
            let found = self.peek();
            self.pos += usize::from(found.is_some());
            match found {
                Some(b'\\') if !matches!(self.peek(), None | Some(b'\n')) => self.bump_char(),
                Some(byte) if byte == end => return self.emit(kind),
                _ => return self.error(unterminated),
            }
        }
    }

    fn raw_quoted(&mut self) -> Token<'t> {
        let Some(length) = memchr::memchr(b'`', self.bytes()) else {
            return self.error("unterminated raw quoted string");
        };
        self.line += count_lines(&self.rest()[..length]);
        self.pos += length + 1;
        self.emit(Kind::RawString)
    }

    /// Accepts somewhat more than numbers; the parser refuses what is none.
    fn number(&mut self) -> Token<'t> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some(b'+' | b'-')) {
            return self.emit(Kind::Number);
        }
        if !self.scan_number() || !self.text[..self.pos].ends_with('i') {
            return self.bad_number();
        }
        self.emit(Kind::Complex)
    }

    fn bad_number(&mut self) -> Token<'t> {
        let message = format!("bad number syntax: {}", quote(&self.text.as_bytes()[self.start..self.pos]));
        self.error(message)
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let (digits, exponent): (&[u8], &[u8]) = if !self.accept(b"0") {
            (b"0123456789_", b"eE")
        } else if self.accept(b"xX") {
            (b"0123456789abcdefABCDEF_", b"pP")
        } else if self.accept(b"oO") {
            (b"01234567_", b"")
        } else if self.accept(b"bB") {
            (b"01_", b"")
        } else {
            (b"0123456789_", b"eE")
        };
        self.accept_while(|byte| digits.contains(&byte));
        if self.accept(b".") {
            self.accept_while(|byte| digits.contains(&byte));
        }
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_while(|byte| byte.is_ascii_digit() || byte == b'_');
        }
        self.accept(b"i");
        let ends = !self.peek_char().is_some_and(is_word);
        if !ends {
            self.bump_char();
        }
        ends
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn leading_blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r' | '\n')
}

fn is_word_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_ascii_alphanumeric() || (!char.is_ascii() && char.is_alphanumeric())
}

fn has_left_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn has_right_marker(text: &[u8]) -> bool {
    matches!(text, [b' ' | b'\t' | b'\r' | b'\n', b'-', ..])
}

/// Byte by byte: delimiters are two bytes long as a rule, and most places are told by the first.
fn starts_with(text: &[u8], delimiter: &[u8]) -> bool {
    delimiter.len() <= text.len() && delimiter.iter().zip(text).all(|(wanted, found)| wanted == found)
}

fn find(text: &[u8], delimiter: &[u8]) -> Option<usize> {
    let first = *delimiter.first()?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(first, &text[from..])?;
        if starts_with(&text[at..], delimiter) {
            return Some(at);
        }
        from = at + 1;
    }
}
