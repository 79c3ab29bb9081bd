//! The simulator on the embedded API server: workloads become ready, end, fail as they are told to.

use std::time::Duration;

use kube::api::{Api, ApiResource, DynamicObject, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};
use windlass_sandbox::{Options as SandboxOptions, Sandbox};
use windlass_simulator::Options;

const PATIENCE: Duration = Duration::from_secs(30);

struct Cluster {
    client: Client,
    _sandbox: Sandbox,
    simulator: tokio::task::JoinHandle<()>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.simulator.abort();
    }
}

async fn start(options: Options) -> Cluster {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.expect("the sandbox starts");
    let client = Client::new(sandbox.client_service(), "default");
    let simulator = tokio::spawn(windlass_simulator::run(client.clone(), options));
    Cluster { client, _sandbox: sandbox, simulator }
}

fn api(client: &Client, group: &str, version: &str, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::namespaced_with(client.clone(), "default", &resource)
}

/// Creates an object and waits until it is as described, by watching it.
async fn check(api: &Api<DynamicObject>, object: Value, until: impl Fn(&Value) -> bool) -> DynamicObject {
    let object: DynamicObject = serde_json::from_value(object).expect("an object");
    let name = object.name_any();
    api.create(&PostParams::default(), &object).await.expect("created");
    let reached = kube::runtime::wait::await_condition(api.clone(), &name, |live: Option<&DynamicObject>| {
        live.is_some_and(|live| until(&live.data["status"]))
    });
    let live = tokio::time::timeout(PATIENCE, reached).await.expect("in time").expect("watched");
    live.expect("it is there")
}

fn workload(api_version: &str, kind: &str, name: &str, more: Value) -> Value {
    let mut spec = json!({
        "selector": { "matchLabels": { "app": name } },
        "template": {
            "metadata": { "labels": { "app": name } },
            "spec": { "containers": [{ "name": "c", "image": "nginx:1.2" }] },
        },
    });
    if let (Value::Object(spec), Value::Object(more)) = (&mut spec, more) {
        spec.extend(more);
    }
    json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": name }, "spec": spec })
}

fn holds(status: &Value, condition: &str) -> bool {
    let list = status["conditions"].as_array().cloned().unwrap_or_default();
    list.iter().any(|entry| entry["type"] == condition && entry["status"] == "True")
}

#[tokio::test]
async fn a_deployment_makes_pods_that_become_ready() {
    let cluster = start(Options::default()).await;
    let deployments = api(&cluster.client, "apps", "v1", "Deployment");
    let object = workload("apps/v1", "Deployment", "web", json!({ "replicas": 2 }));
    let live = check(&deployments, object, |status| status["readyReplicas"] == 2 && holds(status, "Available")).await;
    assert_eq!(live.data["status"]["observedGeneration"], 1);
}

#[tokio::test]
async fn a_stateful_set_gets_its_pods_in_order_and_its_claims_bound() {
    let cluster = start(Options::default()).await;
    let sets = api(&cluster.client, "apps", "v1", "StatefulSet");
    let claim = json!({
        "metadata": { "name": "data" },
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
    });
    let more = json!({ "replicas": 2, "serviceName": "db", "volumeClaimTemplates": [claim] });
    check(&sets, workload("apps/v1", "StatefulSet", "db", more), |status| status["readyReplicas"] == 2).await;
    let claims = api(&cluster.client, "", "v1", "PersistentVolumeClaim");
    let bound = kube::runtime::wait::await_condition(claims, "data-db-1", |live: Option<&DynamicObject>| {
        live.is_some_and(|live| live.data["status"]["phase"] == "Bound")
    });
    tokio::time::timeout(PATIENCE, bound).await.expect("in time").expect("watched");
}

#[tokio::test]
async fn jobs_complete_or_fail_as_they_are_told_to() {
    let cluster = start(Options::default()).await;
    let jobs = api(&cluster.client, "batch", "v1", "Job");
    let job = |name: &str, annotations: Value| {
        let pod = json!({ "restartPolicy": "Never", "containers": [{ "name": "c", "image": "busybox:1" }] });
        let spec = json!({ "backoffLimit": 0, "template": { "spec": pod } });
        json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name, "annotations": annotations }, "spec": spec })
    };
    check(&jobs, job("good", json!({})), |status| holds(status, "Complete") && status["succeeded"] == 1).await;
    let fails = json!({ "simulator.windlass.dev/fail": "true" });
    check(&jobs, job("bad", fails), |status| holds(status, "Failed")).await;
}

#[tokio::test]
async fn a_load_balancer_gets_an_address() {
    let cluster = start(Options::default()).await;
    let services = api(&cluster.client, "", "v1", "Service");
    let object = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": "front" },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
    });
    check(&services, object, |status| status["loadBalancer"]["ingress"][0]["ip"].is_string()).await;
}

#[tokio::test]
async fn without_a_kubelet_pods_are_made_but_never_ready() {
    let cluster = start(Options::without_kubelet()).await;
    let deployments = api(&cluster.client, "apps", "v1", "Deployment");
    let object = workload("apps/v1", "Deployment", "web", json!({ "replicas": 2 }));
    let live = check(&deployments, object, |status| status["replicas"] == 2).await;
    assert_eq!(live.data["status"]["readyReplicas"].as_i64().unwrap_or(0), 0);
}
