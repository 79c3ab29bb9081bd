//! One kind's way into the cache: list in pages, watch from there, begin again when the server says so.

use std::{sync::Arc, time::Duration};

use futures::{AsyncBufReadExt, io::AsyncBufRead};
use kube::{Client, core::Status};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{sync::watch, time::Instant};
use windlass_model::ObjectKey;

use crate::{
    Error, Kind,
    cache::{self, Cache, Identity, News},
    error::Reason,
    request,
};

/// Objects on one page of a list.
const PAGE: usize = 500;
/// The server gives a list up after as long.
const LIST_TIMEOUT: Duration = Duration::from_secs(60);
/// The server ends a watch after this long; the next one takes up where it stopped.
const WATCH_TIMEOUT_S: u64 = 290;
/// A watch that has said nothing for longer than it may last is dead, whatever the connection looks like.
const SILENCE: Duration = Duration::from_secs(WATCH_TIMEOUT_S + 10);
/// A watch that ends sooner has not worked.
const SHORT: Duration = Duration::from_secs(1);
/// For so long what was seen counts although the watch does not stand.
const AFTERIMAGE: Duration = Duration::from_secs(10);
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

    fn key(&self, identity: &Identity<'_>) -> ObjectKey {
        ObjectKey::new(self.kind.group_kind(), &identity.namespace, &identity.name)
    }

    fn tell(&self, identity: &Identity<'_>, object: &RawValue, list: Option<cache::List>) {
        let (key, json) = (self.key(identity), object.get().as_bytes());
        self.cache.hear(&News { key: &key, identity, kind: Some(&self.kind), json, list });
    }
}

/// Keeps a feed in the cache until the task is aborted.
pub(crate) async fn keep(feed: Feed, health: watch::Sender<Health>) {
    let mut sight = Sight { health, failing_since: None };
    let mut pause = BACKOFF_FIRST;
    loop {
        match list(&feed).await {
            Ok(version) => {
                sight.clear();
                pause = BACKOFF_FIRST;
                let error = follow(&feed, version, &mut sight).await;
                tracing::debug!(kind = %feed.kind.group_kind(), %error, "watch ended, listing again");
            }
            Err(error) => {
                tracing::warn!(kind = %feed.kind.group_kind(), %error, "cannot list");
                sight.blur(&error);
            }
        }
        wait(&mut pause).await;
    }
}

/// What is known of how well a kind is seen.
struct Sight {
    health: watch::Sender<Health>,
    failing_since: Option<Instant>,
}

impl Sight {
    fn clear(&mut self) {
        self.failing_since = None;
        if !matches!(*self.health.borrow(), Some(Ok(()))) {
            self.health.send_replace(Some(Ok(())));
        }
    }

    /// What was seen a moment ago still counts; what was never seen does not.
    fn blur(&mut self, error: &Error) {
        let since = *self.failing_since.get_or_insert_with(Instant::now);
        let was_seen = matches!(*self.health.borrow(), Some(Ok(())));
        if !was_seen || since.elapsed() >= AFTERIMAGE {
            self.health.send_replace(Some(Err(error.to_string())));
        }
    }
}

async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(BACKOFF_MAX);
}

/// Lists every page, and only then drops what is gone: a partial list deletes nothing.
async fn list(feed: &Feed) -> Result<String, Error> {
    let begun = feed.cache.begin_list();
    let mut next = String::new();
    loop {
        let path = feed.path();
        let mut uri = format!("{path}?limit={PAGE}");
        if !next.is_empty() {
            uri.push_str(&format!("&continue={next}"));
        }
        let answer = tokio::time::timeout(LIST_TIMEOUT, feed.client.request_text(request::get(&uri)?)).await;
        let text = answer.map_err(|_| Error::Unreachable { message: "no answer to a list".into() })??;
        let list: List<'_> =
            serde_json::from_str(&text).map_err(|error| Error::Malformed { url: path, message: error.to_string() })?;
        for item in list.items {
            if let Some(identity) = Identity::of(item.get().as_bytes()) {
                feed.tell(&identity, item, Some(begun));
            }
        }
        if list.metadata.next.is_empty() {
            feed.cache.end_list(begun, &feed.kind.group_kind(), &feed.namespace, &list.metadata.resource_version);
            return Ok(list.metadata.resource_version);
        }
        next = list.metadata.next;
    }
}

/// Watches from `version` on; returns when there has to be a new list.
async fn follow(feed: &Feed, mut version: String, sight: &mut Sight) -> Error {
    let mut pause = BACKOFF_FIRST;
    loop {
        let began = Instant::now();
        match watch_once(feed, &mut version, sight).await {
            Err(error) if needs_list(&error) => return error,
            Err(error) => sight.blur(&error),
            Ok(()) => {}
        }
        // A server that ends watches as soon as they begin is not asked without pause.
        if began.elapsed() < SHORT {
            wait(&mut pause).await;
        } else {
            pause = BACKOFF_FIRST;
        }
    }
}

/// Whether the events since the last version cannot be had any more, or are none of this kind.
fn needs_list(error: &Error) -> bool {
    matches!(error.reason(), Some(Reason::Gone | Reason::NotFound | Reason::Forbidden))
        || matches!(error, Error::Malformed { .. })
}

async fn watch_once(feed: &Feed, version: &mut String, sight: &mut Sight) -> Result<(), Error> {
    let uri = format!(
        "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_TIMEOUT_S}&resourceVersion={version}",
        feed.path(),
    );
    let stream = feed.client.request_stream(request::get(&uri)?).await?;
    sight.clear();
    read_events(stream, feed, version).await
}

async fn read_events(stream: impl AsyncBufRead, feed: &Feed, version: &mut String) -> Result<(), Error> {
    let mut stream = std::pin::pin!(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = tokio::time::timeout(SILENCE, stream.read_until(b'\n', &mut line))
            .await
            .map_err(|_| Error::Unreachable { message: "a watch neither speaks nor ends".into() })?
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
    let Some(identity) = Identity::of(event.object.get().as_bytes()) else { return Ok(()) };
    if !identity.resource_version.is_empty() {
        version.clear();
        version.push_str(&identity.resource_version);
    }
    match event.kind {
        "ADDED" | "MODIFIED" => feed.tell(&identity, event.object, None),
        "DELETED" => feed.cache.remove(&feed.key(&identity), Some(&identity.uid)),
        _ => {}
    }
    Ok(())
}
