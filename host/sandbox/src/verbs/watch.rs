//! Watches: what is there at the start, then every change, bookmarks between.
//!
//! A watcher keeps nothing but the version it has seen: it reads the shelf's window when its client wants more. One
//! that falls behind the window is told so (410) and ends; nothing is queued for it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::disorder::{self, Disorder};
use super::list;
use super::view::{View, line};
use crate::api::{Api, Call, JSON, Reply};
use crate::error::{ApiError, Reason};
use crate::http::body::{Frames, ReplyBody, Sink};
use crate::object;
use crate::store::{Event, EventKind, Page, Range, Shelf, TooOld};

const BOOKMARK_EVERY: Duration = Duration::from_secs(50);
/// A watch that runs its time says how far it is so long before it ends.
const BEFORE_THE_END: Duration = Duration::from_secs(2);
/// Without `timeoutSeconds` the real server picks a time between 30 and 60 minutes.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(45 * 60);
/// So much of what is there at the start is sent at once.
const FRAME: usize = 64 << 10;

pub fn watch(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let deadline = Instant::now() + call.query.timeout_seconds.map_or(DEFAULT_TIMEOUT, Duration::from_secs);
    let disorder = Disorder::of(call.affliction.clone());
    let view = View::of(call)?;
    let shelf = api.store.shelf(&view.call().resource.shelf);
    // Before what is there is read, so that no change falls between.
    let wake = shelf.subscribe();
    let start = Start::of(&api, view.call())?;
    let frames = Frames::of(|frames| async move {
        let watcher = Watcher { api, shelf, view, frames, seen: 0, disorder, columns: true };
        if let Err(end) = watcher.run(start, wake, deadline).await {
            tracing::trace!(?end, "watch ended");
        }
    });
    Ok(Reply { code: StatusCode::OK, media: JSON, body: ReplyBody::Stream(frames), warnings: Vec::new() })
}

/// From where a watch is served.
enum Start {
    /// First everything that is there, as `ADDED`; with a closing bookmark where it was asked for.
    Present {
        page: Page,
        marked: bool,
    },
    After(u64),
}

impl Start {
    fn of(api: &Api, call: &Call) -> Result<Self, ApiError> {
        let query = &call.query;
        match query.send_initial_events {
            Some(true) => Self::present(api, call, query.bookmarks),
            send => match query.resource_version.as_str() {
                "" | "0" if send.is_none() => Self::present(api, call, false),
                "" => Ok(Start::After(api.store.version())),
                // What is a bad request of a list is an error without a reason here.
                version => list::parse_version(version)
                    .map(Start::After)
                    .map_err(|error| ApiError { reason: Reason::Unknown, ..error }),
            },
        }
    }

    fn present(api: &Api, call: &Call, marked: bool) -> Result<Self, ApiError> {
        let namespace = Some(call.target.namespace.as_str()).filter(|name| !name.is_empty());
        let range = Range { namespace, ..Range::default() };
        let page = api.store.list(&call.resource.shelf, &range);
        page.map(|page| Start::Present { page, marked }).map_err(|TooOld(oldest)| expired(0, oldest))
    }
}

fn expired(seen: u64, oldest: u64) -> ApiError {
    ApiError::new(Reason::Expired, format!("too old resource version: {seen} ({oldest})"))
}

/// Why a watch ends before its time.
#[derive(Debug)]
enum End {
    Expired,
    /// On purpose.
    Dropped,
}

struct Watcher {
    api: Arc<Api>,
    shelf: Arc<Shelf>,
    view: View,
    frames: Sink,
    seen: u64,
    disorder: Disorder<Arc<Event>>,
    /// Whether the next table still has to carry its columns.
    columns: bool,
}

