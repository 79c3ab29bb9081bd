//! Helm repositories over HTTP: find a version in the index, fetch its archive, serve its files.
//!
//! One index answers for all applications of a repository. An archive is fetched once for as long as it is remembered.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use reqwest::Url;
use sha2::{Digest as _, Sha256};
use windlass_model::{Digest, Tree};

use crate::{
    Credentials, Error, Freshness, Limits, Login, RepoUrl,
    answers::{HeavyAnswers, locked},
    archive::unpack,
    chart_index::ChartIndex,
    packed_tree::PackedTree,
    url::Location,
    web::{Wanted, Web, shown},
};

/// Bytes of indexes, as they were sent, and of unpacked charts that are remembered.
const INDEXES: u64 = 256 << 20;
const CHARTS: u64 = 512 << 20;

/// A chart of a repository, as an application or another chart asks for it.
#[derive(Clone, Copy, Debug)]
pub struct ChartRequest<'a> {
    pub repository: &'a RepoUrl,
    pub chart: &'a str,
    /// A version or a constraint on versions; empty for the latest.
    pub version: &'a str,
    pub credentials: &'a Credentials,
    /// Whether the repository's login also goes to another server that the index names for the archive.
    pub pass_credentials: bool,
    /// How old the index may be.
    pub freshness: Freshness,
}

/// One version of a chart, as the index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartRelease {
    pub version: String,
    /// Of the archive; not every index has it.
    pub digest: Option<Digest>,
    archive: Url,
}

/// A chart's files, from its own folder on.
#[derive(Clone)]
pub struct Chart {
    pub tree: Arc<dyn Tree>,
    /// Of the archive.
    pub digest: Digest,
}

/// What an archive is remembered by.
type Archive = (Url, Option<Digest>, Credentials);

/// Helm repositories. All calls block.
pub struct Charts {
    web: Arc<Web>,
    limits: Limits,
    indexes: HeavyAnswers<(Url, Credentials), Arc<ChartIndex>>,
    /// The last index of each repository that could be had.
    last: Mutex<HashMap<(Url, Credentials), Arc<ChartIndex>>>,
    charts: HeavyAnswers<Archive, Chart>,
}

impl Charts {
    pub(crate) fn new(web: Arc<Web>, limits: Limits) -> Self {
        let (indexes, charts) = (HeavyAnswers::new(INDEXES), HeavyAnswers::new(CHARTS));
        Self { web, limits, indexes, last: Mutex::default(), charts }
    }

    /// Finds the version that is meant.
    pub fn find(&self, request: &ChartRequest<'_>) -> Result<ChartRelease, Error> {
        let (base, credentials) = base(request)?;
        let index = self.index(&base, &credentials, request)?;
        let missing = |hint: String| Error::ChartNotFound {
            url: request.repository.to_string(),
            chart: request.chart.to_owned(),
            version: request.version.to_owned(),
            hint,
        };
        let entry = index.choose(request.chart, request.version).map_err(missing)?;
        let archive = entry.urls.first().and_then(|url| base.join(url).ok());
        let archive = archive.filter(|url| matches!(url.scheme(), "https" | "http"));
        let unnamed = || missing("the index names no https or http address for it".to_owned());
        let digest = Digest::parse(&entry.digest);
        Ok(ChartRelease { version: entry.version.clone(), digest, archive: archive.ok_or_else(unnamed)? })
    }

