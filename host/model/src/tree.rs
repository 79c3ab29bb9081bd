//! The immutable file tree that a generator reads: one commit of a repository, or a snapshot of a folder.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::Digest;

/// A normalised path inside a tree: no leading slash, no `.`, `..` or empty component. Empty is the root.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TreePath(String);

impl TreePath {
    /// The root of the tree.
    pub fn root() -> Self {
        Self::default()
    }

    /// Normalises `path` as seen from the root; `None` when it climbs out of the tree or holds a NUL byte.
    pub fn parse(path: &str) -> Option<Self> {
        Self::root().join(path)
    }

    /// Resolves `path` from here. A leading slash starts at the root.
    pub fn join(&self, path: &str) -> Option<Self> {
        if path.contains('\0') {
            return None;
        }
        let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { self.components().collect() };
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                name => parts.push(name),
            }
        }
        Some(Self(parts.join("/")))
    }

    /// The folder that holds this path; the root's parent is the root.
    pub fn parent(&self) -> Self {
        Self(self.0.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned()))
    }

    /// The last component, empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The components from the root down.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// The path as text, without a leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this path is `ancestor` or lies below it.
    pub fn is_below(&self, ancestor: &TreePath) -> bool {
        ancestor.0.is_empty()
            || self.0.strip_prefix(&ancestor.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What an entry of a folder is once links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    File,
    Directory,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
    /// Bytes of a file; 0 for a folder.
    pub size: u64,
    /// Changes when the file, or anything below the folder, changes.
    pub digest: Digest,
}

/// Why a path could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    #[error("{path}: no such file or directory")]
    NotFound { path: String },
    #[error("{path}: is a directory")]
    NotAFile { path: String },
    #[error("{path}: is not a directory")]
    NotADirectory { path: String },
    /// A symbolic link, or the path itself, leads out of the tree.
    #[error("{path}: leads out of the repository")]
    LeadsOut { path: String },
    #[error("{path}: too many levels of symbolic links")]
    LinkLoop { path: String },
    #[error("{path}: {size} bytes, the limit is {limit}")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("{path}: {message}")]
    Broken { path: String, message: String },
}

/// An immutable tree. Links are resolved inside the tree and refused when they lead out.
///
/// Implementations: Git objects and folder snapshots (`windlass-source`), and [`MemoryTree`].
pub trait Tree: Send + Sync {
    /// The file's bytes.
    fn read(&self, path: &TreePath) -> Result<Arc<[u8]>, TreeError>;

    /// The folder's entries, sorted by name. A link that leads nowhere is left out; one that leads out of the
    /// tree is listed as a file, and reading it fails.
    fn read_dir(&self, path: &TreePath) -> Result<Vec<Entry>, TreeError>;

    /// The digest of the file, or of everything below the folder; `None` where nothing is there.
    /// Cheap: a cached result is checked with it on every new commit.
    fn digest(&self, path: &TreePath) -> Result<Option<Digest>, TreeError>;
}

/// A tree in memory: for tests, and for manifests that come with a request.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<TreePath, Arc<[u8]>>,
}

impl MemoryTree {
    /// Adds a file. Paths that climb out are ignored by [`TreePath::parse`] and refused here.
    pub fn with(mut self, path: &str, body: impl Into<Vec<u8>>) -> Self {
        let path = TreePath::parse(path).expect("a path inside the tree");
        self.files.insert(path, Arc::from(body.into()));
        self
    }

    fn below(&self, path: &TreePath) -> impl Iterator<Item = (&TreePath, &Arc<[u8]>)> {
        self.files.iter().filter(move |(file, _)| *file != path && file.is_below(path))
    }

    fn is_dir(&self, path: &TreePath) -> bool {
        path.as_str().is_empty() || self.below(path).next().is_some()
    }

    fn dir_digest(&self, path: &TreePath) -> Digest {
        let parts: Vec<&[u8]> =
            self.below(path).flat_map(|(file, body)| [file.as_str().as_bytes(), body.as_ref()]).collect();
        Digest::of_parts(parts)
    }
}

impl Tree for MemoryTree {
    fn read(&self, path: &TreePath) -> Result<Arc<[u8]>, TreeError> {
        match self.files.get(path) {
            Some(body) => Ok(body.clone()),
            None if self.is_dir(path) => Err(TreeError::NotAFile { path: path.to_string() }),
            None => Err(TreeError::NotFound { path: path.to_string() }),
        }
    }

    fn read_dir(&self, path: &TreePath) -> Result<Vec<Entry>, TreeError> {
        if self.files.contains_key(path) {
            return Err(TreeError::NotADirectory { path: path.to_string() });
        }
        if !self.is_dir(path) {
            return Err(TreeError::NotFound { path: path.to_string() });
        }
        let depth = path.components().count();
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for (file, body) in self.below(path) {
            let mut rest = file.components().skip(depth);
            let Some(name) = rest.next() else { continue };
            let entry = if rest.next().is_none() {
                Entry { name: name.into(), kind: EntryKind::File, size: body.len() as u64, digest: Digest::of(body) }
            } else {
                let digest = path.join(name).map_or_else(|| Digest::of(b""), |dir| self.dir_digest(&dir));
                Entry { name: name.into(), kind: EntryKind::Directory, size: 0, digest }
            };
            entries.insert(name.to_owned(), entry);
        }
        Ok(entries.into_values().collect())
    }

    fn digest(&self, path: &TreePath) -> Result<Option<Digest>, TreeError> {
        Ok(match self.files.get(path) {
            Some(body) => Some(Digest::of(body)),
            None if self.is_dir(path) => Some(self.dir_digest(path)),
            None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_and_never_climb_out() {
        let parse = |text: &str| TreePath::parse(text).map(|path| path.as_str().to_owned());
        assert_eq!(parse("/a//b/./c").as_deref(), Some("a/b/c"));
        assert_eq!(parse("a/../b").as_deref(), Some("b"));
        assert_eq!(parse(".").as_deref(), Some(""));
        assert_eq!(parse("../a"), None);
        assert_eq!(parse("a/../../b"), None);
        let base = TreePath::parse("apps/web").unwrap();
        assert_eq!(base.join("../../base").unwrap().as_str(), "base");
        assert_eq!(base.join("/base").unwrap().as_str(), "base");
    }

    #[test]
    fn a_memory_tree_lists_files_and_folders_by_name() {
        let tree = MemoryTree::default().with("b/x.yaml", "1").with("a.yaml", "22").with("b/c/y.yaml", "3");
        let names: Vec<_> =
            tree.read_dir(&TreePath::root()).unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect();
        assert_eq!(names, [("a.yaml".to_owned(), EntryKind::File), ("b".to_owned(), EntryKind::Directory)]);
        assert!(matches!(tree.read(&TreePath::parse("b").unwrap()), Err(TreeError::NotAFile { .. })));
        assert_eq!(tree.digest(&TreePath::parse("none").unwrap()), Ok(None));
    }
}