impl Watcher {
    async fn run(mut self, start: Start, mut wake: watch::Receiver<()>, deadline: Instant) -> Result<(), End> {
        self.begin(start).await;
        let bookmarks = self.view.call().query.bookmarks;
        let mut bookmark = tokio::time::interval_at(Instant::now() + BOOKMARK_EVERY, BOOKMARK_EVERY);
        let mut last_bookmark = pin!(sleep_until(deadline - BEFORE_THE_END));
        let mut closing = bookmarks && Instant::now() < deadline - BEFORE_THE_END;
        let mut deadline = pin!(sleep_until(deadline));
        loop {
            // Marked as seen before reading, so that a change in between wakes again.
            wake.borrow_and_update();
            self.catch_up().await?;
            tokio::select! {
                changed = wake.changed() => if changed.is_err() { return Ok(()) },
                () = async { sleep(disorder::HELD).await }, if self.disorder.holds() => self.release().await,
                _ = bookmark.tick(), if bookmarks && !self.disorder.is_silent() => self.bookmark(false).await,
                () = &mut last_bookmark, if closing => {
                    closing = false;
                    if !self.disorder.is_silent() {
                        self.bookmark(false).await;
                    }
                }
                () = &mut deadline => return Ok(()),
                () = self.disorder.until_over() => {
                    self.release().await;
                    return Err(End::Dropped);
                }
            }
        }
    }

    async fn begin(&mut self, start: Start) {
        match start {
            Start::After(version) => self.seen = version,
            Start::Present { page, marked } => {
                self.seen = page.version;
                self.present(page).await;
                if marked {
                    self.bookmark(true).await;
                }
            }
        }
    }

    async fn present(&mut self, page: Page) {
        let mut out = Vec::new();
        for (_, stored) in page.items {
            if self.view.selects(&stored.body) {
                self.view.write_object(&mut out, EventKind::Added, &stored.body, &mut self.columns);
            }
            if out.len() >= FRAME {
                self.put(std::mem::take(&mut out)).await;
            }
        }
        self.put(out).await;
    }

    async fn catch_up(&mut self) -> Result<(), End> {
        while self.shelf.version() > self.seen {
            if self.disorder.is_any() {
                return self.catch_up_disordered().await;
            }
            let (view, mut columns) = (&self.view, self.columns);
            let batch = self.shelf.batch(self.seen, view.shared(columns), |events| lines(view, events, &mut columns));
            let batch = match batch {
                Ok(batch) => batch,
                Err(TooOld(oldest)) => return self.expire(oldest).await,
            };
            self.columns &= batch.bytes.is_empty();
            self.seen = batch.until;
            if !batch.bytes.is_empty() {
                self.frames.put(batch.bytes).await;
            }
        }
        Ok(())
    }

    /// Event by event, with what is to go wrong.
    async fn catch_up_disordered(&mut self) -> Result<(), End> {
        let events = match self.shelf.changes_after(self.seen) {
            Ok(events) => events,
            Err(TooOld(oldest)) => return self.expire(oldest).await,
        };
        for event in events {
            self.seen = event.version;
            if self.view.concerns(&event) {
                for event in self.disorder.next(event) {
                    self.forward(&event).await;
                }
                if self.disorder.ends() {
                    return Err(End::Dropped);
                }
            }
        }
        Ok(())
    }

    async fn release(&mut self) {
        if let Some(event) = self.disorder.release() {
            self.forward(&event).await;
        }
    }

    async fn forward(&mut self, event: &Event) {
        let mut out = Vec::new();
        self.view.write(&mut out, event, &mut self.columns);
        self.put(out).await;
    }

    async fn put(&mut self, frame: Vec<u8>) {
        if !frame.is_empty() {
            self.frames.put(frame.into()).await;
        }
    }

    async fn bookmark(&mut self, initial_end: bool) {
        // The clock is read before the shelf: what the shelf does not have by then is later than the clock.
        let now = self.api.store.version();
        if self.shelf.version() <= self.seen {
            self.seen = self.seen.max(now);
        }
        let mut metadata = json!({ "resourceVersion": self.seen.to_string() });
        if initial_end {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let object = self.view.bookmark(metadata, self.columns);
        self.columns = false;
        self.say("BOOKMARK", object.to_string().as_bytes()).await;
    }

    async fn say(&mut self, word: &str, object: &[u8]) {
        let mut out = Vec::new();
        line(&mut out, word, object);
        self.put(out).await;
    }

    async fn expire(&mut self, oldest: u64) -> Result<(), End> {
        let mut bytes = Vec::new();
        object::write_json(&mut bytes, &expired(self.seen, oldest).status());
        self.say("ERROR", &bytes).await;
        Err(End::Expired)
    }
}

/// What a stretch of changes is to one view.
fn lines(view: &View, events: &[Arc<Event>], columns: &mut bool) -> Vec<u8> {
    let mut out = Vec::new();
    for event in events.iter().filter(|event| view.concerns(event)) {
        view.write(&mut out, event, columns);
    }
    out
}
