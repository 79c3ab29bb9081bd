//! An app-of-apps whose manifests name a repository elsewhere, run here without a change.

use std::path::Path;

use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::{GitRepository, Home};

/// The repository of the parent: two children in a folder of environments.
fn environments(url: &str, folder: &str) -> GitRepository {
    let repository = GitRepository::new();
    for name in ["orders", "billing"] {
        let child = manifests::owning_application(name, url, &format!("services/{name}"));
        repository.write(&format!("{folder}/{name}.yaml"), child.to_string());
        repository.write(&format!("services/{name}/deployment.yaml"), manifests::deployment(name));
    }
    repository.commit("Add orders and billing");
    repository
}

async fn check(parent: &str, url: &str, folder: &str) {
    let repository = environments(url, folder);
    let home = Home::new();
    home.write("parent/application.yaml", parent);
    let map = format!("{url}={}", repository.path().display());
    let start = home.path("parent");
    let up = Up::start(home, &start, &["--map", &map]).await;
    up.cluster().until_settled("app-of-apps").await;
    for name in ["orders", "billing"] {
        up.cluster().until_settled(name).await;
        up.cluster().until(&format!("/apis/apps/v1/namespaces/{name}/deployments/{name}"), |_| true).await;
    }
}

#[tokio::test]
async fn an_app_of_apps_runs_with_its_url_mapped() {
    let url = "https://git.example.com/team/environments";
    let mut parent = manifests::owning_application("app-of-apps", url, "live/eu");
    parent["spec"]["destination"]["namespace"] = "argocd".into();
    check(&parent.to_string(), url, "live/eu").await;
}

/// The file of the acceptance set that lies beside a checkout on some machines.
#[tokio::test]
async fn the_acceptance_app_of_apps_runs_as_it_stands() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/acceptance/app-of-apps.yaml");
    let Ok(parent) = std::fs::read_to_string(&file) else {
        return println!("skipped: there is no {}", file.display());
    };
    check(&parent, "https://github.com/yourorg/argocd-apps", "environments/production").await;
}
