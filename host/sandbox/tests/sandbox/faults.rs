//! Faults on purpose, as a controller under test meets them.

use serde_json::Value;
use windlass_sandbox::{FaultLayer, Options, Sandbox};

use crate::asking::{Asking, started};

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

#[tokio::test]
async fn a_timeout_carries_out_what_it_does_not_tell_and_stop_does_not() {
    let sandbox = faulty("timeout=1,verb=create,resource=configmaps").await;
    let admin = Asking::as_admin(&sandbox);
    assert_eq!(admin.make("a").await.0, 504);
    assert_eq!(admin.get(&format!("{MAPS}/a")).await.0, 200, "nobody was told, and it is there");

    sandbox.set_faults(Some("stop:1=1,verb=write".parse().expect("a specification")));
    assert_eq!(admin.make("b").await.0, 201);
    let (stopped, ()) = tokio::join!(admin.make("c"), async {
        tokio::task::yield_now().await;
        sandbox.set_faults(None);
    });
    assert_eq!(stopped.0, 504);
    assert_eq!(admin.get(&format!("{MAPS}/c")).await.0, 404);
}

#[tokio::test]
async fn what_a_client_does_not_hear_from_a_mute_server_is_done_all_the_same() {
    let sandbox = faulty("mute:0=1,verb=create,resource=configmaps").await;
    let admin = Asking::as_admin(&sandbox);
    let (unheard, ()) = tokio::join!(admin.make("a"), async {
        while admin.get(&format!("{MAPS}/a")).await.0 != 200 {
            tokio::task::yield_now().await;
        }
        sandbox.set_faults(None);
    });
    assert_eq!(unheard.0, 504);
}

#[tokio::test]
async fn discovery_fails_by_rule_and_the_end_of_faults_ends_their_watches() {
    let sandbox = faulty("unavailable=1,resource=discovery;silent=1").await;
    let admin = Asking::as_admin(&sandbox);
    assert_eq!(admin.get("/apis").await.0, 503);
    let mut watch = admin.watch(FROM_NOW).await;
    sandbox.set_faults(None);
    assert_eq!(watch.next().await, None::<Value>);
    assert_eq!(admin.get("/apis").await.0, 200);
}

#[tokio::test]
async fn a_layer_in_front_of_another_server_goes_by_the_same_rules() {
    let sandbox = started().await;
    let front = FaultLayer::new("gardener");
    let rules = |spec: &str| front.set_faults(Some(spec.parse().expect("a specification")));
    let (admin, gardener) = (Asking::as_admin(&sandbox), Asking::as_admin(&sandbox).behind(&front));
    rules("throttle=1,verb=get,resource=configmaps,agent=gardener");
    let (code, answer) = gardener.get(&format!("{MAPS}/a")).await;
    assert_eq!((code, &answer["details"]["retryAfterSeconds"]), (429, &1.into()));

    rules("timeout=1,verb=create");
    assert_eq!(gardener.make("a").await.0, 504);
    assert_eq!(admin.get(&format!("{MAPS}/a")).await.0, 200, "nobody was told, and it is there");

    for (spec, names, told) in
        [("drop:1=1", ["b", "c"], "b"), ("duplicate=1", ["d", "e"], "ddee"), ("reorder=1", ["f", "g"], "gf")]
    {
        rules(spec);
        let mut watch = gardener.watch(FROM_NOW).await;
        for name in names {
            admin.make(name).await;
        }
        let mut heard = String::new();
        while heard.len() < told.len() {
            heard += &watch.told().await.1;
        }
        assert_eq!(heard, told, "{spec}");
    }

    rules("silent=1");
    let mut watch = gardener.watch(FROM_NOW).await;
    admin.make("h").await;
    front.set_faults(None);
    assert_eq!(watch.next().await, None::<Value>, "it ends with its faults");
    assert_eq!(gardener.get(&format!("{MAPS}/h")).await.0, 200);
}
