//! What happened to a namespace's objects, version by version, as a watch tells it.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex},
};

use futures::{AsyncBufReadExt as _, StreamExt as _};
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinSet};
use windlass_tests_support::eventually;

/// One state that an object has had, or its end.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub what: String,
    pub object: Value,
}

impl Entry {
    pub fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    pub fn uid(&self) -> &str {
        self.object["metadata"]["uid"].as_str().unwrap_or_default()
    }

    pub fn version(&self) -> u64 {
        version(&self.object)
    }

    /// Whether this is something being written, rather than on its way out.
    pub fn is_written(&self) -> bool {
        self.what != "DELETED" && self.object["metadata"]["deletionTimestamp"].is_null()
    }
}

pub fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

type Entries = Arc<Mutex<BTreeMap<u64, Entry>>>;

/// A watch over each of some collections; ends when dropped.
pub struct Journal {
    entries: Entries,
    _watches: JoinSet<()>,
}

impl Journal {
    /// From what is there now on, in collections such as `/api/v1/namespaces/shop/secrets`.
    pub async fn of(client: &kube::Client, collections: &[impl AsRef<str>]) -> Self {
        let entries = Entries::default();
        let mut watches = JoinSet::new();
        for collection in collections {
            let (begun, begins) = oneshot::channel();
            let uri = format!("{}?watch=1", collection.as_ref());
            watches.spawn(keep(client.clone(), uri, entries.clone(), begun));
            begins.await.expect("a watch that begins");
        }
        Self { entries, _watches: watches }
    }

    /// Everything so far, in the order in which it happened.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().expect("no watch panics").values().cloned().collect()
    }

    /// Waits until the journal has come to this version of an object.
    pub async fn until(&self, object: &Value) {
        let version = version(object);
        let has_come = || async { self.entries.lock().expect("no watch panics").contains_key(&version).then_some(()) };
        eventually("the journal to come to a version", has_come).await;
    }
}

async fn keep(client: kube::Client, uri: String, entries: Entries, begun: oneshot::Sender<()>) {
    let request = http::Request::get(uri).body(Vec::new()).expect("a path is a URI");
    let mut lines = pin!(client.request_stream(request).await.expect("a watch").lines());
    begun.send(()).expect("somebody waits");
    while let Some(Ok(line)) = lines.next().await {
        let mut event: Value = serde_json::from_str(&line).expect("an event");
        let what = event["type"].as_str().unwrap_or_default().to_owned();
        let entry = Entry { what, object: event["object"].take() };
        entries.lock().expect("no watch panics").insert(entry.version(), entry);
    }
}
