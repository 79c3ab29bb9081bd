//! Watches: what is there at the start, then every change, bookmarks between.
//!
//! A watcher keeps nothing but the version it has seen: it reads the shelf's window. One
//! that falls behind the window is told so (410) and ends; nothing is queued for it without bound.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::disorder::{self, Disorder};
use super::{list, present};
use crate::api::{Api, Call, JSON, Reply};
use crate::error::{ApiError, Reason};
use crate::http::accept::Form;
use crate::http::body::ReplyBody;
use crate::object;
use crate::selector::Selector;
use crate::store::{Event, EventKind, Range, TooOld, frame};

const BOOKMARK_EVERY: Duration = Duration::from_secs(50);
/// Without `timeoutSeconds` the real server picks a time between 30 and 60 minutes.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(45 * 60);
/// Frames in flight to one client before its watch waits for it.
const FRAMES_IN_FLIGHT: usize = 64;

pub fn watch(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let mut query_fields = call.query.field_selector.clone();
    if !call.target.name.is_empty() {
        query_fields = format!("metadata.name={},{query_fields}", call.target.name);
    }
    let selector = Selector::parse(&call.resource, &call.query.label_selector, &query_fields)?;
    let start = Start::of(&api, &call)?;
    let (frames, receiver) = mpsc::channel(FRAMES_IN_FLIGHT);
    let wake = api.store.subscribe(&call.resource.shelf);
    let deadline = Instant::now() + call.query.timeout_seconds.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
    let plain = present::plain_prefix(&call);
    let disorder = Disorder::of(call.affliction.clone());
    let watcher = Watcher { api, call, selector, frames, seen: 0, plain, disorder, columns: true };
    tokio::spawn(async move {
        // A client that goes away is the normal end of a watch.
        if let Some(end) = watcher.run(start, wake, deadline).await {
            tracing::trace!(?end, "watch ended");
        }
    });
    Ok(Reply { code: StatusCode::OK, media: JSON, body: ReplyBody::Stream(receiver), warnings: Vec::new() })
}

/// From where a watch is served.
enum Start {
    /// First everything that is there, as `ADDED`; with a closing bookmark where it was asked for.
    Present {
        marked: bool,
    },
    After(u64),
}

impl Start {
    fn of(api: &Api, call: &Call) -> Result<Self, ApiError> {
        let query = &call.query;
        match query.send_initial_events {
            Some(true) => Ok(Start::Present { marked: query.bookmarks }),
            send => match query.resource_version.as_str() {
                "" | "0" if send.is_none() => Ok(Start::Present { marked: false }),
                "" => Ok(Start::After(api.store.version())),
                version => Ok(Start::After(list::parse_version(version)?)),
            },
        }
    }
}

#[derive(Debug)]
enum End {
    ClientGone,
    Expired,
    /// On purpose.
    Dropped,
}

struct Watcher {
    api: Arc<Api>,
    call: Call,
    selector: Selector,
    frames: mpsc::Sender<Bytes>,
    seen: u64,
    /// Stored bytes that begin so are sent as they are.
    plain: Option<String>,
    disorder: Disorder,
    /// Whether the next table still has to carry its columns.
    columns: bool,
}

impl Watcher {
    async fn run(mut self, start: Start, mut wake: watch::Receiver<u64>, deadline: Instant) -> Option<End> {
        if let Err(end) = self.begin(start).await {
            return Some(end);
        }
        let mut bookmark = tokio::time::interval_at(Instant::now() + BOOKMARK_EVERY, BOOKMARK_EVERY);
        loop {
            // Marked as seen before reading, so that a change in between wakes again.
            wake.borrow_and_update();
            if let Err(end) = self.catch_up().await {
                return Some(end);
            }
            let ended = tokio::select! {
                changed = wake.changed() => changed.is_err(),
                () = tokio::time::sleep(disorder::HELD), if self.disorder.holds() => self.release().await.is_err(),
                _ = bookmark.tick(), if self.call.query.bookmarks && !self.disorder.is_silent() => self.bookmark(false).await.is_err(),
                () = tokio::time::sleep_until(deadline) => {
                    // The last word of a watch that ran its time.
                    let speaks = self.call.query.bookmarks && !self.disorder.is_silent();
                    return if speaks { self.bookmark(false).await.err() } else { None };
                }
                () = self.disorder.until_over() => return self.release().await.err().or(Some(End::Dropped)),
                () = self.frames.closed() => true,
            };
            if ended {
                return Some(End::ClientGone);
            }
        }
    }

