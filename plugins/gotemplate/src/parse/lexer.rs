//! Cuts a template's text into tokens. Inside an action a run of blanks is a token too, because
//! `.X .Y` and `.X.Y` differ.

use super::token::{Delimiters, Kind, Token};
use crate::fmt::{describe_char, quote};

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
/// A trim marker is a minus and a blank.
const MARKER: usize = 2;

pub(super) struct Lexer<'t> {
    text: &'t str,
    delimiters: &'t Delimiters,
    pos: usize,
    start: usize,
    line: usize,
    start_line: usize,
    parens: usize,
    inside: bool,
    failed: bool,
    /// False where a function of that name is defined, which then wins over the keyword.
    pub(super) break_is_keyword: bool,
    pub(super) continue_is_keyword: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str, delimiters: &'t Delimiters) -> Self {
        Lexer {
            text,
            delimiters,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            parens: 0,
            inside: false,
            failed: false,
            break_is_keyword: true,
            continue_is_keyword: true,
        }
    }

    pub(super) fn next_token(&mut self) -> Token<'t> {
        if self.failed {
            return Token { kind: Kind::Eof, pos: self.pos, text: "".into(), line: self.start_line };
        }
        if self.inside { self.inside_action() } else { self.outside_action() }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.pos += char.len_utf8();
        self.line += usize::from(char == '\n');
        Some(char)
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let found = self.peek().is_some_and(|char| wanted.contains(char));
        if found {
            self.bump();
        }
        found
    }

    fn accept_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
    }

    fn emit(&mut self, kind: Kind) -> Token<'t> {
        let text = self.text[self.start..self.pos].into();
        let token = Token { kind, pos: self.start, text, line: self.start_line };
        self.start = self.pos;
        self.start_line = self.line;
        token
    }

    /// Moves over text nobody read by `bump`.
    fn skip(&mut self, bytes: usize) {
        self.pos += bytes;
        self.line += count_lines(&self.text[self.start..self.pos]);
        self.start = self.pos;
        self.start_line = self.line;
    }

    /// Forgets what was read by `bump`, whose lines are counted already.
    fn error(&mut self, message: impl Into<String>) -> Token<'t> {
        self.failed = true;
        Token { kind: Kind::Error, pos: self.start, text: message.into().into(), line: self.start_line }
    }

    fn outside_action(&mut self) -> Token<'t> {
        loop {
            let Some(before) = self.rest().find(&self.delimiters.left) else {
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
        let behind = &self.rest()[before + self.delimiters.left.len()..];
        let kept = if has_left_marker(behind) { text.trim_end_matches(BLANKS).len() } else { before };
        self.pos += kept;
        self.line += count_lines(&self.text[self.start..self.pos]);
        let token = self.emit(Kind::Text);
        self.skip(before - kept);
        (kept > 0).then_some(token)
    }

    /// `None` after a comment.
    fn left_delimiter(&mut self) -> Option<Token<'t>> {
        self.pos += self.delimiters.left.len();
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
        let after = &self.rest()[marker + self.delimiters.right.len()..];
        let blanks = if marker > 0 { leading_blanks(after) } else { 0 };
        self.skip(marker + self.delimiters.right.len() + blanks);
        None
    }

    /// The length of the trim marker before a right delimiter, if one stands here.
    fn at_right_delimiter(&self) -> Option<usize> {
        let rest = self.rest();
        let right = self.delimiters.right.as_str();
        if has_right_marker(rest) && rest[MARKER..].starts_with(right) {
            return Some(MARKER);
        }
        rest.starts_with(right).then_some(0)
    }

    fn right_delimiter(&mut self, marker: usize) -> Token<'t> {
        self.skip(marker);
        self.pos += self.delimiters.right.len();
        let token = self.emit(Kind::RightDelim);
        if marker > 0 {
            self.skip(leading_blanks(self.rest()));
        }
        self.inside = false;
        token
    }

    fn inside_action(&mut self) -> Token<'t> {
        if let Some(marker) = self.at_right_delimiter() {
            if self.parens > 0 {
                return self.error("unclosed left paren");
            }
            return self.right_delimiter(marker);
        }
        let Some(char) = self.peek() else {
            return self.error("unclosed action");
        };
        match char {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '+' | '-' | '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) || self.rest().len() == 1 => {
                self.number()
            }
            char if is_word(char) => self.identifier(),
            _ => {
                self.bump();
                self.punctuation(char)
            }
        }
    }

    /// `char` is read already.
    fn punctuation(&mut self, char: char) -> Token<'t> {
        match char {
            '=' => self.emit(Kind::Assign),
            ':' if self.accept("=") => self.emit(Kind::Declare),
            ':' => self.error("expected :="),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::Char, "unterminated character constant"),
            '`' => self.raw_quoted(),
            '$' => self.field_or_variable(Kind::Variable, Kind::Variable),
            '.' => self.field_or_variable(Kind::Field, Kind::Dot),
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.error("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            char if char.is_ascii_graphic() => self.emit(Kind::Punctuation),
            char => self.error(format!("unrecognized character in action: {}", describe_char(Some(char)))),
        }
    }

    /// A trim marker's own blank belongs to the right delimiter, not to the run before it.
    fn space(&mut self) -> Token<'t> {
        let run = leading_blanks(self.rest());
        let last = self.pos + run - 1;
        let tail = &self.text[last..];
        if has_right_marker(tail) && tail[MARKER..].starts_with(&self.delimiters.right) {
            if run == 1 {
                return self.right_delimiter(MARKER);
            }
            self.line += count_lines(&self.text[self.pos..last]);
            self.pos = last;
        } else {
            self.line += count_lines(&self.text[self.pos..=last]);
            self.pos = last + 1;
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Token<'t> {
        self.accept_while(is_word);
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
        self.accept_while(is_word);
        if !self.at_terminator() {
            return self.bad_character();
        }
        self.emit(kind)
    }

    fn bad_character(&mut self) -> Token<'t> {
        let message = format!("bad character {}", describe_char(self.peek()));
        self.error(message)
    }

    /// Whether what stands here may follow a name: `$x+2` has to be spelled with blanks.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(&self.delimiters.right),
        }
    }

    /// The syntax of the escapes is the parser's business.
    fn quoted(&mut self, end: char, kind: Kind, unterminated: &str) -> Token<'t> {
        loop {
            match self.bump() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.bump();
                }
                None | Some('\n' | '\\') => return self.error(unterminated),
                Some(char) if char == end => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Token<'t> {
        loop {
            match self.bump() {
                None => return self.error("unterminated raw quoted string"),
                Some('`') => return self.emit(Kind::RawString),
                Some(_) => {}
            }
        }
    }

    /// Accepts somewhat more than numbers; the parser refuses what is none.
    fn number(&mut self) -> Token<'t> {
        if !self.scan_number() {
            return self.bad_number();
        }
        if !matches!(self.peek(), Some('+' | '-')) {
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
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_while(|char| digits.contains(char));
        if self.accept(".") {
            self.accept_while(|char| digits.contains(char));
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_while(|char| char.is_ascii_digit() || char == '_');
        }
        self.accept("i");
        let ends = !self.peek().is_some_and(is_word);
        if !ends {
            self.bump();
        }
        ends
    }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn leading_blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(BLANKS).len()
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_ascii_alphanumeric() || (!char.is_ascii() && char.is_alphanumeric())
}

fn has_left_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn has_right_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b' ' | b'\t' | b'\r' | b'\n', b'-', ..])
}
