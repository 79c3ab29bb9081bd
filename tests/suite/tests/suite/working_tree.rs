//! A folder is the source: what is saved is deployed, what is deployed stays so.

use serde_json::json;
use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::{Home, eventually};

const VALUE: &str = "/api/v1/namespaces/default/configmaps/colour";
const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";

/// A running system on a folder without an Application.
async fn garden() -> Up {
    let home = Home::new();
    home.write("garden/colour.yaml", manifests::config_map("colour", "green"));
    home.write("garden/web.yaml", manifests::deployment("web"));
    let folder = home.path("garden");
    let up = Up::start(home, &folder, &[]).await;
    up.cluster().until(VALUE, |object| object["data"]["value"] == "green").await;
    up.cluster().until(WEB, |_| true).await;
    up
}

#[tokio::test]
async fn a_folder_without_application_is_wrapped_in_one() {
    let up = garden().await;
    let application = up.cluster().until_settled("garden").await;
    assert_eq!(application["spec"]["source"]["path"], ".");
    assert_eq!(application["status"]["sourceType"], "Directory");
}

#[tokio::test]
async fn saving_a_file_syncs_again() {
    let up = garden().await;
    up.home().write("garden/colour.yaml", manifests::config_map("colour", "red"));
    up.cluster().until(VALUE, |object| object["data"]["value"] == "red").await;
}

#[tokio::test]
async fn a_new_file_is_deployed() {
    let up = garden().await;
    up.home().write("garden/scent.yaml", manifests::config_map("scent", "rose"));
    up.cluster().until("/api/v1/namespaces/default/configmaps/scent", |_| true).await;
}

#[tokio::test]
async fn removing_a_file_prunes_its_object() {
    let up = garden().await;
    std::fs::remove_file(up.home().path("garden/colour.yaml")).unwrap();
    up.cluster().until_gone(VALUE).await;
    assert!(up.cluster().has(WEB).await);
}

#[tokio::test]
async fn a_deleted_object_comes_back() {
    let up = garden().await;
    for path in [VALUE, WEB] {
        let before = up.cluster().get(path).await.unwrap()["metadata"]["uid"].clone();
        up.cluster().delete(path).await;
        up.cluster().until(path, |object| object["metadata"]["uid"] != before).await;
    }
}

#[tokio::test]
async fn an_edit_of_a_managed_field_is_undone() {
    let up = garden().await;
    up.cluster().merge(VALUE, &json!({"data": {"value": "blue", "mine": "kept"}})).await;
    let healed = up.cluster().until(VALUE, |object| object["data"]["value"] == "green").await;
    assert_eq!(healed["data"]["mine"], "kept", "a field that Git does not set is nobody's business");
    up.cluster().merge(WEB, &json!({"spec": {"replicas": 7}})).await;
    up.cluster().until(WEB, |object| object["spec"]["replicas"] == 1).await;
}

#[tokio::test]
async fn the_revision_is_the_folder_s_content() {
    let up = garden().await;
    let path = windlass_tests_suite::cluster::application_path("garden");
    let revision = |object: &serde_json::Value| object["status"]["sync"]["revision"].as_str().map(str::to_owned);
    let before = revision(&up.cluster().until_settled("garden").await);
    up.home().write("garden/colour.yaml", manifests::config_map("colour", "red"));
    up.cluster().until(&path, |object| revision(object) != before).await;
    up.home().write("garden/colour.yaml", manifests::config_map("colour", "green"));
    let again = eventually("the first revision", || async {
        revision(&up.cluster().get(&path).await?).filter(|revision| Some(revision) == before.as_ref())
    });
    assert_eq!(again.await.len(), 40);
}

#[tokio::test]
async fn ctrl_c_stops_cleanly_and_takes_the_kubeconfig_along() {
    let up = garden().await;
    let kubeconfig = up.kubeconfig();
    assert!(kubeconfig.is_file());
    let (status, said) = up.interrupt().await;
    assert_eq!(status, Some(0), "{said}");
    assert!(!kubeconfig.exists());
}

#[tokio::test]
async fn the_kubeconfig_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let up = garden().await;
    let mode = std::fs::metadata(up.kubeconfig()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
