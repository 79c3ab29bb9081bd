//! The files a generator sees, and the record of what it looked at.

use std::{collections::BTreeSet, sync::Arc};

use globset::{GlobBuilder, GlobMatcher};
use windlass_model::{Entry, EntryKind, MemoryTree, Read, ReadSet, Tree, TreeError, TreePath, read_set::look};

/// Entries that one glob may walk over. Links inside a tree may form loops, so a walk needs an end.
const WALK: usize = 200_000;
/// Folders below one another that a glob descends into.
const DEPTH: usize = 64;

/// Files that came with a request, seen under an absolute path.
#[derive(Clone)]
pub(crate) struct Mount {
    at: TreePath,
    tree: Arc<dyn Tree>,
    /// What was read of it; none where a digest pins the content, so that reading it is no read.
    reads: Option<BTreeSet<Read>>,
}

impl Mount {
    pub(crate) fn pinned(at: TreePath, tree: Arc<dyn Tree>) -> Self {
        Self { at, tree, reads: None }
    }

    pub(crate) fn recorded(at: TreePath, tree: Arc<dyn Tree>) -> Self {
        Self { at, tree, reads: Some(BTreeSet::new()) }
    }
}

pub(crate) struct Files {
    tree: Arc<dyn Tree>,
    root: TreePath,
    mounts: Vec<Mount>,
    reads: BTreeSet<Read>,
}

pub(crate) enum GlobError {
    /// The pattern, or the tree behind it.
    Pattern(String),
    Tree(TreeError),
}

impl Files {
    pub(crate) fn new(tree: Arc<dyn Tree>, root: TreePath, mounts: Vec<Mount>) -> Self {
        Self { tree, root, mounts, reads: BTreeSet::new() }
    }

    pub(crate) fn none() -> Self {
        Self::new(Arc::new(MemoryTree::default()), TreePath::root(), Vec::new())
    }

    pub(crate) fn read(&mut self, path: &str) -> Result<Arc<[u8]>, TreeError> {
        let path = self.resolve(path)?;
        self.look_into(&path, Read::File).0.read(&self.inside(&path))
    }

    pub(crate) fn read_dir(&mut self, path: &str) -> Result<Vec<Entry>, TreeError> {
        let path = self.resolve(path)?;
        self.look_into(&path, Read::Listing).0.read_dir(&self.inside(&path))
    }

    /// The files that match, by absolute path.
    pub(crate) fn glob(&mut self, pattern: &str) -> Result<Vec<String>, GlobError> {
        let absolute =
            if pattern.starts_with('/') { pattern.to_owned() } else { format!("/{}/{pattern}", self.root.as_str()) };
        let (base, matcher) = compile(&absolute)?;
        let (tree, mounted) = self.look_into(&base, Read::Below);
        let start = self.inside(&base);
        let found = walk(tree.as_ref(), start).map_err(GlobError::Tree)?;
        let shown = found.into_iter().map(|path| match &mounted {
            Some(at) => format!("/{}/{}", at.as_str(), path.as_str()),
            None => format!("/{}", path.as_str()),
        });
        Ok(shown.filter(|path| matcher.is_match(&path[1..])).collect())
    }

    /// Drops the record: nobody will ask whether what was there is still there.
    pub(crate) fn forget(&mut self) {
        self.reads.clear();
        self.mounts.iter_mut().filter_map(|mount| mount.reads.as_mut()).for_each(BTreeSet::clear);
    }

    /// What was looked at, and what was there.
    pub(crate) fn reads(&self) -> Result<ReadSet, TreeError> {
        read_set(self.tree.as_ref(), &self.reads)
    }

    /// The same for each recorded mount, in their order.
    pub(crate) fn mounted_reads(&self) -> Result<Vec<ReadSet>, TreeError> {
        let recorded = self.mounts.iter().filter_map(|mount| Some((mount, mount.reads.as_ref()?)));
        recorded.map(|(mount, reads)| read_set(mount.tree.as_ref(), reads)).collect()
    }

    fn resolve(&self, path: &str) -> Result<TreePath, TreeError> {
        self.root.join(path).ok_or_else(|| TreeError::LeadsOut { path: path.to_owned() })
    }

    /// The tree that holds the path, and its mount.
    fn look_into(&mut self, path: &TreePath, read: impl Fn(String) -> Read) -> (Arc<dyn Tree>, Option<TreePath>) {
        let inside = self.inside(path);
        match self.mounts.iter_mut().find(|mount| path.is_below(&mount.at)) {
            Some(mount) => {
                if let Some(reads) = &mut mount.reads {
                    reads.insert(read(inside.as_str().to_owned()));
                }
                (mount.tree.clone(), Some(mount.at.clone()))
            }
            None => {
                self.reads.insert(read(path.as_str().to_owned()));
                (self.tree.clone(), None)
            }
        }
    }

    /// The path as the tree that holds it names it.
    fn inside(&self, path: &TreePath) -> TreePath {
        let mount = self.mounts.iter().find(|mount| path.is_below(&mount.at));
        let skip = mount.map_or(0, |mount| mount.at.components().count());
        let rest: Vec<_> = path.components().skip(skip).collect();
        TreePath::root().join(&rest.join("/")).unwrap_or_default()
    }
}

fn read_set(tree: &dyn Tree, reads: &BTreeSet<Read>) -> Result<ReadSet, TreeError> {
    let seen: Result<Vec<_>, _> = reads.iter().map(|read| Ok((read.clone(), look(tree, read)?))).collect();
    Ok(ReadSet::new(seen?))
}

