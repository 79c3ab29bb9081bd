//! Tokens, and how error messages call them.

use std::fmt;

use crate::ast::Span;
use crate::fmt::{quote, quote_cut};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The lexer has the message.
    Error,
    Eof,
    Assign,
    Bool,
    Char,
    Complex,
    Declare,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    /// A sign with no meaning of its own, such as the comma.
    Punctuation,
    RawString,
    RightDelim,
    RightParen,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Define,
    Dot,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Kind {
    fn is_keyword(self) -> bool {
        use Kind::{Block, Break, Continue, Define, Dot, Else, End, If, Nil, Range, Template, With};
        matches!(self, Block | Break | Continue | Define | Dot | Else | End | If | Nil | Range | Template | With)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    /// Whether blanks stand before it, inside an action: `.X .Y` and `.X.Y` differ.
    pub(super) spaced: bool,
    /// Byte offset in the text.
    pub(super) pos: usize,
    pub(super) text: &'t str,
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn span(&self) -> Span {
        Span { start: self.pos, end: self.pos + self.text.len() }
    }
}

/// The characters of a token that an error message shows.
const SHOWN: usize = 10;

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Eof => f.write_str("EOF"),
            kind if kind.is_keyword() => write!(f, "<{}>", self.text),
            _ if self.text.len() > SHOWN => write!(f, "{}...", quote_cut(self.text, SHOWN)),
            _ => f.write_str(&quote(self.text.as_bytes())),
        }
    }
}

/// What opens and closes an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub(super) left: String,
    pub(super) right: String,
}

impl Delimiters {
    /// An empty delimiter means the default.
    pub fn new(left: &str, right: &str) -> Self {
        let or = |given: &str, default: &str| if given.is_empty() { default } else { given }.to_owned();
        Delimiters { left: or(left, "{{"), right: or(right, "}}") }
    }
}

impl Default for Delimiters {
    fn default() -> Self {
        Delimiters::new("", "")
    }
}
