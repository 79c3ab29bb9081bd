//! What goes wrong: parsing, executing, and inside a function. The texts and positions are Go's,
//! because charts and their users match on them.

use std::fmt;

use crate::fmt::quote;

/// A template that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub template: String,
    /// From 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template: {}:{}: {}", self.template, self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Where in a template's text execution stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file's name; differs from the executing template's inside a `define`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Bytes from the start of the line, from 0, as Go counts.
    pub column: usize,
    /// The failing node, printed as source.
    pub node: String,
}

/// A template that fails while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecError {
    /// The template that was executing.
    pub template: String,
    pub position: Option<Position>,
    /// Without position, and without the text of `cause`.
    pub message: String,
    /// The failure of a template that this one executed through a function. Its text belongs
    /// behind `message`.
    pub cause: Option<Box<ExecError>>,
    /// Set when a [`Budget`](crate::Budget) ran out rather than the template being wrong.
    pub limit: Option<Limit>,
}

/// Which part of the budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Depth,
    Steps,
    Output,
}

impl ExecError {
    /// The limit that ended the execution, here or in a template executed from here.
    pub fn limit(&self) -> Option<Limit> {
        let mut error = self;
        loop {
            match (&error.limit, &error.cause) {
                (Some(limit), _) => return Some(*limit),
                (None, Some(cause)) => error = cause,
                (None, None) => return None,
            }
        }
    }

    fn write_own(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.position {
            Some(at) => write!(
                f,
                "template: {}:{}:{}: executing {} at <{}>: {}",
                at.file,
                at.line,
                at.column,
                quote(self.template.as_bytes()),
                at.node,
                self.message
            ),
            None => write!(f, "template: {}: {}", self.template, self.message),
        }
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = self;
        error.write_own(f)?;
        while let Some(cause) = &error.cause {
            error = cause;
            error.write_own(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ExecError {}

/// The error a function answers with; the evaluator adds the position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    pub cause: Option<Box<ExecError>>,
    pub limit: Option<Limit>,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), cause: None, limit: None }
    }

    /// A budget that ran out.
    pub fn limit(limit: Limit, message: impl Into<String>) -> Self {
        Failure { message: message.into(), cause: None, limit: Some(limit) }
    }

    /// The same failure with words in front.
    pub fn context(mut self, words: impl fmt::Display) -> Self {
        self.message = format!("{words}{}", self.message);
        self
    }
}

impl From<ExecError> for Failure {
    fn from(cause: ExecError) -> Self {
        Failure { message: String::new(), cause: Some(Box::new(cause)), limit: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.cause.as_ref().map_or(Ok(()), |cause| cause.fmt(f))
    }
}

impl std::error::Error for Failure {}
