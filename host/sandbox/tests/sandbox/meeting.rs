//! Writers that meet at one object.

use std::sync::Arc;

use serde_json::json;

use crate::asking::{Asking, started};

const SHARED: &str = "/api/v1/namespaces/default/configmaps/shared";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn applies_that_meet_are_all_carried_out() {
    let sandbox = Arc::new(started().await);
    assert_eq!(Asking::as_admin(&sandbox).make("shared").await.0, 201);
    let apply = |writer: usize| {
        let (sandbox, path) = (sandbox.clone(), format!("{SHARED}?fieldManager=writer-{writer}"));
        let data = json!({ format!("key-{writer}"): "value" });
        let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": data });
        tokio::spawn(async move {
            Asking::as_admin(&sandbox).code("PATCH", &path, "application/apply-patch+yaml", map.to_string()).await
        })
    };
    let writers: Vec<_> = (0..50).map(apply).collect();
    for writer in writers {
        assert_eq!(writer.await.expect("it ends"), 200);
    }
    let (_, shared) = Asking::as_admin(&sandbox).get(SHARED).await;
    assert_eq!(shared["data"].as_object().map(serde_json::Map::len), Some(50));
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
