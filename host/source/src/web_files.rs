//! Single files by their URL, each fetched once for all who are content with a recent one.

use std::sync::Arc;

use reqwest::Url;

use crate::{
    Credentials, Error, Freshness, Limits,
    answers::HeavyAnswers,
    web::{Wanted, Web},
};

/// Bytes of files that are remembered.
const REMEMBERED: u64 = 128 << 20;

/// Files of web servers. All calls block.
pub struct WebFiles {
    web: Arc<Web>,
    limits: Limits,
    files: HeavyAnswers<(Url, Credentials), Arc<[u8]>>,
}

impl WebFiles {
    pub(crate) fn new(web: Arc<Web>, limits: Limits) -> Self {
        Self { web, limits, files: HeavyAnswers::new(REMEMBERED) }
    }

    /// The file at an `https` or `http` URL. Credentials go to its server and to no other.
    pub fn get(&self, url: &str, credentials: &Credentials, freshness: Freshness) -> Result<Arc<[u8]>, Error> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        let parsed = parsed.ok_or_else(|| Error::UnsupportedUrl {
            url: crate::redact(url),
            reason: "a file is fetched over https or http".to_owned(),
        })?;
        self.files.get((parsed.clone(), credentials.clone()), freshness, || {
            let body = self.web.get(&Wanted {
                url: &parsed,
                credentials,
                named_by: None,
                what: "fetching it",
                bytes: self.limits.web_file_bytes,
                bytes_setting: "web_file_bytes",
                time: self.limits.web_time,
            })?;
            let weight = body.len() as u64;
            Ok((Arc::from(body), weight))
        })
    }
}
