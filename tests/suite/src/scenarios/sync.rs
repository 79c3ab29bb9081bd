//! Scenarios about commits: applied, pruned, kept, asked for.

use serde_json::{Value, json};

use super::Story;
use crate::{Site, cluster::application_path, manifests::config_map};

pub async fn a_commit_is_applied_and_the_next_one_too(site: &Site) {
    let story = Story::new(site, "roses").await;
    let first = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(|_| {}).await;
    story.until_settled_at(&first).await;
    let second = story.commit(&[("value.yaml", &config_map("value", "2"))]);
    story.refresh().await;
    let settled = story.until_settled_at(&second).await;
    let live = story.cluster.get(&story.path("configmaps", "value")).await.expect("it was applied");
    assert_eq!(live["data"]["value"], "2");
    let revisions: Vec<&Value> =
        settled["status"]["history"].as_array().expect("a list").iter().map(|entry| &entry["revision"]).collect();
    assert_eq!(revisions, [&first, &second]);
    story.end().await;
}

pub async fn what_git_no_longer_has_is_pruned(site: &Site) {
    let story = Story::new(site, "tulips").await;
    let first = story.commit(&[("keep.yaml", &config_map("keep", "1")), ("drop.yaml", &config_map("drop", "1"))]);
    story.begin(|_| {}).await;
    story.until_settled_at(&first).await;
    story.repository.git(&["rm", "--quiet", "app/drop.yaml"]);
    let second = story.commit(&[]);
    story.refresh().await;
    story.until_settled_at(&second).await;
    story.cluster.until_gone(&story.path("configmaps", "drop")).await;
    assert!(story.cluster.has(&story.path("configmaps", "keep")).await);
    story.end().await;
}

pub async fn drift_is_healed(site: &Site) {
    let story = Story::new(site, "asters").await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(|_| {}).await;
    story.until_settled_at(&commit).await;
    let path = story.path("configmaps", "value");
    story.cluster.merge(&path, &json!({"data": {"value": "drifted"}})).await;
    story.cluster.until(&path, |object| object["data"]["value"] == "1").await;
    story.until_settled_at(&commit).await;
    story.end().await;
}

pub async fn an_operation_syncs_an_application_that_does_not_sync_itself(site: &Site) {
    let story = Story::new(site, "ferns").await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story
        .begin(|application| application["spec"]["syncPolicy"] = json!({"syncOptions": ["CreateNamespace=true"]}))
        .await;
    let path = application_path(story.name);
    story.cluster.until(&path, |object| object["status"]["sync"]["status"] == "OutOfSync").await;
    assert!(!story.cluster.has(&story.path("configmaps", "value")).await, "synced without being asked");
    story.cluster.merge(&path, &json!({"operation": {"sync": {}, "initiatedBy": {"username": "gardener"}}})).await;
    let settled = story.until_settled_at(&commit).await;
    assert_eq!(settled.get("operation"), None);
    assert_eq!(settled["status"]["operationState"]["operation"]["initiatedBy"]["username"], "gardener");
    story.end().await;
}

pub async fn a_custom_resource_comes_with_its_definition(site: &Site) {
    let story = Story::new(site, "daisies").await;
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "petals.daisies.example.com"},
        "spec": {
            "group": "daisies.example.com", "scope": "Namespaced", "names": {"plural": "petals", "kind": "Petal"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    });
    let petal = json!({"apiVersion": "daisies.example.com/v1", "kind": "Petal", "metadata": {"name": "p"}});
    let commit = story.commit(&[("crd.yaml", &definition.to_string()), ("petal.yaml", &petal.to_string())]);
    story.begin(|_| {}).await;
    story.until_settled_at(&commit).await;
    assert!(story.cluster.has("/apis/daisies.example.com/v1/namespaces/daisies/petals/p").await);
    story.cluster.delete("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/petals.daisies.example.com").await;
    story.end().await;
}

pub async fn a_kind_nobody_knows_stops_the_sync_before_anything_is_changed(site: &Site) {
    let story = Story::new(site, "orchids").await;
    let unknown = json!({"apiVersion": "nobody.example.com/v1", "kind": "Nothing", "metadata": {"name": "n"}});
    story.commit(&[("a.yaml", &config_map("a", "1")), ("unknown.yaml", &unknown.to_string())]);
    story.cluster.create("/api/v1/namespaces", &json!({"metadata": {"name": story.name}})).await;
    story.begin(|application| application["spec"]["syncPolicy"]["retry"] = json!({"limit": 0})).await;
    story.cluster.until_told(story.name, &["one or more synchronization tasks are not valid", "Nothing"]).await;
    assert!(!story.cluster.has(&story.path("configmaps", "a")).await);
    story.end().await;
}
