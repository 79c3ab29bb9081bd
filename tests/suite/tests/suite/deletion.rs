//! What goes with the children of a deleted application, and what stays.

use serde_json::json;
use windlass_tests_suite::{Up, cluster::application_path, manifests};
use windlass_tests_support::Home;

const REPOSITORY: &str = "https://git.example.com/team/things";

fn value_of(application: &str) -> String {
    format!("/api/v1/namespaces/{application}/configmaps/value")
}

#[tokio::test]
async fn a_parent_s_child_without_finalizer_leaves_its_workloads() {
    let home = Home::new();
    let mut parent = manifests::owning_application("parent", REPOSITORY, "children");
    parent["spec"]["destination"]["namespace"] = json!("argocd");
    home.write("things/parent.yaml", parent.to_string());
    let children = [
        manifests::application("loose", REPOSITORY, "loose"),
        manifests::owning_application("bound", REPOSITORY, "bound"),
    ];
    for child in &children {
        let name = child["metadata"]["name"].as_str().unwrap();
        home.write(&format!("things/children/{name}.yaml"), child.to_string());
        home.write(&format!("things/{name}/value.yaml"), manifests::config_map("value", "1"));
    }
    let folder = home.path("things");
    let map = format!("{REPOSITORY}={}", folder.display());
    let up = Up::start(home, &folder, &["--map", &map]).await;
    for name in ["loose", "bound", "parent"] {
        up.cluster().until_settled(name).await;
    }
    up.cluster().delete(&application_path("parent")).await;
    for name in ["parent", "loose", "bound"] {
        up.cluster().until_gone(&application_path(name)).await;
    }
    assert!(up.cluster().has(&value_of("loose")).await);
    assert!(!up.cluster().has(&value_of("bound")).await);
}
