//! A folder of this machine as a tree that is read as it is asked for: for one run, and nothing is remembered.
//!
//! Unlike a snapshot it can stand at the root of a file system, since nothing is looked at before somebody asks. It
//! is opened through a capability: no link leads out of it. Ignored files are part of it, `.git` is not.

use std::{io, io::Read as _, path::Path, sync::Arc};

use cap_std::{
    ambient_authority,
    fs::{Dir, DirEntry, Metadata, MetadataExt},
};
use windlass_model::{Digest, Entry, EntryKind, Tree, TreeError, TreePath};

use crate::{Checkout, Error, Limits};

/// A folder, read lazily. Digests are of size, times and inode; a folder's says nothing of what lies deeper.
pub struct FolderTree {
    dir: Dir,
    file_bytes: u64,
}

impl FolderTree {
    /// The tree that a folder is part of, and its path in there: the Git working tree around it, or, where there is
    /// none, the whole file system, since a kustomization may name bases anywhere.
    pub fn around(folder: &Path) -> Result<(Self, TreePath), Error> {
        let failed = |error: io::Error| Error::Folder {
            path: folder.to_owned().display().to_string(),
            reason: error.to_string(),
        };
        let folder = folder.canonicalize().map_err(failed)?;
        let checkout = Checkout::discover(&folder);
        let root = checkout.as_ref().map_or_else(|| folder.ancestors().last().unwrap_or(&folder), Checkout::root);
        let below = folder.strip_prefix(root).unwrap_or(Path::new(""));
        let not_text = || failed(io::Error::other("its path is not UTF-8"));
        let path = below.to_str().and_then(TreePath::parse).ok_or_else(not_text)?;
        let dir = Dir::open_ambient_dir(root, ambient_authority()).map_err(failed)?;
        Ok((Self { dir, file_bytes: Limits::default().file_bytes }, path))
    }

    fn metadata(&self, path: &TreePath) -> Result<Metadata, TreeError> {
        self.dir.metadata(shown(path)).map_err(|error| unread(path, &error))
    }

    fn entry(&self, folder: &TreePath, found: &DirEntry, name: String) -> Option<Entry> {
        let own = found.metadata().ok()?;
        let metadata = if own.is_symlink() { self.dir.metadata(shown(&folder.join(&name)?)).ok()? } else { own };
        let digest = stamp(&metadata);
        if metadata.is_dir() {
            return Some(Entry { name, kind: EntryKind::Directory, size: 0, digest });
        }
        metadata.is_file().then(|| Entry { name, kind: EntryKind::File, size: metadata.len(), digest })
    }
}

impl Tree for FolderTree {
    fn read(&self, path: &TreePath) -> Result<Arc<[u8]>, TreeError> {
        let metadata = self.metadata(path)?;
        if !metadata.is_file() {
            return Err(TreeError::NotAFile { path: path.to_string() });
        }
        let (size, limit) = (metadata.len(), self.file_bytes);
        if size > limit {
            return Err(TreeError::TooLarge { path: path.to_string(), size, limit });
        }
        let file = self.dir.open(shown(path)).map_err(|error| unread(path, &error))?;
        // One byte more than it should be, so that the first read but one finds the end.
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default().saturating_add(1));
        file.take(limit).read_to_end(&mut bytes).map_err(|error| unread(path, &error))?;
        Ok(bytes.into())
    }

    fn read_dir(&self, path: &TreePath) -> Result<Vec<Entry>, TreeError> {
        if !self.metadata(path)?.is_dir() {
            return Err(TreeError::NotADirectory { path: path.to_string() });
        }
        let listing = self.dir.read_dir(shown(path)).map_err(|error| unread(path, &error))?;
        let mut entries = Vec::new();
        for found in listing {
            let found = found.map_err(|error| unread(path, &error))?;
            // A name that is not UTF-8 cannot be asked for.
            let Some(name) = found.file_name().into_string().ok().filter(|name| name != ".git") else { continue };
            entries.extend(self.entry(path, &found, name));
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn digest(&self, path: &TreePath) -> Result<Option<Digest>, TreeError> {
        match self.metadata(path) {
            Ok(metadata) => Ok(Some(stamp(&metadata))),
            Err(TreeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn shown(path: &TreePath) -> &str {
    if path.as_str().is_empty() { "." } else { path.as_str() }
}

fn stamp(metadata: &Metadata) -> Digest {
    let changed = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let parts = changed.map(i64::to_le_bytes);
    let own = [metadata.len().to_le_bytes(), metadata.ino().to_le_bytes()];
    Digest::of_parts(parts.iter().chain(&own).map(<[u8; 8]>::as_slice))
}

fn unread(path: &TreePath, error: &io::Error) -> TreeError {
    let name = path.to_string();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => TreeError::NotFound { path: name },
        // A refusal of the capability has no number of the system's.
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => TreeError::LeadsOut { path: name },
        _ => TreeError::Broken { path: name, message: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    #[test]
    fn a_folder_outside_of_any_repository_sees_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("app")).unwrap();
        std::fs::write(folder.path().join("base.yaml"), "a: b").unwrap();
        let (tree, root) = FolderTree::around(&folder.path().join("app")).unwrap();
        assert_eq!(tree.read(&root.join("../base.yaml").unwrap()).unwrap().as_ref(), b"a: b");
        assert!(matches!(tree.read(&root.join("none").unwrap()), Err(TreeError::NotFound { .. })));
        assert!(matches!(tree.read(&root), Err(TreeError::NotAFile { .. })));
        let names: Vec<_> = tree.read_dir(&root.parent()).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["app", "base.yaml"]);
    }

    #[test]
    fn a_working_tree_is_not_left_through_links() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        let folder = outside.path().join("repository");
        std::fs::create_dir_all(&folder).unwrap();
        gix::init(&folder).unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("link")).unwrap();
        let (tree, root) = FolderTree::around(&folder).unwrap();
        assert_eq!(root, TreePath::root());
        assert!(matches!(tree.read(&path("link")), Err(TreeError::LeadsOut { .. })));
        assert_eq!(tree.read_dir(&root).unwrap(), []);
    }
}
