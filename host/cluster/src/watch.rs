//! One kind's way into the cache: list in pages, watch from there, begin again when the server says so.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures::{AsyncBufReadExt, io::AsyncBufRead};
use kube::{Client, core::Status};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::watch;
use windlass_model::{Object, ObjectKey};

use crate::{Error, Kind, cache::Cache, error::Reason, request};

/// Objects on one page of a list.
const PAGE: usize = 500;
/// The server ends a watch after this long; the next one takes up where it stopped.
const WATCH_TIMEOUT_S: u64 = 290;
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// Longest line of a watch: an object of etcd's limit, with room for its managedFields.
const LINE_MAX: usize = 16 << 20;

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    items: Vec<&'a RawValue>,
    metadata: ListMetadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ListMetadata {
    resource_version: String,
    #[serde(rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

/// How one kind's watch stands: `None` before the first full list, then the last error, if there is one.
pub(crate) type Health = Option<Result<(), String>>;

/// What one watch feeds the cache with: a kind, in one namespace or, where that is empty, in all of the cluster.
pub(crate) struct Feed {
    pub(crate) client: Client,
    pub(crate) kind: Kind,
    pub(crate) namespace: String,
    pub(crate) cache: Arc<Cache>,
}

impl Feed {
    fn path(&self) -> String {
        self.kind.path(&self.namespace, "")
    }
}

/// Keeps a feed in the cache until the task is aborted.
pub(crate) async fn keep(feed: Feed, health: watch::Sender<Health>) {
    let mut backoff = BACKOFF_FIRST;
    loop {
        match list(&feed).await {
            Ok(version) => {
                health.send_replace(Some(Ok(())));
                backoff = BACKOFF_FIRST;
                if let Err(error) = follow(&feed, version).await {
                    tracing::debug!(kind = %feed.kind.group_kind(), %error, "watch ended, listing again");
                }
            }
            Err(error) => {
                tracing::warn!(kind = %feed.kind.group_kind(), %error, "cannot list");
                health.send_replace(Some(Err(error.to_string())));
                tokio::time::sleep(backoff).await;
                backoff = (backoff * 2).min(BACKOFF_MAX);
            }
        }
    }
}

/// Lists every page, and only then drops what is gone: a partial list deletes nothing.
async fn list(feed: &Feed) -> Result<String, Error> {
    let mut seen: HashSet<ObjectKey> = HashSet::new();
    let mut next = String::new();
    loop {
        let path = feed.path();
        let mut uri = format!("{path}?limit={PAGE}");
        if !next.is_empty() {
            uri.push_str(&format!("&continue={next}"));
        }
        let text = feed.client.request_text(request::get(&uri)?).await?;
        let list: List<'_> =
            serde_json::from_str(&text).map_err(|error| Error::Malformed { url: path, message: error.to_string() })?;
        for item in list.items {
            if let Some(object) = parse(&feed.kind, item) {
                seen.insert(object.key());
                feed.cache.put(object);
            }
        }
        if list.metadata.next.is_empty() {
            forget_missing(feed, &seen);
            return Ok(list.metadata.resource_version);
        }
        next = list.metadata.next;
    }
}

fn forget_missing(feed: &Feed, seen: &HashSet<ObjectKey>) {
    for key in feed.cache.keys_of_kind(&feed.kind.group_kind()) {
        let is_fed = feed.namespace.is_empty() || *key.namespace == *feed.namespace;
        if is_fed && !seen.contains(&key) {
            feed.cache.remove(&key, None);
        }
    }
}

/// Watches from `version` on; returns when the server wants a new list.
async fn follow(feed: &Feed, mut version: String) -> Result<(), Error> {
    loop {
        let uri = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_TIMEOUT_S}&resourceVersion={version}",
            feed.path(),
        );
        let stream = feed.client.request_stream(request::get(&uri)?).await?;
        read_events(stream, feed, &mut version).await?;
    }
}

async fn read_events(stream: impl AsyncBufRead, feed: &Feed, version: &mut String) -> Result<(), Error> {
    let mut stream = std::pin::pin!(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = stream
            .read_until(b'\n', &mut line)
            .await
            .map_err(|error| Error::Unreachable { message: error.to_string() })?;
        if read == 0 {
            return Ok(());
        }
        if line.len() > LINE_MAX {
            return Err(Error::Malformed { url: feed.path(), message: "a watch event is too long".into() });
        }
        take(&line, feed, version)?;
    }
}

fn take(line: &[u8], feed: &Feed, version: &mut String) -> Result<(), Error> {
    if line.trim_ascii().is_empty() {
        return Ok(());
    }
    let event: Event<'_> = serde_json::from_slice(line)
        .map_err(|error| Error::Malformed { url: feed.path(), message: error.to_string() })?;
    if event.kind == "ERROR" {
        return Err(match serde_json::from_str::<Status>(event.object.get()) {
            Ok(status) => Error::from_status(&status),
            Err(_) => {
                Error::Api { reason: Reason::Gone, code: 410, message: "the watch ended".into(), retry_after_s: None }
            }
        });
    }
    let Some(object) = parse(&feed.kind, event.object) else { return Ok(()) };
    if !object.resource_version().is_empty() {
        *version = object.resource_version().to_owned();
    }
    match event.kind {
        "ADDED" | "MODIFIED" => feed.cache.put(object),
        "DELETED" => feed.cache.remove(&object.key(), Some(object.uid())),
        _ => {}
    }
    Ok(())
}

/// Items of a list carry no apiVersion and kind of their own.
fn parse(kind: &Kind, raw: &RawValue) -> Option<Object> {
    let mut object = Object::from_slice(raw.get().as_bytes()).ok()?;
    let map = object.as_map_mut();
    map.entry("apiVersion").or_insert_with(|| kind.api_version().into());
    map.entry("kind").or_insert_with(|| kind.kind.clone().into());
    Some(object)
}
