//! Writers that meet at one object.

use std::sync::Arc;

use serde_json::json;
use windlass_sandbox::Sandbox;

use crate::asking::{Asking, started};

const SHARED: &str = "/api/v1/namespaces/default/configmaps/shared";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn applies_that_meet_are_all_carried_out() {
    let sandbox = Arc::new(started().await);
    assert_eq!(Asking::as_admin(&sandbox).make("shared").await.0, 201);
    assert_eq!(codes_of_fifty_applies(&sandbox).await, [200; 50]);
    assert_eq!(keys_of_shared(&sandbox).await, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_applies_that_meet_where_nothing_is_one_creates_and_the_rest_change() {
    let sandbox = Arc::new(started().await);
    let codes = codes_of_fifty_applies(&sandbox).await;
    assert_eq!(codes.iter().filter(|code| **code == 201).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 49, "{codes:?}");
    assert_eq!(keys_of_shared(&sandbox).await, 50);
}

/// Fifty managers at once, each with a key of its own.
async fn codes_of_fifty_applies(sandbox: &Arc<Sandbox>) -> Vec<u16> {
    let apply = |writer: usize| {
        let (sandbox, path) = (sandbox.clone(), format!("{SHARED}?fieldManager=writer-{writer}"));
        let data = json!({ format!("key-{writer}"): "value" });
        let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "shared" }, "data": data });
        tokio::spawn(async move {
            Asking::as_admin(&sandbox).code("PATCH", &path, "application/apply-patch+yaml", map.to_string()).await
        })
    };
    let writers: Vec<_> = (0..50).map(apply).collect();
    let mut codes = Vec::new();
    for writer in writers {
        codes.push(writer.await.expect("it ends"));
    }
    codes
}

async fn keys_of_shared(sandbox: &Arc<Sandbox>) -> usize {
    let (_, shared) = Asking::as_admin(sandbox).get(SHARED).await;
    shared["data"].as_object().map_or(0, serde_json::Map::len)
}

#[tokio::test]
async fn a_version_that_a_patch_names_has_to_be_that_of_the_object() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let (_, made) = admin.make("shared").await;
    let named = json!({ "metadata": { "resourceVersion": made["metadata"]["resourceVersion"] }, "data": { "a": "1" } });
    assert_eq!(admin.ask("PATCH", SHARED, named.clone()).await.0, 200);
    assert_eq!(admin.ask("PATCH", SHARED, named).await.0, 409);
}