    async fn begin(&mut self, start: Start) -> Result<(), End> {
        match start {
            Start::After(version) => self.seen = version,
            Start::Present { marked } => {
                self.present().await?;
                if marked {
                    self.bookmark(true).await?;
                }
            }
        }
        Ok(())
    }

    async fn present(&mut self) -> Result<(), End> {
        let namespace = self.call.target.namespace.clone();
        let range = Range { namespace: Some(&*namespace).filter(|name| !name.is_empty()), ..Range::default() };
        let Ok(page) = self.api.store.list(&self.call.resource.shelf, &range) else { return Err(End::Expired) };
        for (_, stored) in &page.items {
            if self.selector.matches_bytes(&stored.body) {
                self.send(EventKind::Added, &stored.body).await?;
            }
        }
        self.seen = page.version;
        Ok(())
    }

    async fn catch_up(&mut self) -> Result<(), End> {
        let (events, now) = match self.api.store.changes(&self.call.resource.shelf, self.seen) {
            Ok(changes) => changes,
            Err(TooOld(oldest)) => return self.expire(oldest).await,
        };
        for event in events {
            if self.concerns(&event) {
                for event in self.disorder.next(event) {
                    self.forward(&event).await?;
                }
                if self.disorder.ends() {
                    return Err(End::Dropped);
                }
            }
        }
        self.seen = self.seen.max(now);
        Ok(())
    }

    async fn release(&mut self) -> Result<(), End> {
        match self.disorder.release() {
            Some(event) => self.forward(&event).await,
            None => Ok(()),
        }
    }

    fn concerns(&self, event: &Event) -> bool {
        let namespace = self.call.target.namespace.as_str();
        (namespace.is_empty() || *event.name.namespace == *namespace)
            && self.selector.exact_name().is_none_or(|name| *event.name.name == *name)
    }

    /// Sends an event as this selector sees it: an object may come into view or leave it.
    async fn forward(&mut self, event: &Event) -> Result<(), End> {
        if self.selector.selects_all() {
            let plain = self.plain.as_ref().is_some_and(|prefix| event.body.starts_with(prefix.as_bytes()));
            return if plain { self.put(event.frame()).await } else { self.send(event.kind, &event.body).await };
        }
        let before = event.previous.as_ref().is_some_and(|stored| self.selector.matches_bytes(&stored.body));
        let after = event.kind != EventKind::Deleted && self.selector.matches_bytes(&event.body);
        match (before, after) {
            (false, true) => self.send(EventKind::Added, &event.body).await,
            (true, true) => self.send(EventKind::Modified, &event.body).await,
            (true, false) => self.send(EventKind::Deleted, &event.body).await,
            (false, false) => Ok(()),
        }
    }

    async fn send(&mut self, kind: EventKind, body: &Bytes) -> Result<(), End> {
        let word = kind.word();
        match present::in_form(&self.call, body, self.columns) {
            Ok(shown) => self.write(word, &shown).await,
            Err(error) => {
                tracing::error!(%error, "an event cannot be shown");
                Ok(())
            }
        }
    }

    async fn write(&mut self, word: &str, shown: &[u8]) -> Result<(), End> {
        self.columns = false;
        self.put(frame(word, shown)).await
    }

    async fn put(&mut self, frame: Bytes) -> Result<(), End> {
        self.frames.send(frame).await.map_err(|_| End::ClientGone)
    }

    async fn bookmark(&mut self, initial_end: bool) -> Result<(), End> {
        let mut metadata = json!({ "resourceVersion": self.seen.to_string() });
        if initial_end {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let object = self.bookmark_object(metadata);
        self.write("BOOKMARK", object.to_string().as_bytes()).await
    }

    fn bookmark_object(&self, metadata: Value) -> Value {
        let resource = &self.call.resource;
        match self.call.accept.form {
            Form::Table => crate::table::render(resource, metadata, Vec::new(), self.columns),
            Form::Metadata => {
                json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata })
            }
            Form::Object | Form::Aggregated(_) => {
                json!({ "kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata })
            }
        }
    }

    async fn expire(&mut self, oldest: u64) -> Result<(), End> {
        let message = format!("too old resource version: {} ({oldest})", self.seen);
        let status = ApiError::new(Reason::Expired, message).status();
        let mut bytes = Vec::new();
        object::write_json(&mut bytes, &status);
        self.write("ERROR", &bytes).await?;
        Err(End::Expired)
    }
}
