//! Scenarios about what waits for what in a sync.

use serde_json::{Value, json};

use super::{Story, annotated, load_balancer};
use crate::{Site, cluster::application_path, manifests::config_map};

pub async fn a_presync_hook_comes_before_everything_else(site: &Site) {
    let story = Story::new(site, "lilies").await;
    let hook = json!({
        "argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "HookSucceeded",
    });
    let commit = story.commit(&[("hook.yaml", &load_balancer("door", &hook)), ("a.yaml", &config_map("a", "1"))]);
    story.begin(|_| {}).await;
    story.until_doing("waiting for completion of hook").await;
    assert!(!story.cluster.has(&story.path("configmaps", "a")).await, "applied before the hook was done");
    story.balance("door").await;
    story.until_settled_at(&commit).await;
    assert!(story.cluster.has(&story.path("configmaps", "a")).await);
    story.cluster.until_gone(&story.path("services", "door")).await;
    story.end().await;
}

pub async fn a_wave_waits_for_the_health_of_the_one_before(site: &Site) {
    let story = Story::new(site, "irises").await;
    let second = json!({"argocd.argoproj.io/sync-wave": "1"});
    let commit =
        story.commit(&[("first.yaml", &load_balancer("first", &json!({}))), ("b.yaml", &annotated("b", &second))]);
    story.begin(|_| {}).await;
    story.until_doing("waiting for healthy state of").await;
    assert!(!story.cluster.has(&story.path("configmaps", "b")).await, "applied before the wave was healthy");
    story.balance("first").await;
    story.until_settled_at(&commit).await;
    assert!(story.cluster.has(&story.path("configmaps", "b")).await);
    story.end().await;
}

pub async fn what_the_server_refuses_fails_the_sync_and_runs_the_fail_hook(site: &Site) {
    let story = Story::new(site, "thistles").await;
    let refused = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bad"}, "spec": {"ports": []}});
    let handler = annotated("told", &json!({"argocd.argoproj.io/hook": "SyncFail"}));
    story.commit(&[("bad.yaml", &refused.to_string()), ("told.yaml", &handler)]);
    story.begin(|application| application["spec"]["syncPolicy"]["retry"] = json!({"limit": 0})).await;
    story.cluster.until_told(story.name, &["spec.ports"]).await;
    let failed = |object: &Value| object["status"]["operationState"]["phase"] == "Failed";
    story.cluster.until(&application_path(story.name), failed).await;
    assert!(story.cluster.has(&story.path("configmaps", "told")).await);
    story.end().await;
}
