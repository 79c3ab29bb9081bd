//! Faults on purpose, as a controller under test meets them.

use serde_json::Value;
use windlass_sandbox::{Options, Sandbox};

use crate::asking::Asking;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const FROM_NOW: &str =
    "/api/v1/namespaces/default/configmaps?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan";

async fn faulty(spec: &str) -> Sandbox {
    let faults = Some(spec.parse().expect("a specification"));
    Sandbox::start(Options { faults, ..Options::default() }).await.expect("the sandbox starts")
}

#[tokio::test]
async fn requests_are_refused_by_rule() {
    for (kind, code) in [("conflict", 409), ("expired", 410), ("throttle", 429), ("error", 500), ("unavailable", 503)] {
        let sandbox = faulty(&format!("{kind}=1,verb=get,resource=configmaps")).await;
        let admin = Asking::as_admin(&sandbox);
        assert_eq!(admin.make("a").await.0, 201, "{kind} is for gets alone");
        let (found, answer) = admin.get(&format!("{MAPS}/a")).await;
        assert_eq!(found, code, "{answer}");
        assert_eq!(answer["details"]["retryAfterSeconds"] == 1, kind == "throttle");
    }
}

#[tokio::test]
async fn a_dropped_watch_ends_after_so_many_events() {
    let sandbox = faulty("drop:2=1,resource=configmaps").await;
    let admin = Asking::as_admin(&sandbox);
    let mut watch = admin.watch(FROM_NOW).await;
    for name in ["a", "b", "c"] {
        admin.make(name).await;
    }
    assert_eq!((watch.told().await.1, watch.told().await.1), ("a".into(), "b".into()));
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn events_come_twice_or_after_their_successors() {
    let names = async |spec: &str, count: usize| {
        let sandbox = faulty(spec).await;
        let admin = Asking::as_admin(&sandbox);
        let mut watch = admin.watch(FROM_NOW).await;
        admin.make("a").await;
        admin.make("b").await;
        let mut names = String::new();
        for _ in 0..count {
            names += &watch.told().await.1;
        }
        names
    };
    assert_eq!(names("duplicate=1", 4).await, "aabb");
    assert_eq!(names("reorder=1", 2).await, "ba");
}

#[tokio::test]
async fn a_silent_watch_says_what_was_there_and_nothing_more() {
    let sandbox = faulty("silent=1").await;
    let admin = Asking::as_admin(&sandbox);
    admin.make("a").await;
    let mut watch = admin.watch(&format!("{MAPS}?watch=1&timeoutSeconds=1")).await;
    assert_eq!(watch.told().await.1, "a");
    admin.make("b").await;
    assert_eq!(watch.next().await, None::<Value>, "it ends at its time, in silence");
}
