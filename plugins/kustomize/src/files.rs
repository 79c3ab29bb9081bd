//! The tree a build reads: the only thing it learns from outside.

use std::collections::BTreeMap;

/// A read-only tree of files. Paths are relative to the tree's root, with `/` between names and without `.` and `..`;
/// the root is the empty path. Links are the implementation's business: it follows them inside the tree, answers with
/// the path they lead to, and refuses those that lead out.
pub trait Files {
    fn read(&self, path: &str) -> Result<File, FileError>;
    /// The path of a directory once links are followed.
    fn directory(&self, path: &str) -> Result<String, FileError>;
}

/// The content of a file and the path it has once links are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: String,
    pub content: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("no such file or directory")]
    Missing,
    #[error("is a directory, not a file")]
    NotAFile,
    #[error("is a file, not a directory")]
    NotADirectory,
    #[error("leads out of the tree")]
    Outside,
    /// The tree could not be read; the text says why.
    #[error("{0}")]
    Unreadable(String),
}

/// A tree in memory, from path to content.
impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<File, FileError> {
        match self.get(path) {
            Some(content) => Ok(File { path: path.to_owned(), content: content.clone() }),
            None if self.directory(path).is_ok() => Err(FileError::NotAFile),
            None => Err(FileError::Missing),
        }
    }

    fn directory(&self, path: &str) -> Result<String, FileError> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        match self.keys().any(|key| key.starts_with(&prefix)) {
            true => Ok(path.to_owned()),
            false if self.contains_key(path) => Err(FileError::NotADirectory),
            false => Err(FileError::Missing),
        }
    }
}

/// Joins a relative path to a directory and resolves `.` and `..` by name; `None` when it leads out of the tree.
pub(crate) fn join(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Whether `path` is `directory` or lies below it.
pub(crate) fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path == directory || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// The directory a path stands in.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
