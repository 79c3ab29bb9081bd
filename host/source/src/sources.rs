//! The room's front: resolve a revision, serve its tree.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use windlass_model::Tree;

use crate::{
    CommitInfo, Credentials, Error, Freshness, MapRule, RepoUrl, Revision,
    answers::locked,
    charts::Charts,
    map::{Mapped, serve},
    mirror::{Mirror, MirrorRoot},
    remote::Remote,
    repository::Repository,
    url::Location,
    web::Web,
    web_files::WebFiles,
};

/// Settings of [`Sources`].
#[derive(Clone, Debug, Default)]
pub struct SourceOptions {
    /// Where fetched repositories are kept; a temporary folder where there is none or it cannot be written.
    pub cache_dir: Option<PathBuf>,
    pub limits: Limits,
    /// Folders served in place of URLs; the first that matches counts.
    pub maps: Vec<MapRule>,
    /// Whether `file://` URLs and paths are served. They reach everything that this process can read.
    pub allow_local: bool,
}

/// Caps on what a repository may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes received in one fetch.
    pub fetch_bytes: u64,
    /// Bytes of a repository's list of references.
    pub list_bytes: u64,
    /// Bytes of one unpacked object in a fetch: a small pack can hold gigabytes of zeros.
    pub object_bytes: usize,
    /// Bytes of one file that is read.
    pub file_bytes: u64,
    /// Time for one fetch.
    pub fetch_time: Duration,
    /// Time to list a repository's references; Argo CD's `ARGOCD_GIT_REQUEST_TIMEOUT`.
    pub list_time: Duration,
    /// Bytes of a Helm repository's index.
    pub index_bytes: u64,
    /// Bytes of one archive as it is sent.
    pub archive_bytes: u64,
    /// Bytes of one archive unpacked; Helm's own limit for a chart.
    pub unpacked_bytes: u64,
    /// Files and folders in one archive.
    pub archive_entries: usize,
    /// How many times its own size an archive may unpack to, beyond the first megabyte.
    pub archive_ratio: u64,
    /// Bytes of one file that is fetched by its URL.
    pub web_file_bytes: u64,
    /// Time for one index, archive or file.
    pub web_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fetch_bytes: 1 << 30,
            list_bytes: 64 << 20,
            object_bytes: 512 << 20,
            file_bytes: 64 << 20,
            fetch_time: Duration::from_secs(90),
            list_time: Duration::from_secs(15),
            index_bytes: 64 << 20,
            archive_bytes: 64 << 20,
            unpacked_bytes: 100 << 20,
            archive_entries: 20_000,
            archive_ratio: 200,
            web_file_bytes: 16 << 20,
            web_time: Duration::from_secs(60),
        }
    }
}

/// What to resolve.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub url: &'a RepoUrl,
    /// `targetRevision`: a branch, tag, commit, version constraint, `refs/…`, `HEAD` or nothing.
    pub revision: &'a str,
    /// `tagPrefix`: for a version constraint, only tags that begin with it count.
    pub tag_prefix: &'a str,
    pub credentials: &'a Credentials,
    pub freshness: Freshness,
}

/// Every repository that this process reads. All calls block; share one value between threads.
pub struct Sources {
    options: SourceOptions,
    maps: Vec<Mapped>,
    mirror_root: MirrorRoot,
    mirrors: Mutex<HashMap<String, Arc<Mirror>>>,
    repositories: Mutex<HashMap<(RepoUrl, Credentials), Arc<Repository>>>,
    charts: Charts,
    web_files: WebFiles,
}

impl Sources {
    /// Nothing is opened or written before the first call that needs it.
    pub fn new(options: SourceOptions) -> Self {
        let mirror_root = MirrorRoot::new(options.cache_dir.clone());
        let maps = options.maps.iter().cloned().map(Mapped::new).collect();
        let web = Arc::new(Web::default());
        let charts = Charts::new(web.clone(), options.limits.clone());
        let web_files = WebFiles::new(web, options.limits.clone());
        let (mirrors, repositories) = (Mutex::default(), Mutex::default());
        Self { options, maps, mirror_root, mirrors, repositories, charts, web_files }
    }

