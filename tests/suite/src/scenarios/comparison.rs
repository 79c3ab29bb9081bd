//! Scenarios about what counts as a difference, and what is told besides.

use serde_json::{Value, json};

use super::Story;
use crate::{Site, cluster::application_path, manifests::config_map};

pub async fn what_jq_names_is_not_compared(site: &Site) {
    let story = Story::new(site, "lupins").await;
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map"},
        "data": {"ours": "1", "theirs-a": "1", "theirs-b": "1"},
    });
    let commit = story.commit(&[("map.yaml", &map.to_string())]);
    let expression = r#".data[.data | keys[] | select(startswith("theirs"))]"#;
    story
        .begin(|application| {
            application["spec"]["syncPolicy"]["automated"]["selfHeal"] = json!(false);
            application["spec"]["ignoreDifferences"] =
                json!([{"kind": "ConfigMap", "jqPathExpressions": [expression, "nonsense("]}]);
        })
        .await;
    story.until_settled_at(&commit).await;
    let path = story.path("configmaps", "map");
    story.cluster.merge(&path, &json!({"data": {"theirs-a": "2", "theirs-b": "3"}})).await;
    story.refresh().await;
    story.until_refreshed().await;
    story.until_settled_at(&commit).await;
    story.cluster.merge(&path, &json!({"data": {"ours": "2"}})).await;
    let drifted = |object: &Value| object["status"]["sync"]["status"] == "OutOfSync";
    story.cluster.until(&application_path(story.name), drifted).await;
    story.end().await;
}

pub async fn objects_of_nobody_are_told_where_the_project_wants_it(site: &Site) {
    let story = Story::new(site, "clovers").await;
    let project = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "clovers", "namespace": "argocd"},
        "spec": {
            "sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
            "orphanedResources": {"ignore": [{"group": "", "kind": "ConfigMap", "name": "known-*"}]},
        },
    });
    let projects = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects";
    story.cluster.put(projects, &project).await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(|application| application["spec"]["project"] = json!("clovers")).await;
    let settled = story.until_settled_at(&commit).await;
    assert_eq!(settled["status"].get("conditions"), None);
    for name in ["known-stray", "stray"] {
        let stray = json!({"metadata": {"name": name}, "data": {"value": "1"}});
        story.cluster.create(&format!("/api/v1/namespaces/{}/configmaps", story.name), &stray).await;
    }
    // Nobody has asked for a refresh: the object itself wakes the application.
    story.cluster.until_told(story.name, &["OrphanedResourceWarning", "has 1 orphaned"]).await;
    story.cluster.delete(&story.path("configmaps", "stray")).await;
    let is_content = |object: &Value| object["status"].get("conditions").is_none();
    story.cluster.until(&application_path(story.name), is_content).await;
    story.cluster.delete(&format!("{projects}/clovers")).await;
    story.end().await;
}
