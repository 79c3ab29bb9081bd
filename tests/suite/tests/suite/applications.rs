//! `windlass app` on a running system: what is asked for happens, and what has happened is explained.

use serde_json::{Value, json};
use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::Home;

const COLOUR: &str = "/api/v1/namespaces/garden/configmaps/colour";

/// A running system with an application that syncs when told to.
struct Garden(Up);

impl Garden {
    async fn start() -> Self {
        let home = Home::new();
        let mut application = manifests::application("garden", "https://git.example.com/garden", "deploy");
        application["spec"]["syncPolicy"] = json!({"syncOptions": ["CreateNamespace=true"]});
        home.write("repository/application.yaml", application.to_string());
        home.write("repository/deploy/colour.yaml", manifests::config_map("colour", "green"));
        let folder = home.path("repository");
        Self(Up::start(home, &folder, &[]).await)
    }

    fn app(&self, line: &str) -> (i32, String) {
        let mut command = self.0.home().windlass();
        let output = command.env("KUBECONFIG", self.0.kubeconfig()).arg("app").args(line.split(' ')).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout) + &text(output.stderr))
    }

    fn says(&self, line: &str, status: i32, parts: &[&str]) -> String {
        let (ended, said) = self.app(line);
        for part in parts {
            assert!(said.contains(part), "{line} does not say {part:?}: {said}");
        }
        assert_eq!(ended, status, "{line}: {said}");
        said
    }
}

#[tokio::test]
async fn a_sync_that_was_asked_for_happens_and_can_be_waited_for() {
    let garden = Garden::start().await;
    garden.says(
        "explain garden",
        1,
        &["ConfigMap garden/colour is in Git and not in the cluster", "deploy/colour.yaml", "does not sync by itself"],
    );
    garden.says("diff garden", 1, &["+  value: green"]);
    garden.says("sync garden --prune --wait", 0, &["Succeeded", "colour"]);
    garden.says("wait garden", 0, &["Synced", "Healthy"]);
    garden.says("diff garden", 0, &[]);
    garden.says("explain garden", 0, &["there is nothing to explain"]);
    garden.says("tree garden", 0, &["ConfigMap garden/colour"]);
    garden.says("history garden", 0, &["https://git.example.com/garden deploy"]);
    garden.says("rollback garden", 3, &["nothing was deployed before entry 0"]);
}

#[tokio::test]
async fn explain_names_who_has_changed_a_field_and_then_the_rule_that_hides_it() {
    let garden = Garden::start().await;
    garden.says("sync garden --wait", 0, &[]);
    let cluster = garden.0.cluster();
    cluster.merge(&format!("{COLOUR}?fieldManager=somebody"), &json!({"data": {"value": "red"}})).await;
    let drifted = |app: &Value| app["status"]["sync"]["status"] == "OutOfSync";
    cluster.until(&windlass_tests_suite::cluster::application_path("garden"), drifted).await;
    garden.says(
        "explain garden",
        1,
        &["data.value", "Git:  \"green\"", "live: \"red\"", "somebody (Update", "managedFieldsManagers: [somebody]"],
    );
    let rule = json!([{"kind": "ConfigMap", "managedFieldsManagers": ["somebody"]}]);
    let path = windlass_tests_suite::cluster::application_path("garden");
    cluster.merge(&path, &json!({"spec": {"ignoreDifferences": rule}})).await;
    garden.says("explain garden", 0, &["is Synced", "ignored by spec.ignoreDifferences[0]"]);
}

#[tokio::test]
async fn a_deletion_takes_the_objects_along_or_leaves_them() {
    let garden = Garden::start().await;
    garden.says("sync garden --wait", 0, &[]);
    garden.says("delete garden --yes --cascade none --wait", 0, &[]);
    assert!(garden.0.cluster().has(COLOUR).await);
    garden.says("get garden", 3, &["there is no application garden"]);
}
