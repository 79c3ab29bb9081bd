//! What projects permit: namespaces of applications, clusters of their own, rules that they inherit.

use serde_json::json;
use windlass_tests_suite::{cluster::is_settled, manifests};
use windlass_tests_support::Home;

use crate::system::{REPOSITORY, System};

const CONFIG_MAPS: &str = "/api/v1/namespaces/argocd/configmaps";
const PROJECTS: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects";

fn home() -> Home {
    let home = Home::new();
    home.write("things/roses/value.yaml", manifests::config_map("value", "1"));
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_in_another_namespace_needs_the_setting_and_the_project_s_word() {
    let home = home();
    let mut app = manifests::application("roses", REPOSITORY, "roses");
    app["metadata"]["namespace"] = json!("team-red");
    let system = System::start(&home, &[]).await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-red"}});
    system.cluster.create("/api/v1/namespaces", &namespace).await;
    let path = "/apis/argoproj.io/v1alpha1/namespaces/team-red/applications";
    system.cluster.create(path, &app).await;
    let params = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cmd-params-cm"},
        "data": {"application.namespaces": "team-*"},
    });
    system.cluster.create(CONFIG_MAPS, &params).await;
    let refused = "is not permitted to use project 'default'";
    let one = format!("{path}/roses");
    system.cluster.until(&one, |app| app["status"]["conditions"].to_string().contains(refused)).await;

    let permission = json!({"spec": {"sourceNamespaces": ["team-red"]}});
    system.cluster.merge(&format!("{PROJECTS}/default"), &permission).await;
    system.cluster.until(&one, is_settled).await;
    let value = system.cluster.get("/api/v1/namespaces/roses/configmaps/value").await.unwrap();
    let mark = value["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"].as_str().unwrap();
    assert!(mark.starts_with("team-red_roses:"), "{mark}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_inherits_what_a_global_project_forbids() {
    let home = home();
    let system = System::start(&home, &[manifests::application("roses", REPOSITORY, "roses")]).await;
    system.cluster.until_settled("roses").await;
    let global = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "everybody"},
        "spec": {"destinations": [{"server": "*", "namespace": "!roses"}]},
    });
    system.cluster.create(PROJECTS, &global).await;
    let label = json!({"metadata": {"labels": {"strict": "true"}}});
    system.cluster.merge(&format!("{PROJECTS}/default"), &label).await;
    let settings = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"},
        "data": {"globalProjects": "- projectName: everybody\n  labelSelector:\n    matchLabels: {strict: \"true\"}\n"},
    });
    system.cluster.create(CONFIG_MAPS, &settings).await;
    system.cluster.until_told("roses", &["do not match any of the allowed destinations"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_can_keep_to_its_own_clusters() {
    let home = home();
    let system = System::start(&home, &[manifests::application("roses", REPOSITORY, "roses")]).await;
    system.cluster.until_settled("roses").await;
    let closed = json!({"spec": {"permitOnlyProjectScopedClusters": true}});
    system.cluster.merge(&format!("{PROJECTS}/default"), &closed).await;
    system.cluster.until_told("roses", &["do not match any of the allowed destinations"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_impersonation_a_sync_needs_an_account() {
    let home = home();
    let system = System::start(&home, &[]).await;
    let settings = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"},
        "data": {"application.sync.impersonation.enabled": "true"},
    });
    system.cluster.create(CONFIG_MAPS, &settings).await;
    let applications = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
    system.cluster.create(applications, &manifests::application("roses", REPOSITORY, "roses")).await;
    system.cluster.until_told("roses", &["failed to find a matching service account to impersonate"]).await;
}
