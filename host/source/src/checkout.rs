//! The Git repository that a local folder belongs to: where it begins, its branch, its remotes.

use std::path::{Path, PathBuf};

use crate::{RepoUrl, redact};

/// A working tree with its repository.
pub struct Checkout {
    root: PathBuf,
    repository: gix::Repository,
}

impl Checkout {
    /// Looks in the folder and upwards. `None` where there is no repository with a working tree.
    pub fn discover(folder: &Path) -> Option<Self> {
        let options = gix::open::Options::isolated();
        let repository = gix::discover_opts(folder, gix::discover::upwards::Options::default(), options).ok()?;
        let root = repository.workdir()?.canonicalize().ok()?;
        Some(Self { root, repository })
    }

    /// The working tree's top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The branch that is checked out, such as `main`; `None` for a detached head.
    pub fn branch(&self) -> Option<String> {
        let name = self.repository.head_name().ok()??;
        Some(name.shorten().to_string())
    }

    /// Whether `revision` means what is checked out: nothing, `HEAD`, or the branch.
    pub fn is_checked_out(&self, revision: &str) -> bool {
        let revision = revision.strip_prefix("refs/heads/").unwrap_or(revision);
        matches!(revision, "" | "HEAD") || self.branch().is_some_and(|branch| branch == revision)
    }

    /// The URLs of the repository's remotes, `origin` first, without user names and passwords.
    pub fn remote_urls(&self) -> Vec<RepoUrl> {
        let names = self.repository.remote_names();
        let (origin, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| *name == "origin");
        let url_of = |name: &gix::bstr::BStr| -> Option<RepoUrl> {
            let remote = self.repository.find_remote(name).ok()?;
            let url = remote.url(gix::remote::Direction::Fetch)?.to_bstring().to_string();
            RepoUrl::parse(&redact(&url)).ok()
        };
        origin.iter().chain(&others).filter_map(|name| url_of(name.as_ref())).collect()
    }

    pub(crate) fn git_dir(&self) -> &Path {
        self.repository.common_dir()
    }

    /// The files that are tracked; a tracked file is part of the tree even where it is ignored.
    pub(crate) fn index(&self) -> Option<gix::index::File> {
        self.repository.open_index().ok()
    }
}

/// The remotes of the repository that `folder` belongs to; empty where there is none.
pub fn remote_urls(folder: &Path) -> Vec<RepoUrl> {
    Checkout::discover(folder).map_or_else(Vec::new, |checkout| checkout.remote_urls())
}
