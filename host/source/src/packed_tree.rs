//! The files of an archive as an immutable tree. Listings and digests are made once, when it is built.

use std::{collections::BTreeMap, sync::Arc};

use windlass_model::{Digest, Entry, EntryKind, Tree, TreeError, TreePath};

/// A tree in memory. There are no links in it.
pub(crate) struct PackedTree {
    files: BTreeMap<TreePath, (Digest, Arc<[u8]>)>,
    folders: BTreeMap<TreePath, Folder>,
}

struct Folder {
    digest: Digest,
    entries: Vec<Entry>,
}

impl PackedTree {
    /// Of two files of one name the later counts, as when an archive is unpacked to a disk.
    pub(crate) fn new(files: Vec<(TreePath, Arc<[u8]>)>) -> Result<Self, String> {
        let files: BTreeMap<_, _> = files.into_iter().map(|(path, body)| (path, (Digest::of(&body), body))).collect();
        let mut listings: BTreeMap<TreePath, BTreeMap<String, Entry>> = [(TreePath::root(), BTreeMap::new())].into();
        for (path, (digest, body)) in &files {
            let entry =
                Entry { name: path.name().to_owned(), kind: EntryKind::File, size: body.len() as u64, digest: *digest };
            listings.entry(path.parent()).or_default().insert(entry.name.clone(), entry);
            let mut folder = path.parent();
            while !folder.as_str().is_empty() && !listings.contains_key(&folder.parent()) {
                folder = folder.parent();
                listings.entry(folder.clone()).or_default();
            }
        }
        if let Some(path) = files.keys().find(|path| listings.contains_key(path)) {
            return Err(format!("{path} is both a file and a folder"));
        }
        Ok(Self { folders: fold(listings), files })
    }

    /// Bytes of all files.
    pub(crate) fn size(&self) -> u64 {
        self.files.values().map(|(_, body)| body.len() as u64).sum()
    }
}

/// Digests folders, the deepest first, and lists each in the one above it.
fn fold(mut listings: BTreeMap<TreePath, BTreeMap<String, Entry>>) -> BTreeMap<TreePath, Folder> {
    let mut paths: Vec<TreePath> = listings.keys().cloned().collect();
    paths.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
    let mut folders = BTreeMap::new();
    for path in paths {
        let entries: Vec<Entry> = listings.remove(&path).unwrap_or_default().into_values().collect();
        let parts = entries.iter().flat_map(|entry| [entry.name.as_bytes(), entry.digest.as_bytes().as_slice()]);
        let digest = Digest::of_parts(parts);
        if !path.as_str().is_empty() {
            let entry = Entry { name: path.name().to_owned(), kind: EntryKind::Directory, size: 0, digest };
            listings.entry(path.parent()).or_default().insert(entry.name.clone(), entry);
        }
        folders.insert(path, Folder { digest, entries });
    }
    folders
}

impl Tree for PackedTree {
    fn read(&self, path: &TreePath) -> Result<Arc<[u8]>, TreeError> {
        match self.files.get(path) {
            Some((_, body)) => Ok(body.clone()),
            None if self.folders.contains_key(path) => Err(TreeError::NotAFile { path: path.to_string() }),
            None => Err(TreeError::NotFound { path: path.to_string() }),
        }
    }

    fn read_dir(&self, path: &TreePath) -> Result<Vec<Entry>, TreeError> {
        match self.folders.get(path) {
            Some(folder) => Ok(folder.entries.clone()),
            None if self.files.contains_key(path) => Err(TreeError::NotADirectory { path: path.to_string() }),
            None => Err(TreeError::NotFound { path: path.to_string() }),
        }
    }

    fn digest(&self, path: &TreePath) -> Result<Option<Digest>, TreeError> {
        let file = self.files.get(path).map(|(digest, _)| *digest);
        Ok(file.or_else(|| self.folders.get(path).map(|folder| folder.digest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> PackedTree {
        let file = |(path, body): &(&str, &str)| (TreePath::parse(path).unwrap(), Arc::from(body.as_bytes()));
        PackedTree::new(files.iter().map(file).collect()).unwrap()
    }

    fn path(text: &str) -> TreePath {
        TreePath::parse(text).unwrap()
    }

    #[test]
    fn folders_are_listed_by_name_however_deep_their_first_file_is() {
        let tree = tree(&[("a/b/c/d.yaml", "1"), ("z", "22"), ("a/x", "3")]);
        let names = |at: &str| {
            let entries = tree.read_dir(&path(at)).unwrap();
            entries.into_iter().map(|entry| (entry.name, entry.kind, entry.size)).collect::<Vec<_>>()
        };
        let folder = |name: &str| (name.to_owned(), EntryKind::Directory, 0);
        assert_eq!(names(""), [folder("a"), ("z".to_owned(), EntryKind::File, 2)]);
        assert_eq!(names("a"), [folder("b"), ("x".to_owned(), EntryKind::File, 1)]);
        assert_eq!(names("a/b"), [folder("c")]);
        assert!(matches!(tree.read(&path("a/b")), Err(TreeError::NotAFile { .. })));
        assert!(matches!(tree.read_dir(&path("z")), Err(TreeError::NotADirectory { .. })));
        assert!(matches!(tree.read(&path("none")), Err(TreeError::NotFound { .. })));
        assert!(tree.read_dir(&TreePath::root()).is_ok() && tree.size() == 4);
    }

    #[test]
    fn a_folder_s_digest_changes_with_what_is_below_it_and_with_nothing_else() {
        let digest = |tree: &PackedTree, at: &str| tree.digest(&path(at)).unwrap();
        let (one, other) = (tree(&[("a/b/c", "1"), ("d/e", "1")]), tree(&[("a/b/c", "2"), ("d/e", "1")]));
        assert_ne!(digest(&one, ""), digest(&other, ""));
        assert_ne!(digest(&one, "a"), digest(&other, "a"));
        assert_eq!(digest(&one, "d"), digest(&other, "d"));
        assert_eq!(digest(&one, "none"), None);
    }
}
