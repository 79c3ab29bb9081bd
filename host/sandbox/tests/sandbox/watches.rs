//! Watches: where they begin, what they say, when they end.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use windlass_sandbox::{Options, Sandbox, Window};

use crate::asking::{Asking, Watching, started};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn a_watch_begins_where_its_version_says() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let (_, first) = admin.make("a").await;
    let version = first["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    admin.make("b").await;
    let added = |name: &str| ("ADDED".to_owned(), name.to_owned());
    let mut unset = admin.watch(&format!("{MAPS}?watch=1")).await;
    assert_eq!((unset.told().await, unset.told().await), (added("a"), added("b")));
    let mut zero = admin.watch(&format!("{MAPS}?watch=1&resourceVersion=0")).await;
    assert_eq!(zero.told().await, added("a"));
    let mut after = admin.watch(&format!("{MAPS}?watch=1&resourceVersion={version}")).await;
    assert_eq!(after.told().await, added("b"));
    let path =
        format!("{MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    let mut streamed = admin.watch(&path).await;
    assert_eq!((streamed.told().await, streamed.told().await), (added("a"), added("b")));
    let bookmark = streamed.next().await.expect("a bookmark");
    assert_eq!(bookmark["type"], "BOOKMARK");
    assert_eq!(bookmark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

#[tokio::test]
async fn a_version_beyond_the_window_is_gone() {
    let window = Window { events: 2, bytes: 1 << 20 };
    let sandbox = Sandbox::start(Options { window, ..Options::default() }).await.expect("the sandbox starts");
    let admin = Asking::as_admin(&sandbox);
    let (_, first) = admin.make("a").await;
    let version = first["metadata"]["resourceVersion"].as_str().expect("a version").to_owned();
    for name in ["b", "c", "d"] {
        admin.make(name).await;
    }
    let mut watch = admin.watch(&format!("{MAPS}?watch=1&resourceVersion={version}")).await;
    let event = watch.next().await.expect("an event");
    assert_eq!((&event["type"], &event["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert!(watch.next().await.is_none(), "it ends with that");
    assert_eq!(admin.get(&format!("{MAPS}?resourceVersion={version}&resourceVersionMatch=Exact")).await.0, 410);
}

#[tokio::test]
async fn options_that_do_not_go_together_are_refused() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let refused =
        async |query: &str, code: u16| admin.refused("GET", &format!("{MAPS}?{query}"), Value::Null, code).await;
    assert!(
        refused("resourceVersion=0&resourceVersionMatch=Exact", 422)
            .await
            .contains("is forbidden for resourceVersion \"0\"")
    );
    assert!(refused("resourceVersionMatch=Exact", 422).await.contains("unless resourceVersion is provided"));
    assert!(refused("sendInitialEvents=true", 422).await.contains("sendInitialEvents is forbidden for list"));
    assert!(refused("watch=1&sendInitialEvents=true", 422).await.contains("requires setting resourceVersionMatch"));
    assert!(refused("resourceVersion=x", 400).await.contains("invalid resource version"));
}

/// The label that the race below gives to every second object.
const EVEN: &str = "labelSelector=parity%3Deven";

/// Makes an object and changes it once; both are labelled by the parity of their number.
async fn make_and_change(admin: &Asking<'_>, number: usize) {
    let parity = if number.is_multiple_of(2) { "even" } else { "odd" };
    let name = format!("raced-{number}");
    let body = json!({ "metadata": { "name": name, "labels": { "parity": parity } } });
    assert_eq!(admin.post(MAPS, body).await.0, 201);
    let (code, answer) = admin.ask("PATCH", &format!("{MAPS}/{name}"), json!({ "data": { "a": "b" } })).await;
    assert_eq!(code, 200, "{answer}");
}

/// Types, names and versions of so many events.
async fn heard(watch: &mut Watching, count: usize) -> Vec<(String, String, u64)> {
    let mut events = Vec::new();
    for _ in 0..count {
        let event = watch.next().await.expect("an event");
        let metadata = &event["object"]["metadata"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        events.push((
            text(&event["type"]),
            text(&metadata["name"]),
            text(&metadata["resourceVersion"]).parse().expect("a version"),
        ));
        // Others get ahead, so that watchers stand at different versions.
        if events.len() % 7 == 0 {
            tokio::task::yield_now().await;
        }
    }
    events
}

#[test]
fn every_watcher_hears_every_change_once_and_in_order_while_writers_race() {
    const OBJECTS: usize = 120;
    const WRITERS: usize = 4;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let sandbox = runtime.block_on(started());
    let paths = [format!("{MAPS}?watch=1"), "/api/v1/configmaps?watch=1".into(), format!("{MAPS}?watch=1&{EVEN}")];
    let paths = paths.iter().cycle().take(24);
    let watches: Vec<_> = paths.map(|path| runtime.block_on(Asking::as_admin(&sandbox).watch(path))).collect();
    let all: Vec<_> = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (admin, runtime) = (Asking::as_admin(&sandbox), &runtime);
            scope.spawn(move || {
                for number in (writer..OBJECTS).step_by(WRITERS) {
                    runtime.block_on(make_and_change(&admin, number));
                }
            });
        }
        let listening: Vec<_> = watches
            .into_iter()
            .enumerate()
            .map(|(at, mut watch)| {
                let (count, runtime) = (if at % 3 == 2 { OBJECTS } else { 2 * OBJECTS }, &runtime);
                scope.spawn(move || runtime.block_on(heard(&mut watch, count)))
            })
            .collect();
        listening.into_iter().map(|thread| thread.join().expect("it listened")).collect()
    });
    for (at, events) in all.iter().enumerate() {
        assert!(events.is_sorted_by_key(|(_, _, version)| *version), "in order");
        let told: BTreeSet<_> = events.iter().map(|(kind, name, _)| (kind, name)).collect();
        assert_eq!(told.len(), events.len(), "each change once");
        assert_eq!(*events, all[at % 3], "equal watchers hear equal events");
    }
}

#[tokio::test]
async fn an_object_comes_into_view_and_leaves_it_with_its_labels() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let mut watch = admin.watch(&format!("{MAPS}?watch=1&{EVEN}")).await;
    let label = async |parity: &str| {
        let patch = json!({ "metadata": { "labels": { "parity": parity } } });
        assert_eq!(admin.ask("PATCH", &format!("{MAPS}/a"), patch).await.0, 200);
    };
    admin.make("a").await;
    for parity in ["odd", "even", "odd", "even"] {
        label(parity).await;
    }
    assert_eq!(admin.ask("DELETE", &format!("{MAPS}/a"), Value::Null).await.0, 200);
    for kind in ["ADDED", "DELETED", "ADDED", "DELETED"] {
        assert_eq!(watch.told().await, (kind.to_owned(), "a".to_owned()));
    }
}

#[tokio::test]
async fn a_thousand_watchers_hear_the_same() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let mut watches = Vec::new();
    for _ in 0..1000 {
        watches.push(admin.watch(&format!("{MAPS}?watch=1")).await);
    }
    admin.make("a").await;
    for watch in &mut watches {
        assert_eq!(watch.told().await, ("ADDED".into(), "a".into()));
    }
}
