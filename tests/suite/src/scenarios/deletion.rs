//! Scenarios about the end of an application.

use serde_json::json;

use super::{Story, annotated, load_balancer, owned};
use crate::{Site, cluster::application_path, manifests::config_map};

pub async fn with_the_finalizer_everything_goes_and_then_the_application(site: &Site) {
    let story = Story::new(site, "poppies").await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(owned).await;
    story.until_settled_at(&commit).await;
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(!story.cluster.has(&story.path("configmaps", "value")).await, "the application went before what it made");
    story.end().await;
}

pub async fn without_finalizer_the_objects_stay(site: &Site) {
    let story = Story::new(site, "mosses").await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(|_| {}).await;
    story.until_settled_at(&commit).await;
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(story.cluster.has(&story.path("configmaps", "value")).await);
    story.end().await;
}

pub async fn other_waves_wait_at_the_deletion(site: &Site) {
    let story = Story::new(site, "dahlias").await;
    let late = json!({"argocd.argoproj.io/sync-wave": "1"});
    let commit = story.commit(&[("a.yaml", &config_map("early", "1")), ("b.yaml", &annotated("late", &late))]);
    story.begin(owned).await;
    story.until_settled_at(&commit).await;
    let held = story.path("configmaps", "late");
    story.cluster.merge(&held, &json!({"metadata": {"finalizers": ["example.com/hold"]}})).await;
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until(&held, |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
    assert!(story.cluster.has(&story.path("configmaps", "early")).await, "the first wave went before the second");
    story.cluster.merge(&held, &json!({"metadata": {"finalizers": null}})).await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(!story.cluster.has(&story.path("configmaps", "early")).await);
    story.end().await;
}

pub async fn hooks_of_the_deletion_run_before_and_after_it(site: &Site) {
    let story = Story::new(site, "violets").await;
    let before = json!({"argocd.argoproj.io/hook": "PreDelete"});
    let after = json!({"argocd.argoproj.io/hook": "PostDelete"});
    let commit = story.commit(&[
        ("value.yaml", &config_map("value", "1")),
        ("before.yaml", &load_balancer("before", &before)),
        ("after.yaml", &annotated("after", &after)),
    ]);
    story.begin(owned).await;
    let settled = story.until_settled_at(&commit).await;
    let finalizers = settled["metadata"]["finalizers"].as_array().expect("a list");
    for hook in ["pre-delete-finalizer", "post-delete-finalizer"] {
        assert!(finalizers.contains(&json!(format!("{hook}.argocd.argoproj.io"))), "{finalizers:?}");
    }
    assert!(!story.cluster.has(&story.path("services", "before")).await, "run without a deletion");
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until(&story.path("services", "before"), |_| true).await;
    assert!(story.cluster.has(&story.path("configmaps", "value")).await, "deleted before the hook was done");
    story.balance("before").await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(!story.cluster.has(&story.path("configmaps", "value")).await);
    assert!(story.cluster.has(&story.path("configmaps", "after")).await, "the hook after the deletion has not run");
    story.end().await;
}
