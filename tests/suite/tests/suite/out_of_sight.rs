//! What cannot be seen is not gone: kinds whose Service does not answer, and revisions while the cluster is out of sight.

use serde_json::{Value, json};
use windlass_model::GroupKind;
use windlass_tests_suite::{cluster::application_path, manifests};
use windlass_tests_support::{Home, eventually};

use crate::system::{REPOSITORY, System};

const GAUGES: &str = "/apis/metrics.example.com/v1/namespaces/meters/gauges";
const API_SERVICE: &str = "/apis/apiregistration.k8s.io/v1/apiservices/v1.metrics.example.com";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const APPLICATIONS: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";

fn file(application: &str, name: &str) -> String {
    format!("things/{application}/{name}.json")
}

fn gauge(name: &str) -> String {
    json!({"apiVersion": "metrics.example.com/v1", "kind": "Gauge", "metadata": {"name": name}}).to_string()
}

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gauges.metrics.example.com"},
        "spec": {
            "group": "metrics.example.com", "scope": "Namespaced", "names": {"plural": "gauges", "kind": "Gauge"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

/// Leaves the group to a Service that nobody stands behind. Without its label the server does not set it right again.
fn left_to_a_service() -> Value {
    let service = json!({"namespace": "meters", "name": "meters", "port": 443});
    json!({
        "metadata": {"labels": {"kube-aggregator.kubernetes.io/automanaged": null}},
        "spec": {"insecureSkipTLSVerify": true, "service": service},
    })
}

async fn uid_of(system: &System, gauge: &str) -> Value {
    system.cluster.get(&format!("{GAUGES}/{gauge}")).await.unwrap()["metadata"]["uid"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_service_does_not_answer_is_not_taken_for_gone() {
    let home = Home::new();
    ["one", "two"].iter().for_each(|name| drop(home.write(&file("meters", name), gauge(name))));
    home.write(&file("beds", "roses"), manifests::config_map("roses", "1"));
    let mut system = System::start(&home, &[]).await;
    // Somebody else brings the definition, and the controller learns of it.
    system.cluster.create(DEFINITIONS, &definition()).await;
    for name in ["meters", "beds"] {
        system.cluster.create(APPLICATIONS, &manifests::application(name, REPOSITORY, name)).await;
    }
    system.until_quiet().await;
    let before = uid_of(&system, "one").await;

    system.cluster.until(API_SERVICE, |_| true).await;
    system.cluster.merge(API_SERVICE, &left_to_a_service()).await;
    let kind = GroupKind::new("metrics.example.com", "Gauge");
    eventually("the kind to be hidden", || async { system.controller.cluster().blindness(&kind).map(drop) }).await;
    system.controller.refresh_all();
    system.cluster.until_told("meters", &["ComparisonError", "Gauge.metrics.example.com cannot be seen"]).await;
    std::fs::remove_file(home.path(&file("meters", "two"))).unwrap();
    home.write(&file("beds", "roses"), manifests::config_map("roses", "2"));
    system.controller.refresh_all();
    let roses = "/api/v1/namespaces/beds/configmaps/roses";
    system.cluster.until(roses, |map| map["data"]["value"] == "2").await;

    // Who has never seen the kind does not take it for unknown either.
    system.crash(&home).await;
    home.write(&file("beds", "roses"), manifests::config_map("roses", "3"));
    system.controller.refresh_all();
    system.cluster.until(roses, |map| map["data"]["value"] == "3").await;
    system.cluster.until_told("meters", &["ComparisonError", "Gauge.metrics.example.com cannot be seen"]).await;

    system.cluster.delete(API_SERVICE).await;
    let is_seen = || async { system.controller.cluster().blindness(&kind).is_none().then_some(()) };
    eventually("the kind to be seen again", is_seen).await;
    system.cluster.until_gone(&format!("{GAUGES}/two")).await;
    system.until_quiet().await;
    assert_eq!(uid_of(&system, "one").await, before, "it was made anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_revision_is_given_up_while_the_cluster_cannot_be_seen() {
    let home = Home::new();
    home.write(&file("beds", "roses"), manifests::config_map("roses", "1"));
    let mut system = System::start(&home, &[manifests::application("beds", REPOSITORY, "beds")]).await;
    system.until_quiet().await;

    // A sync that waits, for a load balancer that nobody brings.
    let mut hook = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "door"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    hook["metadata"]["annotations"] = json!({"argocd.argoproj.io/hook": "PreSync"});
    home.write(&file("beds", "door"), hook.to_string());
    home.write(&file("beds", "roses"), manifests::config_map("roses", "2"));
    system.controller.refresh_all();
    let waits = |app: &Value| app["status"]["operationState"]["message"].to_string().contains("hook");
    let waiting = system.cluster.until(&application_path("beds"), waits).await;
    let begun = &waiting["status"]["operationState"]["startedAt"];

    // Its revision is gone, and the next controller does not see what lives.
    std::fs::remove_file(home.path(&file("beds", "door"))).unwrap();
    let blind = "error=1,verb=list,resource=configmaps,agent=controller";
    system.sandbox.set_faults(Some(blind.parse().unwrap()));
    system.crash(&home).await;
    system.cluster.until_told("beds", &["ConfigMap cannot be seen"]).await;
    let application = system.cluster.get(&application_path("beds")).await.unwrap();
    let state = &application["status"]["operationState"];
    assert_eq!((&state["phase"], &state["startedAt"]), (&json!("Running"), begun), "{state}");

    system.sandbox.set_faults(None);
    system.cluster.until("/api/v1/namespaces/beds/configmaps/roses", |map| map["data"]["value"] == "2").await;
    system.until_quiet().await;
    let state = &system.cluster.get(&application_path("beds")).await.unwrap()["status"]["operationState"];
    assert_eq!(state["phase"], "Succeeded");
    assert_eq!((&state["startedAt"], &state["retryCount"]), (begun, &json!(1)), "it goes on with what is there now");
}
