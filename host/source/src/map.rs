//! A local folder served in place of a URL, so that manifests need no change to run locally.
//!
//! Through a map only `HEAD`, the empty revision and the checked-out branch see the working tree. Any other
//! revision comes from the objects of the folder's repository.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use windlass_model::Tree;

use crate::{
    Checkout, Error, Freshness, Limits, RepoUrl, Revision, repository::Repository, revision::parse_full_id,
    snapshot::Snapshot, tree::ObjectTree, working_tree::WorkingTree,
};

/// `--map URL=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRule {
    pub url: RepoUrl,
    pub folder: PathBuf,
}

impl MapRule {
    /// Reads `URL=PATH`. The folder has to be there.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (url, folder) = text.split_once('=').filter(|(_, folder)| !folder.is_empty()).ok_or_else(|| {
            Error::UnsupportedUrl { url: crate::redact(text), reason: "a map is written URL=PATH".to_owned() }
        })?;
        let folder = Path::new(folder)
            .canonicalize()
            .map_err(|error| Error::Folder { path: folder.to_owned(), reason: error.to_string() })?;
        Ok(Self { url: RepoUrl::parse(url)?, folder })
    }
}

/// A rule at work.
pub(crate) struct Mapped {
    rule: MapRule,
    working_tree: WorkingTree,
    /// Opened when a revision is asked for that is not checked out.
    repository: OnceLock<Arc<Repository>>,
}

impl Mapped {
    pub(crate) fn new(rule: MapRule) -> Self {
        let working_tree = WorkingTree::new(rule.folder.clone());
        Self { rule, working_tree, repository: OnceLock::new() }
    }

    pub(crate) fn serves(&self, url: &RepoUrl) -> bool {
        self.rule.url.is_same(url)
    }

    pub(crate) fn resolve(&self, revision: &str, tag_prefix: &str, freshness: Freshness) -> Result<Revision, Error> {
        let checkout = Checkout::discover(&self.rule.folder);
        let sees_working_tree = match &checkout {
            Some(checkout) => checkout.is_checked_out(revision),
            None => matches!(revision, "" | "HEAD"),
        };
        if sees_working_tree {
            let snapshot = self.working_tree.snapshot(freshness)?;
            let id = snapshot.root.to_string();
            return Ok(Revision { id, requested: revision.to_owned(), snapshot: Some(snapshot) });
        }
        self.repository(revision)?.resolve(revision, tag_prefix, freshness)
    }

    /// Serves a commit, or the working tree if it still has this id.
    pub(crate) fn tree(&self, revision: &Revision, limits: &Limits) -> Result<Arc<dyn Tree>, Error> {
        let committed = self.repository(&revision.id).and_then(|repository| repository.tree(revision, limits));
        let Err(error @ Error::RevisionNotFound { .. }) = committed else { return committed };
        let snapshot = self.working_tree.snapshot(Freshness::now())?;
        if parse_full_id(&revision.id) == Some(snapshot.root) { Ok(serve(&snapshot, limits)) } else { Err(error) }
    }

    /// The repository that the folder belongs to, for `revision`.
    pub(crate) fn repository(&self, revision: &str) -> Result<Arc<Repository>, Error> {
        if let Some(opened) = self.repository.get() {
            return Ok(opened.clone());
        }
        let checkout = Checkout::discover(&self.rule.folder).ok_or_else(|| Error::RevisionNotFound {
            url: self.rule.url.to_string(),
            revision: revision.to_owned(),
            hint: format!(
                "{} is served in its place and is not a Git repository; only HEAD is there",
                self.rule.folder.display()
            ),
        })?;
        let opened = Arc::new(Repository::open_local(&self.rule.url, checkout.root())?);
        Ok(self.repository.get_or_init(|| opened).clone())
    }
}

pub(crate) fn serve(snapshot: &Snapshot, limits: &Limits) -> Arc<dyn Tree> {
    Arc::new(ObjectTree::new(snapshot.objects.clone(), snapshot.root, limits.file_bytes))
}
