//! Fetches what a generator has named in its needs, each pinned by the digest of its content.

use std::sync::Arc;

use serde_json::Value;
use windlass_model::{Digest, Entry, MemoryTree, Tree, TreeError, TreePath, application::Source};
use windlass_runtime::{Artifact, Need, Origin};
use windlass_source::{
    Chart, ChartRelease, ChartRequest, Credentials, Freshness, RepoUrl, RepositorySecret, Request, Revision, Sources,
    credentials_for,
};

use crate::{Permission, Problem, Transformers, permission::address};

/// Where things are fetched from, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Supply<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) permission: Permission<'a>,
    pub(crate) transformers: &'a Transformers,
    pub(crate) secrets: &'a [RepositorySecret],
    /// The project whose repository Secrets count.
    pub(crate) project: &'a str,
    pub(crate) freshness: Freshness,
    /// Whether a Helm repository's login also goes to where its index says that archives are.
    pub(crate) pass_credentials: bool,
}

/// A need, and what its content was when a result was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Supplied {
    pub(crate) need: Need,
    pub(crate) digest: Digest,
}

impl Supplied {
    /// Remembers a need without the objects that a transformer got for it.
    pub(crate) fn new(mut need: Need, digest: Digest) -> Self {
        if let Origin::Transformed(asked) = &mut need.origin {
            asked.resources = Vec::new();
        }
        Self { need, digest }
    }
}

