//! What can go wrong in a build, and where.

use std::fmt;

use crate::artifact::Artifact;
use crate::function::FunctionCall;

/// Why a build gave nothing. Nothing is rendered on an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input is wrong; only a change of it helps.
    #[error("{0}")]
    Invalid(Box<Diagnostic>),
    /// The kustomization asks for what no build does: functions that are programs, charts without a renderer.
    #[error("{0}")]
    Unsupported(Box<Diagnostic>),
    /// Remote files or repositories that must be fetched first. Fetch them, name their places in
    /// [`crate::Options::artifacts`] and build again; that run may find more.
    #[error("remote content has to be fetched first: {}", names(.0))]
    NeedsArtifact(Vec<Artifact>),
    /// A function that must be run first. Run it, name the place of what it gave back under [`FunctionCall::answer`] in
    /// [`crate::Options::artifacts`] and build again; that run may find another.
    #[error("a function has to be run first: {}", .0.function)]
    NeedsFunction(Box<FunctionCall>),
}

/// A fault with the place it was found in, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// Path of the file below the tree's root.
    pub file: Option<String>,
    /// Line in that file, from 1.
    pub line: Option<u32>,
    /// The field, as a path with dots and indices: `patches[1].target.name`.
    pub field: Option<String>,
    pub message: String,
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(Box::new(Diagnostic { message: message.into(), ..Diagnostic::default() }))
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::Unsupported(Box::new(Diagnostic { message: message.into(), ..Diagnostic::default() }))
    }

    /// The fault with its place; `None` where something is needed first.
    pub fn diagnostic(&self) -> Option<&Diagnostic> {
        match self {
            Self::Invalid(diagnostic) | Self::Unsupported(diagnostic) => Some(diagnostic),
            Self::NeedsArtifact(_) | Self::NeedsFunction(_) => None,
        }
    }

    fn edit(mut self, edit: impl FnOnce(&mut Diagnostic)) -> Self {
        if let Self::Invalid(diagnostic) | Self::Unsupported(diagnostic) = &mut self {
            edit(diagnostic);
        }
        self
    }

    /// Names the file, unless a deeper place is known already.
    pub(crate) fn in_file(self, file: &str) -> Self {
        self.edit(|found| {
            if found.file.is_none() {
                found.file = Some(file.to_owned());
            }
        })
    }

    /// Names the line, unless a file (and so a deeper line) is known already.
    pub(crate) fn at_line(self, line: u32) -> Self {
        self.edit(|found| {
            if found.file.is_none() && found.line.is_none() && line > 0 {
                found.line = Some(line);
            }
        })
    }

    /// Says that a line is one of a text inside a field, and not of the field's file.
    pub(crate) fn in_text(self) -> Self {
        self.edit(|found| {
            if let (None, Some(line)) = (&found.file, found.line.take()) {
                found.message = format!("line {line} of the text: {}", found.message);
            }
        })
    }

    /// Names the field, unless a deeper place is known already.
    pub(crate) fn in_field(self, field: &str) -> Self {
        self.edit(|found| {
            if found.file.is_none() && found.field.is_none() {
                found.field = Some(field.to_owned());
            }
        })
    }

    /// Puts what was being done in front of the message.
    pub(crate) fn while_doing(self, what: impl fmt::Display) -> Self {
        self.edit(|found| found.message = format!("{what}: {}", found.message))
    }

    /// Keeps the error apart from those that a different reading of the same input may avoid.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(self, Self::Invalid(_))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(out, "{file}:")?;
            if let Some(line) = self.line {
                write!(out, "{line}:")?;
            }
            out.write_str(" ")?;
        }
        if let Some(field) = &self.field {
            write!(out, "{field}: ")?;
        }
        out.write_str(&self.message)
    }
}

fn names(artifacts: &[Artifact]) -> String {
    artifacts.iter().map(Artifact::to_string).collect::<Vec<_>>().join(", ")
}
