//! Notices when something in a folder was written.

use std::{
    path::{Component, Path},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::Error;

/// Editors write one file in several steps; a pause this long ends them.
const PAUSE: Duration = Duration::from_millis(50);
/// A folder that never comes to rest is reported this often.
const LONGEST_BURST: Duration = Duration::from_millis(500);

/// Watches a folder and everything below it until dropped.
pub struct Watch {
    changes: Receiver<()>,
    // Dropping it ends the watch.
    _watcher: RecommendedWatcher,
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something was written, and then nothing for a moment.
    Written,
    /// Nothing was written in the time given.
    Nothing,
    /// The watch has ended.
    Closed,
}

/// Starts to watch. Changes inside `.git` count only where they move the head or the index.
pub fn watch(folder: &Path) -> Result<Watch, Error> {
    let failed = |error: notify::Error| Error::Folder { path: folder.display().to_string(), reason: error.to_string() };
    let (sender, changes) = mpsc::channel();
    let report = move |event: notify::Result<Event>| {
        // An error can mean lost events, so it counts as a change.
        if event.map_or(true, |event| is_relevant(&event)) {
            // Fails once nobody waits any more, which is no loss.
            sender.send(()).ok();
        }
    };
    let mut watcher = notify::recommended_watcher(report).map_err(failed)?;
    watcher.watch(folder, RecursiveMode::Recursive).map_err(failed)?;
    Ok(Watch { changes, _watcher: watcher })
}

impl Watch {
    /// Blocks until something has changed and come to rest, at most for `timeout`.
    pub fn wait(&self, timeout: Duration) -> Change {
        match self.changes.recv_timeout(timeout) {
            Err(RecvTimeoutError::Timeout) => return Change::Nothing,
            Err(RecvTimeoutError::Disconnected) => return Change::Closed,
            Ok(()) => {}
        }
        let burst_began = Instant::now();
        while burst_began.elapsed() < LONGEST_BURST && self.changes.recv_timeout(PAUSE).is_ok() {}
        Change::Written
    }
}

fn is_relevant(event: &Event) -> bool {
    let is_write = !matches!(event.kind, EventKind::Access(_));
    is_write && (event.paths.is_empty() || event.paths.iter().any(|path| !is_git_internal(path)))
}

fn is_git_internal(path: &Path) -> bool {
    let mut parts = path.components().skip_while(|part| *part != Component::Normal(".git".as_ref()));
    parts.next().is_some() && !matches!(path.file_name().and_then(|name| name.to_str()), Some("HEAD" | "index"))
}
