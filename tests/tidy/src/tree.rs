//! The files that Git tracks, as text. What is not UTF-8 is left out: no rule speaks of it.

use std::{fs, io, path::Path, process::Command};

/// A tracked text file, by its path below the root.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every tracked text file of the work tree that is still there.
pub fn tracked(root: &Path) -> Result<Vec<File>, String> {
    let listing = output(Command::new("git").current_dir(root).args(["ls-files", "-z"]))?;
    let mut files = Vec::new();
    for path in listing.split_terminator('\0') {
        match fs::read_to_string(root.join(path)) {
            Ok(text) => files.push(File::new(path, &text)),
            // Not text; a link to a folder; or removed and not yet committed.
            Err(error) if is_passed_over(error.kind()) => {}
            Err(error) => return Err(format!("{path}: {error}")),
        }
    }
    Ok(files)
}

fn is_passed_over(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::IsADirectory | io::ErrorKind::NotFound)
}

/// What a command prints; an error with what it complained of.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !done.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)));
    }
    String::from_utf8(done.stdout).map_err(|error| format!("{command:?}: {error}"))
}