impl Supply<'_> {
    /// The credentials for a URL, and for no other.
    fn credentials(&self, url: &str) -> Credentials {
        credentials_for(self.secrets, url, self.project)
    }

    /// Fetches what a plugin lacks, if it may be.
    pub(crate) fn fetch(&self, plugin: &str, need: &Need) -> Result<Artifact, Problem> {
        if let Some(refusal) = self.permission.refusal(need) {
            return Err(Problem::comparison(format!("{plugin} needs something from elsewhere: {refusal}")));
        }
        let (digest, tree) = self.content(need)?;
        match need.digest.as_deref().filter(|pinned| Digest::parse(pinned) != Some(digest)) {
            None => Ok(Artifact { id: need.id.clone(), digest, tree }),
            Some(pinned) => Err(Problem::comparison(format!(
                "{}: its digest is {digest}, and {plugin} asks for {pinned}",
                address(&need.origin)
            ))),
        }
    }

    /// Whether everything may still be fetched, and is what it was. Asks only for what may have changed.
    pub(crate) fn holds(&self, supplied: &[Supplied]) -> Result<bool, Problem> {
        for Supplied { need, digest } in supplied {
            if let Origin::Transformed(asked) = &need.origin {
                // The same component makes the same of the same objects.
                if self.transformers.find(asked).is_err() {
                    return Ok(false);
                }
            } else if self.permission.refusal(need).is_some() || self.digest(need)? != *digest {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn digest(&self, need: &Need) -> Result<Digest, Problem> {
        if let Origin::HelmChart { repository, name, version } = &need.origin
            && let Some(digest) = self.find_chart(&RepoUrl::parse(repository)?, name, version)?.digest
        {
            return Ok(digest);
        }
        self.content(need).map(|(digest, _)| digest)
    }

    fn content(&self, need: &Need) -> Result<(Digest, Arc<dyn Tree>), Problem> {
        match &need.origin {
            Origin::HelmChart { repository, name, version } => {
                let repository = RepoUrl::parse(repository)?;
                let release = self.find_chart(&repository, name, version)?;
                let chart = self.chart(&repository, name, &release)?;
                Ok((chart.digest, chart.tree))
            }
            Origin::Git { url, revision, path } => self.repository(url, revision, path),
            Origin::Http(url) => {
                let body = self.sources.web_files().get(url, &self.credentials(url), self.freshness)?;
                Ok((Digest::of(&body), Arc::new(MemoryTree::default().with("", body.to_vec()))))
            }
            Origin::Oci(_) | Origin::Transformed(_) | Origin::Other { .. } => {
                Err(Problem::comparison(format!("{}: cannot be fetched", address(&need.origin))))
            }
        }
    }

    fn repository(&self, url: &str, revision: &str, path: &str) -> Result<(Digest, Arc<dyn Tree>), Problem> {
        let parsed = RepoUrl::parse(url)?;
        let tree = self.commit_tree(&parsed, &self.resolve(&parsed, revision, "")?)?;
        let at = TreePath::parse(path);
        let digest = at.as_ref().map(|at| tree.digest(at)).transpose();
        let digest = digest.map_err(|error| Problem::comparison(format!("{parsed}: {error}")))?.flatten();
        match (at, digest) {
            (Some(at), Some(digest)) => Ok((digest, Arc::new(Below { tree, at }))),
            _ => Err(Problem::comparison(format!("{parsed}: {path}: no such file or folder"))),
        }
    }

    /// Finds the commit that a revision of a Git repository means.
    pub(crate) fn resolve(&self, url: &RepoUrl, revision: &str, tag_prefix: &str) -> Result<Revision, Problem> {
        let (freshness, credentials) = (self.freshness, &self.credentials(url.as_str()));
        Ok(self.sources.resolve(&Request { url, revision, tag_prefix, credentials, freshness })?)
    }

    pub(crate) fn commit_tree(&self, url: &RepoUrl, revision: &Revision) -> Result<Arc<dyn Tree>, Problem> {
        Ok(self.sources.tree(url, revision, &self.credentials(url.as_str()))?)
    }

    /// Finds the version of a chart that is meant.
    pub(crate) fn find_chart(&self, url: &RepoUrl, chart: &str, version: &str) -> Result<ChartRelease, Problem> {
        let credentials = self.credentials(url.as_str());
        Ok(self.sources.charts().find(&self.chart_request(url, chart, version, &credentials))?)
    }

    pub(crate) fn chart_tree(
        &self,
        url: &RepoUrl,
        chart: &str,
        release: &ChartRelease,
    ) -> Result<Arc<dyn Tree>, Problem> {
        self.chart(url, chart, release).map(|chart| chart.tree)
    }

    fn chart(&self, url: &RepoUrl, chart: &str, release: &ChartRelease) -> Result<Chart, Problem> {
        let credentials = self.credentials(url.as_str());
        let request = self.chart_request(url, chart, &release.version, &credentials);
        Ok(self.sources.charts().fetch(&request, release)?)
    }

    fn chart_request<'a>(
        &self,
        repository: &'a RepoUrl,
        chart: &'a str,
        version: &'a str,
        credentials: &'a Credentials,
    ) -> ChartRequest<'a> {
        let (pass_credentials, freshness) = (self.pass_credentials, self.freshness);
        ChartRequest { repository, chart, version, credentials, pass_credentials, freshness }
    }
}

/// Argo CD's `helm.passCredentials`.
pub(crate) fn passes_credentials(source: &Source) -> bool {
    let helm = source.generators.get("helm");
    helm.and_then(|helm| helm.get("passCredentials")).and_then(Value::as_bool).unwrap_or_default()
}

/// A part of a tree as a tree.
struct Below {
    tree: Arc<dyn Tree>,
    at: TreePath,
}

impl Below {
    fn inside(&self, path: &TreePath) -> TreePath {
        self.at.join(path.as_str()).unwrap_or_default()
    }
}

impl Tree for Below {
    fn read(&self, path: &TreePath) -> Result<Arc<[u8]>, TreeError> {
        self.tree.read(&self.inside(path))
    }

    fn read_dir(&self, path: &TreePath) -> Result<Vec<Entry>, TreeError> {
        self.tree.read_dir(&self.inside(path))
    }

    fn digest(&self, path: &TreePath) -> Result<Option<Digest>, TreeError> {
        self.tree.digest(&self.inside(path))
    }
}