    /// Fetches the files of a version.
    pub fn fetch(&self, request: &ChartRequest<'_>, release: &ChartRelease) -> Result<Chart, Error> {
        let (base, credentials) = base(request)?;
        let is_same = release.archive.origin() == base.origin();
        let credentials = match is_same || request.pass_credentials {
            true => credentials,
            false => credentials.without_identity(),
        };
        // What a digest pins cannot change.
        let freshness = release.digest.map_or(request.freshness, |_| Freshness::any());
        let key = (release.archive.clone(), release.digest, credentials.clone());
        self.charts.get(key, freshness, || {
            let archive = self.web.get(&Wanted {
                url: &release.archive,
                credentials: &credentials,
                named_by: Some(&base),
                what: "fetching the chart",
                bytes: self.limits.archive_bytes,
                bytes_setting: "archive_bytes",
                time: self.limits.web_time,
            })?;
            let (tree, digest) = self.open(&archive, release)?;
            let weight = tree.size();
            Ok((Chart { tree: Arc::new(tree), digest }, weight))
        })
    }

    fn open(&self, archive: &[u8], release: &ChartRelease) -> Result<(PackedTree, Digest), Error> {
        let url = || shown(&release.archive);
        let found = Digest::from_id(&Sha256::digest(archive));
        if let Some(expected) = release.digest.filter(|expected| *expected != found) {
            let (expected, found) = (expected.to_string(), found.to_string());
            return Err(Error::DigestMismatch { url: url(), expected, found });
        }
        let tree = unpack(archive, &self.limits);
        let tree = tree.map_err(|reason| Error::Refused { url: url(), reason: format!("the archive: {reason}") })?;
        Ok((tree, found))
    }

    /// The repository's index. While the server does not answer, an older one still serves versions that it names.
    fn index(
        &self,
        base: &Url,
        credentials: &Credentials,
        request: &ChartRequest<'_>,
    ) -> Result<Arc<ChartIndex>, Error> {
        let key = (base.clone(), credentials.clone());
        let asked = self.indexes.get(key.clone(), request.freshness, || {
            let (index, weight) = self.fetch_index(base, credentials)?;
            let index = Arc::new(index);
            let mut last = locked(&self.last);
            if weight > INDEXES / 4 || last.len() > 256 {
                last.clear();
            }
            last.insert(key.clone(), index.clone());
            Ok((index, weight))
        });
        match asked {
            Err(error) if error.is_transient() => {
                let last = locked(&self.last).get(&key).cloned();
                let last = last.filter(|index| index.has(request.chart, request.version)).ok_or(error.clone())?;
                tracing::warn!(%error, chart = request.chart, version = request.version, "an older index is used");
                Ok(last)
            }
            asked => asked,
        }
    }

    fn fetch_index(&self, base: &Url, credentials: &Credentials) -> Result<(ChartIndex, u64), Error> {
        let url = base.join("index.yaml").map_err(|_| unsupported(base.as_str()))?;
        let text = self.web.get(&Wanted {
            url: &url,
            credentials,
            named_by: None,
            what: "fetching the index",
            bytes: self.limits.index_bytes,
            bytes_setting: "index_bytes",
            time: self.limits.web_time,
        })?;
        tracing::debug!(url = %shown(&url), bytes = text.len(), "fetched an index");
        let index = ChartIndex::parse(&text).map_err(|reason| Error::Damaged {
            url: shown(&url),
            object: "the index".to_owned(),
            reason,
        })?;
        Ok((index, text.len() as u64))
    }
}

fn unsupported(url: &str) -> Error {
    let reason = match url.starts_with("oci://") {
        true => "OCI registries are not supported yet; use the https URL of a Helm repository",
        false => "a Helm repository has an https or http URL",
    };
    Error::UnsupportedUrl { url: crate::redact(url), reason: reason.to_owned() }
}

/// The address that everything of a repository is relative to, and who asks there.
fn base(request: &ChartRequest<'_>) -> Result<(Url, Credentials), Error> {
    let refused = || unsupported(request.repository.as_str());
    let Location::Http(address) = request.repository.location() else { return Err(refused()) };
    let mut base = Url::parse(address).map_err(|_| refused())?;
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    let mut credentials = request.credentials.clone();
    if credentials.login == Login::Anonymous {
        credentials.login = request.repository.login().clone();
    }
    Ok((base, credentials))
}
