//! Exit statuses; the README has the same table.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; equal; every application Synced and Healthy.
    Done,
    /// Different, not in sync in time, or the input is at fault.
    Different,
    /// Wrong usage, as clap says it too.
    Usage,
    /// Something broke.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Different => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
        })
    }
}

/// An error that is the fault of how the command was called.
#[derive(Debug)]
pub struct WrongUsage(pub String);

impl std::fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

/// The exit status of an error.
pub fn of(error: &anyhow::Error) -> Exit {
    if error.is::<WrongUsage>() { Exit::Usage } else { Exit::Failed }
}