/// The folder above the first wildcard, and the matcher.
fn compile(pattern: &str) -> Result<(TreePath, GlobMatcher), GlobError> {
    let plain: Vec<_> = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).collect();
    let rest: Vec<_> = pattern.split('/').skip(plain.len()).collect();
    let leads_out = || GlobError::Tree(TreeError::LeadsOut { path: pattern.to_owned() });
    let base = TreePath::parse(&plain.join("/")).ok_or_else(leads_out)?;
    if rest.contains(&"..") {
        return Err(leads_out());
    }
    let whole = TreePath::parse(base.as_str()).map(|base| join(&globset::escape(base.as_str()), &rest.join("/")));
    let glob = GlobBuilder::new(&whole.unwrap_or_default()).literal_separator(true).backslash_escape(true).build();
    Ok((base, glob.map_err(|error| GlobError::Pattern(error.to_string()))?.compile_matcher()))
}

fn join(base: &str, rest: &str) -> String {
    [base, rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// All files from `start` down, sorted; `start` itself when it is a file.
fn walk(tree: &dyn Tree, start: TreePath) -> Result<Vec<TreePath>, TreeError> {
    let mut files = Vec::new();
    let mut folders = vec![start];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let entries = match tree.read_dir(&folder) {
            Ok(entries) => entries,
            Err(TreeError::NotADirectory { .. }) => {
                files.push(folder);
                continue;
            }
            Err(TreeError::NotFound { .. }) => continue,
            Err(error) => return Err(error),
        };
        seen += entries.len();
        if seen > WALK || folder.components().count() > DEPTH {
            return Err(TreeError::LinkLoop { path: folder.to_string() });
        }
        for entry in entries {
            let Some(path) = folder.join(&entry.name) else { continue };
            match entry.kind {
                EntryKind::File => files.push(path),
                EntryKind::Directory => folders.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use windlass_model::Seen;

    use super::*;

    fn files() -> Files {
        let tree = MemoryTree::default()
            .with("apps/web/a.yaml", "a")
            .with("apps/web/sub/b.yaml", "b")
            .with("base/c.yaml", "c");
        let chart = MemoryTree::default().with("Chart.yaml", "chart");
        let pinned = Mount::pinned(TreePath::parse(".artifacts/chart").unwrap(), Arc::new(chart));
        let values = MemoryTree::default().with("env/prod.yaml", "values");
        let lent = Mount::recorded(TreePath::parse(".sources/values").unwrap(), Arc::new(values));
        Files::new(Arc::new(tree), TreePath::parse("apps/web").unwrap(), vec![pinned, lent])
    }

    fn glob(pattern: &str) -> Vec<String> {
        files().glob(pattern).unwrap_or_default()
    }

    #[test]
    fn globs_stop_at_slashes_and_start_at_the_application_or_the_root() {
        assert_eq!(glob("*.yaml"), ["/apps/web/a.yaml"]);
        assert_eq!(glob("**/*.yaml"), ["/apps/web/a.yaml", "/apps/web/sub/b.yaml"]);
        assert_eq!(glob("/base/{c,d}.yaml"), ["/base/c.yaml"]);
        assert_eq!(glob("../../base/*"), ["/base/c.yaml"]);
        assert_eq!(glob("a.yaml"), ["/apps/web/a.yaml"]);
        assert_eq!(glob("/.artifacts/chart/*"), ["/.artifacts/chart/Chart.yaml"]);
        assert_eq!(glob("none/*"), Vec::<String>::new());
        assert!(matches!(files().glob("../../../*"), Err(GlobError::Tree(TreeError::LeadsOut { .. }))));
        assert!(matches!(files().glob("[a"), Err(GlobError::Pattern(_))));
    }

    #[test]
    fn reads_of_a_lent_tree_are_recorded_under_its_own_paths() {
        let mut files = files();
        assert_eq!(files.read("/.sources/values/env/prod.yaml").unwrap().as_ref(), b"values");
        assert!(files.read("/.sources/values/none.yaml").is_err());
        assert_eq!(files.glob("/.sources/values/env/*").unwrap_or_default(), ["/.sources/values/env/prod.yaml"]);
        let reads = files.mounted_reads().unwrap();
        let recorded: Vec<_> = reads.iter().flat_map(ReadSet::iter).map(|(read, _)| read.clone()).collect();
        let expected = [Read::File("env/prod.yaml".into()), Read::File("none.yaml".into()), Read::Below("env".into())];
        assert_eq!(recorded, expected);
        assert_eq!(files.reads().unwrap().iter().count(), 0);
    }

    #[test]
    fn reads_listings_globs_and_misses_are_recorded_and_pinned_mounts_are_not() {
        let mut files = files();
        assert_eq!(files.read("a.yaml").unwrap().as_ref(), b"a");
        assert!(files.read("none.yaml").is_err());
        files.read_dir("/base").unwrap();
        assert!(files.glob("sub/*").is_ok());
        assert_eq!(files.read("/.artifacts/chart/Chart.yaml").unwrap().as_ref(), b"chart");
        let reads = files.reads().unwrap();
        let recorded: Vec<_> = reads.iter().map(|(read, seen)| (read.clone(), *seen == Seen::Missing)).collect();
        let expected = [
            (Read::File("apps/web/a.yaml".into()), false),
            (Read::File("apps/web/none.yaml".into()), true),
            (Read::Listing("base".into()), false),
            (Read::Below("apps/web/sub".into()), false),
        ];
        assert_eq!(recorded, expected);
    }

    #[test]
    fn a_path_out_of_the_tree_is_refused() {
        assert!(matches!(files().read("../../../etc/passwd"), Err(TreeError::LeadsOut { .. })));
        assert!(matches!(files().read("/../x"), Err(TreeError::LeadsOut { .. })));
    }
}
