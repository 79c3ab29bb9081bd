//! What a generator run has looked at. A cached result stays valid while every entry still answers the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, Tree, TreeError, TreePath};

/// One look of a generator into its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Read {
    /// A file's bytes.
    File(String),
    /// The names in a folder.
    Listing(String),
    /// Everything below a folder, as a glob or a recursive walk sees it: names and contents.
    Below(String),
}

/// What the look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// The digest's hexadecimal form.
    Digest(String),
    /// Nothing was there; a miss counts as a read.
    Missing,
}

/// The recorded reads of one run, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSet {
    reads: Vec<(Read, Seen)>,
}

impl ReadSet {
    /// Builds a set from recorded reads; of two reads of one thing the first counts.
    pub fn new(reads: impl IntoIterator<Item = (Read, Seen)>) -> Self {
        let mut unique = BTreeMap::new();
        for (read, seen) in reads {
            unique.entry(read).or_insert(seen);
        }
        Self { reads: unique.into_iter().collect() }
    }

    /// The reads in order of kind and path.
    pub fn iter(&self) -> impl Iterator<Item = &(Read, Seen)> {
        self.reads.iter()
    }

    /// Whether `tree` would answer every recorded read as it was answered then.
    pub fn holds_for(&self, tree: &dyn Tree) -> Result<bool, TreeError> {
        for (read, seen) in &self.reads {
            if look(tree, read)? != *seen {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What `tree` answers to a read now.
pub fn look(tree: &dyn Tree, read: &Read) -> Result<Seen, TreeError> {
    let digest_of = |path: &str| match TreePath::parse(path) {
        Some(path) => tree.digest(&path),
        None => Ok(None),
    };
    let digest = match read {
        Read::File(path) | Read::Below(path) => digest_of(path)?,
        Read::Listing(path) => listing_digest(tree, path)?,
    };
    Ok(digest.map_or(Seen::Missing, |digest| Seen::Digest(digest.to_hex())))
}

fn listing_digest(tree: &dyn Tree, path: &str) -> Result<Option<Digest>, TreeError> {
    let Some(path) = TreePath::parse(path) else { return Ok(None) };
    let entries = match tree.read_dir(&path) {
        Ok(entries) => entries,
        Err(TreeError::NotFound { .. } | TreeError::NotADirectory { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let names: Vec<String> = entries.iter().map(|entry| format!("{:?} {}", entry.kind, entry.name)).collect();
    Ok(Some(Digest::of_parts(names.iter().map(String::as_bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    #[test]
    fn a_set_holds_until_something_that_was_looked_at_changes() {
        let tree = MemoryTree::default().with("app/a.yaml", "1").with("other/b.yaml", "1");
        let looked = [Read::File("app/a.yaml".into()), Read::File("app/none".into()), Read::Listing("app".into())];
        let set = ReadSet::new(looked.map(|read| {
            let seen = look(&tree, &read).unwrap();
            (read, seen)
        }));
        assert!(set.holds_for(&tree.clone().with("other/b.yaml", "2")).unwrap());
        assert!(!set.holds_for(&tree.clone().with("app/a.yaml", "2")).unwrap());
        assert!(!set.holds_for(&tree.clone().with("app/none", "")).unwrap());
        assert!(!set.holds_for(&tree.clone().with("app/c.yaml", "")).unwrap());
    }
}
