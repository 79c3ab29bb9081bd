//! Watches: where they begin, what they say, when they end.

use serde_json::{Value, json};
use windlass_sandbox::{Options, Sandbox, Window};

use crate::asking::{Asking, started};

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