    /// Helm repositories.
    pub fn charts(&self) -> &Charts {
        &self.charts
    }

    /// Single files on web servers.
    pub fn web_files(&self) -> &WebFiles {
        &self.web_files
    }

    /// Finds the commit that `request` means now.
    pub fn resolve(&self, request: &Request<'_>) -> Result<Revision, Error> {
        let Request { url, revision, tag_prefix, credentials, freshness } = *request;
        match self.mapped(url) {
            Some(mapped) => mapped.resolve(revision.trim(), tag_prefix, freshness),
            None => self.repository(url, credentials)?.resolve(revision.trim(), tag_prefix, freshness),
        }
    }

    /// The id that [`Sources::resolve`] would find, where that is known from memory: it asks nobody and reads nothing.
    pub fn known(&self, request: &Request<'_>) -> Option<String> {
        let Request { url, revision, tag_prefix, credentials, freshness } = *request;
        if self.mapped(url).is_some() {
            return None;
        }
        let repository = locked(&self.repositories).get(&(url.clone(), credentials.clone()))?.clone();
        repository.known(revision.trim(), tag_prefix, freshness)
    }

    /// Serves the files of a resolved revision, fetching them if they are not here yet.
    pub fn tree(&self, url: &RepoUrl, revision: &Revision, credentials: &Credentials) -> Result<Arc<dyn Tree>, Error> {
        let limits = &self.options.limits;
        match (&revision.snapshot, self.mapped(url)) {
            (Some(snapshot), _) => Ok(serve(snapshot, limits)),
            (None, Some(mapped)) => mapped.tree(revision, limits),
            (None, None) => self.repository(url, credentials)?.tree(revision, limits),
        }
    }

    /// Describes a commit; `None` for a working tree, which has none.
    pub fn describe(
        &self,
        url: &RepoUrl,
        revision: &Revision,
        credentials: &Credentials,
    ) -> Result<Option<CommitInfo>, Error> {
        if revision.is_working_tree() {
            return Ok(None);
        }
        let repository = match self.mapped(url) {
            Some(mapped) => mapped.repository(&revision.id)?,
            None => self.repository(url, credentials)?,
        };
        repository.describe(revision).map(Some)
    }

    fn mapped(&self, url: &RepoUrl) -> Option<&Mapped> {
        self.maps.iter().find(|mapped| mapped.serves(url))
    }

    fn repository(&self, url: &RepoUrl, credentials: &Credentials) -> Result<Arc<Repository>, Error> {
        let key = (url.clone(), credentials.clone());
        if let Some(known) = locked(&self.repositories).get(&key) {
            return Ok(known.clone());
        }
        let opened = Arc::new(self.open(url, credentials)?);
        Ok(locked(&self.repositories).entry(key).or_insert(opened).clone())
    }

    fn open(&self, url: &RepoUrl, credentials: &Credentials) -> Result<Repository, Error> {
        match url.location() {
            Location::Local(path) if self.options.allow_local => Repository::open_local(url, path),
            Location::Local(_) => Err(Error::UnsupportedUrl {
                url: url.to_string(),
                reason: "local repositories are not allowed here; use an https URL".to_owned(),
            }),
            Location::Unserved(reason) => Err(Error::UnsupportedUrl { url: url.to_string(), reason: reason.clone() }),
            Location::Http(address) => {
                let remote = Remote {
                    url: url.clone(),
                    address: address.clone(),
                    credentials: credentials.clone(),
                    limits: self.options.limits.clone(),
                };
                Ok(Repository::at_remote(remote, self.mirror(address)?))
            }
        }
    }

    fn mirror(&self, address: &str) -> Result<Arc<Mirror>, Error> {
        let mut mirrors = locked(&self.mirrors);
        if let Some(mirror) = mirrors.get(address) {
            return Ok(mirror.clone());
        }
        let mirror = Arc::new(self.mirror_root.mirror(address)?);
        mirrors.insert(address.to_owned(), mirror.clone());
        Ok(mirror)
    }
}
