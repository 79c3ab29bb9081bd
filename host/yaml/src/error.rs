//! What can go wrong while reading, and where.

use std::fmt;

use crate::limits::Limit;
use crate::read::node::DuplicateKey;

/// A text that cannot be read: what, and the line and column (both from 1) where it was noticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct Error {
    kind: Box<ErrorKind>,
    line: u32,
    column: u32,
    go_line: u32,
}

/// The kinds of failure. Texts of `Syntax` and `Encoding` are go-yaml's own, so that users can search for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// The bytes are no text YAML allows: invalid UTF-8 or control characters.
    Encoding(&'static str),
    /// The scanner or the grammar does not accept the text.
    Syntax(&'static str),
    /// An alias names an anchor that no earlier node of the document carries.
    UnknownAnchor(String),
    /// An alias stands inside the node it refers to.
    SelfReference(String),
    /// The value of `<<` is neither a mapping nor a sequence of mappings.
    MergeValue,
    /// A mapping key that JSON cannot name: null, a collection, or an integer above 2^63.
    Key(String),
    /// A scalar contradicts its explicit tag, or `!!binary` is no base64.
    Tag(String),
    /// A number that JSON cannot hold: infinity or not-a-number.
    Number(String),
    /// The same key twice in one mapping, where the caller asked for strictness.
    DuplicateKey(String),
    /// One of the caller's limits, with its value.
    Limit(Limit, usize),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, line: u32, column: u32) -> Self {
        Self { kind: Box::new(kind), line, column, go_line: 0 }
    }

    /// Whether the text itself is well-formed as far as it was read.
    pub(crate) fn is_of_meaning(&self) -> bool {
        use ErrorKind::{DuplicateKey, Key, MergeValue, Number, SelfReference, Tag};
        matches!(*self.kind, Key(_) | MergeValue | Tag(_) | Number(_) | DuplicateKey(_) | SelfReference(_))
    }

    /// Sets the line go-yaml would name; 0 when it names none.
    pub(crate) fn with_go_line(self, go_line: u32) -> Self {
        Self { go_line, ..self }
    }

    /// Line where the fault was noticed, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Column in characters where the fault was noticed, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }

    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// The error in the words of go-yaml, `yaml: line 3: did not find expected key`, for tools that show it to users
    /// as such. Its line can differ from [`Error::line`]: go-yaml counts some faults from 0 and names none for others.
    pub fn go_text(&self) -> String {
        match &*self.kind {
            ErrorKind::DuplicateKey(key) => {
                format!("yaml: unmarshal errors:\n  line {}: key {key:?} already set in map", self.go_line)
            }
            ErrorKind::Number(text) => format!("json: unsupported value: {text}"),
            ErrorKind::Limit(Limit::Aliases, _) => "yaml: document contains excessive aliasing".to_owned(),
            kind if self.go_line > 0 => format!("yaml: line {}: {kind}", self.go_line),
            kind => format!("yaml: {kind}"),
        }
    }
}

impl From<&DuplicateKey> for Error {
    /// For callers that take no duplicates, as `kubectl --validate=strict` does.
    fn from(duplicate: &DuplicateKey) -> Self {
        let kind = ErrorKind::DuplicateKey(duplicate.key.clone());
        Self::new(kind, duplicate.line, duplicate.column).with_go_line(duplicate.line)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(problem) | Self::Syntax(problem) => out.write_str(problem),
            Self::UnknownAnchor(name) => write!(out, "unknown anchor '{name}' referenced"),
            Self::SelfReference(name) => write!(out, "anchor '{name}' value contains itself"),
            Self::MergeValue => out.write_str("map merge requires map or sequence of maps as the value"),
            Self::Key(key) => write!(out, "invalid map key: {key}"),
            Self::Tag(problem) => out.write_str(problem),
            Self::Number(text) => write!(out, "number {text} cannot be written as JSON"),
            Self::DuplicateKey(key) => write!(out, "key {key:?} already set in map"),
            Self::Limit(limit, most) => write!(out, "text exceeds the limit of {most} {}", limit.unit()),
        }
    }
}
