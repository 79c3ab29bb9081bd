//! The read-only view of a source tree that a chart is loaded from.
//!
//! Paths are relative to the root of the tree, separated by `/`, without `.` or `..`; the root is the empty path.
//! Links are the implementor's business: what it lists is what there is.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a path could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    #[error("no such file or directory")]
    NotFound,
    #[error("{0}")]
    Refused(String),
}

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Directory,
    /// A device, socket or another thing without contents.
    Irregular,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
}

/// A read-only tree of files: a commit, a directory, an unpacked archive.
pub trait Files {
    /// Returns the contents of the file at `path`.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// Returns the entries of the directory at `path`, in any order.
    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, FileError>;
}

/// A tree held in memory, keyed by path.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    pub fn insert(&mut self, path: impl Into<String>, data: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), data.into());
    }
}

impl<P: Into<String>, D: Into<Vec<u8>>> FromIterator<(P, D)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (P, D)>>(files: I) -> Self {
        Self(files.into_iter().map(|(path, data)| (path.into(), data.into())).collect())
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }

    fn read_dir(&self, path: &str) -> Result<Vec<Entry>, FileError> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut entries: Vec<Entry> = Vec::new();
        for file in self.0.keys().filter_map(|file| file.strip_prefix(&prefix)) {
            let (name, kind) = match file.split_once('/') {
                Some((directory, _)) => (directory, EntryKind::Directory),
                None => (file, EntryKind::File),
            };
            if entries.last().is_none_or(|last| last.name != name) {
                entries.push(Entry { name: name.to_owned(), kind });
            }
        }
        if entries.is_empty() && !path.is_empty() { Err(FileError::NotFound) } else { Ok(entries) }
    }
}
