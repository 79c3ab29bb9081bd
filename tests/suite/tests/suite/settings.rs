//! Settings take effect when they are changed.

use serde_json::json;
use windlass_tests_suite::manifests;
use windlass_tests_support::Home;

use crate::system::{REPOSITORY, System};

const CONFIG_MAPS: &str = "/api/v1/namespaces/argocd/configmaps";

#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_takes_effect_at_once_and_is_taken_back_at_once() {
    let home = Home::new();
    home.write("things/roses/value.yaml", manifests::config_map("value", "1"));
    home.write("things/roses/web.yaml", manifests::deployment("web"));
    let mut app = manifests::application("roses", REPOSITORY, "roses");
    app["spec"]["syncPolicy"]["automated"]["prune"] = json!(true);
    let system = System::start(&home, &[app]).await;
    let web = "/apis/apps/v1/namespaces/roses/deployments/web";
    system.cluster.until(web, |_| true).await;

    let settings = |text: &str| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"},
            "data": {"resource.exclusions": text},
        })
    };
    system.cluster.create(CONFIG_MAPS, &settings("- apiGroups: [apps]\n  kinds: [Deployment]\n")).await;
    system.cluster.until_told("roses", &["is excluded in the settings"]).await;
    system.cluster.delete(web).await;
    system.cluster.merge(&format!("{CONFIG_MAPS}/argocd-cm"), &settings("[]")).await;
    system.cluster.until(web, |_| true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_the_names_and_labels_that_alerts_use() {
    let home = Home::new();
    home.write("things/roses/value.yaml", manifests::config_map("value", "1"));
    let system = System::start(&home, &[manifests::application("roses", REPOSITORY, "roses")]).await;
    system.cluster.until_settled("roses").await;
    let text = system.controller.metrics();
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    let health = line("argocd_app_health_status{");
    assert!(health.contains("name=\"roses\"") && health.contains("health_status=\"Healthy\""), "{text}");
    let sync = line("argocd_app_sync_total{");
    assert!(sync.contains("phase=\"Succeeded\"") && sync.ends_with(" 1"), "{text}");
    let info = line("argocd_app_info{");
    assert!(info.contains("sync_status=\"Synced\"") && info.contains("dest_server=\"https://kubernetes.default.svc\""));
    assert!(line("argocd_app_reconcile_count{").contains("namespace=\"argocd\""), "{text}");
}
