//! Which files of a folder `.gitignore` leaves out: Git's rules, without the user's own excludes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gix::{
    bstr::{BStr, ByteSlice},
    glob::pattern::Case,
    ignore::{Search, search::Ignore},
};

use crate::Checkout;

/// The rules that hold where a walk stands; deeper folders add theirs on entering.
pub(crate) struct IgnoreRules {
    search: Search,
    /// The top of the repository, which patterns are relative to.
    root: PathBuf,
    /// The walked folder's path below `root`, ending in a slash unless empty.
    prefix: String,
    tracked: Option<gix::index::File>,
}

impl IgnoreRules {
    /// The rules at `folder`: those of the repository around it, if there is one.
    pub(crate) fn load(folder: &Path) -> Self {
        let checkout = Checkout::discover(folder);
        let root = checkout.as_ref().map_or(folder, Checkout::root).to_owned();
        let below = folder.strip_prefix(&root).unwrap_or(Path::new("")).to_owned();
        let prefix = below.to_str().filter(|text| !text.is_empty()).map_or(String::new(), |text| format!("{text}/"));
        let tracked = checkout.as_ref().and_then(Checkout::index);
        let mut rules = Self { search: Search::default(), root, prefix, tracked };
        if let Some(checkout) = checkout {
            let excludes = fs::read(checkout.git_dir().join("info/exclude")).unwrap_or_default();
            rules.add(&excludes, &rules.root.join(".gitignore"));
            rules.add_from_above(&below);
        }
        rules
    }

    /// Adds the rules of a folder that the walk enters; hand the result to [`Self::leave`].
    pub(crate) fn enter(&mut self, folder: &str, gitignore: Option<&[u8]>) -> usize {
        let before = self.search.patterns.len();
        if let Some(gitignore) = gitignore {
            let source = self.root.join(&self.prefix).join(folder).join(".gitignore");
            self.add(gitignore, &source);
        }
        before
    }

    /// Forgets the rules of a folder that the walk leaves.
    pub(crate) fn leave(&mut self, before: usize) {
        self.search.patterns.truncate(before);
    }

    /// Whether a path below the walked folder is left out.
    pub(crate) fn is_ignored(&self, path: &str, is_folder: bool) -> bool {
        let path = format!("{}{path}", self.prefix);
        let found = self.search.pattern_matching_relative_path(BStr::new(&path), Some(is_folder), Case::Sensitive);
        found.is_some_and(|found| !found.pattern.is_negative())
    }

    /// Whether the file, or a file below the folder, is tracked.
    pub(crate) fn is_tracked(&self, path: &str, is_folder: bool) -> bool {
        let Some(index) = &self.tracked else { return false };
        if is_folder {
            let below = format!("{}{path}/", self.prefix);
            index.prefixed_entries(below.as_bytes().as_bstr()).is_some_and(|entries| !entries.is_empty())
        } else {
            let path = format!("{}{path}", self.prefix);
            index.entry_by_path(path.as_bytes().as_bstr()).is_some()
        }
    }

    /// The folders between the repository's top and the walked folder.
    fn add_from_above(&mut self, below: &Path) {
        let mut folder = self.root.clone();
        for part in below.components() {
            let source = folder.join(".gitignore");
            let is_file = fs::symlink_metadata(&source).is_ok_and(|metadata| metadata.is_file());
            if let Some(body) = is_file.then(|| fs::read(&source).ok()).flatten() {
                self.add(&body, &source);
            }
            folder.push(part);
        }
    }

    fn add(&mut self, body: &[u8], source: &Path) {
        let root = self.root.clone();
        if let Err(error) = self.search.add_patterns_buffer(body, source, Some(&root), Ignore::default()) {
            tracing::warn!(source = %source.display(), %error, "ignore rules cannot be read");
        }
    }
}
