//! Diagnostics and failures in few words.

use std::fmt;

use crate::{Diagnostic, Failure, Location, Refusal, Severity};

impl Diagnostic {
    /// An error: the run fails with it.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code: code.into(), message: message.into(), at: None }
    }

    /// A warning: shown, and the run goes on.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// With the file it is about; `path` counts from the root of the repository.
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.at = Some(Location { path: path.into(), line: None, field: None });
        self
    }

    /// With the file and the line, counted from 1.
    pub fn at_line(mut self, path: impl Into<String>, line: u32) -> Self {
        self.at = Some(Location { path: path.into(), line: Some(line), field: None });
        self
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Invalid(vec![diagnostic])
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        Ok(())
    }
}

impl Refusal {
    /// What is refused, for the person who asked for it.
    pub fn message(&self) -> String {
        match self {
            Self::Denied(why) | Self::Unavailable(why) => why.clone(),
            Self::NotFound => "nothing of that name is there".to_owned(),
            Self::Other((code, text)) => format!("{code}: {text}"),
        }
    }
}
