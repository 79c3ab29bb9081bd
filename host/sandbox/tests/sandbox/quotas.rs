//! Quotas under many writers: the sum of what they make stays within the bound, and what goes makes room.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::asking::{Asking, Watching, started};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const QUOTAS: &str = "/api/v1/namespaces/default/resourcequotas";

/// Waits until a quota says that so many are used.
async fn until_used(quotas: &mut Watching, wanted: &str) {
    while let Some(event) = quotas.next().await {
        if event["object"]["status"]["used"]["configmaps"] == wanted {
            return;
        }
    }
    panic!("the watch ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_is_made_than_a_quota_allows_however_many_ask_at_once() {
    let sandbox = Arc::new(started().await);
    let admin = Asking::as_admin(&sandbox);
    let mut quotas = admin.watch(&format!("{QUOTAS}?watch=true")).await;
    let quota = json!({ "metadata": { "name": "few" }, "spec": { "hard": { "configmaps": "5" } } });
    assert_eq!(admin.post(QUOTAS, quota).await.0, 201);
    until_used(&mut quotas, "0").await;
    let makers: Vec<_> = (0..20)
        .map(|number| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move { Asking::as_admin(&sandbox).make(&format!("map-{number}")).await.0 })
        })
        .collect();
    let mut codes = Vec::new();
    for maker in makers {
        codes.push(maker.await.expect("no panic"));
    }
    assert_eq!(codes.iter().filter(|code| **code == 201).count(), 5, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 201 | 403)), "{codes:?}");
    until_used(&mut quotas, "5").await;

    let (_, made) = admin.get(MAPS).await;
    let name = made["items"][0]["metadata"]["name"].as_str().expect("a name");
    assert_eq!(admin.ask("DELETE", &format!("{MAPS}/{name}"), Value::Null).await.0, 200);
    until_used(&mut quotas, "4").await;
    assert_eq!(admin.make("after").await.0, 201);
    let refused = admin.refused("POST", MAPS, json!({ "metadata": { "name": "late" } }), 403).await;
    let told = "exceeded quota: few, requested: configmaps=1, used: configmaps=5, limited: configmaps=5";
    assert!(refused.ends_with(told), "{refused}");
}
