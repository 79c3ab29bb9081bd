//! What has to be so on every API server: told once, played on the embedded one and on a real one.
//!
//! Neither has a kubelet here, and nothing else that makes workloads ready: where a scenario waits for health
//! it waits for a load balancer's address, which it writes itself.

use serde_json::{Value, json};
use windlass_tests_support::GitRepository;

use crate::{
    Cluster, Site,
    cluster::{application_path, is_settled},
    manifests::{self, config_map},
    site::file_url,
};

/// Calls a macro with the name of every scenario here.
#[macro_export]
macro_rules! each_scenario {
    ($play:ident) => {
        $play! {
            a_commit_is_applied_and_the_next_one_too,
            what_git_no_longer_has_is_pruned,
            drift_is_healed,
            a_presync_hook_comes_before_everything_else,
            a_wave_waits_for_the_health_of_the_one_before,
            what_the_server_refuses_fails_the_sync_and_runs_the_fail_hook,
            a_kind_nobody_knows_stops_the_sync_before_anything_is_changed,
            a_custom_resource_comes_with_its_definition,
            an_operation_syncs_an_application_that_does_not_sync_itself,
            with_the_finalizer_everything_goes_and_then_the_application,
            without_finalizer_the_objects_stay,
            other_waves_wait_at_the_deletion,
        }
    };
}

/// One application, its repository and its namespace, all of one name.
struct Story {
    name: &'static str,
    repository: GitRepository,
    cluster: Cluster,
}

impl Story {
    async fn new(site: &Site, name: &'static str) -> Self {
        Self { name, repository: GitRepository::new(), cluster: site.cluster().await }
    }

    /// Writes files and commits them.
    fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, body) in files {
            self.repository.write(&format!("app/{path}"), body);
        }
        self.repository.commit("a change")
    }

    fn application(&self) -> Value {
        manifests::application(self.name, &file_url(self.repository.path()), "app")
    }

    /// Creates the application as it is, or as `change` makes it.
    async fn begin(&self, change: impl FnOnce(&mut Value)) {
        let mut application = self.application();
        change(&mut application);
        self.cluster.create("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications", &application).await;
    }

    async fn refresh(&self) {
        let mark = json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}});
        self.cluster.merge(&application_path(self.name), &mark).await;
    }

    /// Waits until the application is Synced and Healthy at a commit.
    async fn until_settled_at(&self, commit: &str) -> Value {
        let at = |object: &Value| is_settled(object) && object["status"]["sync"]["revision"] == commit;
        self.cluster.until(&application_path(self.name), at).await
    }

    fn path(&self, plural: &str, name: &str) -> String {
        format!("/api/v1/namespaces/{}/{plural}/{name}", self.name)
    }

    /// Gives a Service the address that it waits for.
    async fn balance(&self, service: &str) {
        let path = format!("{}/status", self.path("services", service));
        self.cluster.until(&self.path("services", service), |_| true).await;
        self.cluster.merge(&path, &json!({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})).await;
    }

    /// Waits until the operation says this.
    async fn until_doing(&self, text: &str) {
        let says = |object: &Value| {
            object["status"]["operationState"]["message"].as_str().is_some_and(|said| said.contains(text))
        };
        self.cluster.until(&application_path(self.name), says).await;
    }

    /// Takes down what the scenario has left, for those who keep their cluster.
    async fn end(self) {
        let path = application_path(self.name);
        if self.cluster.has(&path).await {
            self.cluster.merge(&path, &json!({"metadata": {"finalizers": null}})).await;
            self.cluster.delete(&path).await;
        }
        self.cluster.delete(&format!("/api/v1/namespaces/{}", self.name)).await;
    }
}

fn load_balancer(name: &str, annotations: &Value) -> String {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "annotations": annotations},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    })
    .to_string()
}

fn annotated(name: &str, annotations: &Value) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "annotations": annotations}}).to_string()
}

fn owned(application: &mut Value) {
    application["metadata"]["finalizers"] = json!(["resources-finalizer.argocd.argoproj.io"]);
}

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

pub async fn a_presync_hook_comes_before_everything_else(site: &Site) {
    let story = Story::new(site, "lilies").await;
    let hook = json!({
        "argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "HookSucceeded",
    });
    let commit = story.commit(&[("hook.yaml", &load_balancer("door", &hook)), ("a.yaml", &config_map("a", "1"))]);
    story.begin(|_| {}).await;
    story.until_doing("waiting for completion of hook").await;
    assert!(!story.cluster.has(&story.path("configmaps", "a")).await, "applied before the hook was done");
    story.balance("door").await;
    story.until_settled_at(&commit).await;
    assert!(story.cluster.has(&story.path("configmaps", "a")).await);
    story.cluster.until_gone(&story.path("services", "door")).await;
    story.end().await;
}

pub async fn a_wave_waits_for_the_health_of_the_one_before(site: &Site) {
    let story = Story::new(site, "irises").await;
    let second = json!({"argocd.argoproj.io/sync-wave": "1"});
    let commit =
        story.commit(&[("first.yaml", &load_balancer("first", &json!({}))), ("b.yaml", &annotated("b", &second))]);
    story.begin(|_| {}).await;
    story.until_doing("waiting for healthy state of").await;
    assert!(!story.cluster.has(&story.path("configmaps", "b")).await, "applied before the wave was healthy");
    story.balance("first").await;
    story.until_settled_at(&commit).await;
    assert!(story.cluster.has(&story.path("configmaps", "b")).await);
    story.end().await;
}

pub async fn what_the_server_refuses_fails_the_sync_and_runs_the_fail_hook(site: &Site) {
    let story = Story::new(site, "thistles").await;
    let refused = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bad"}, "spec": {"ports": []}});
    let handler = annotated("told", &json!({"argocd.argoproj.io/hook": "SyncFail"}));
    story.commit(&[("bad.yaml", &refused.to_string()), ("told.yaml", &handler)]);
    story.begin(|application| application["spec"]["syncPolicy"]["retry"] = json!({"limit": 0})).await;
    story.cluster.until_told(story.name, &["spec.ports"]).await;
    let failed = |object: &Value| object["status"]["operationState"]["phase"] == "Failed";
    story.cluster.until(&application_path(story.name), failed).await;
    assert!(story.cluster.has(&story.path("configmaps", "told")).await);
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

pub async fn with_the_finalizer_everything_goes_and_then_the_application(site: &Site) {
    let story = Story::new(site, "poppies").await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(owned).await;
    story.until_settled_at(&commit).await;
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(!story.cluster.has(&story.path("configmaps", "value")).await, "the application went before what it made");
    story.end().await;
}

pub async fn without_finalizer_the_objects_stay(site: &Site) {
    let story = Story::new(site, "mosses").await;
    let commit = story.commit(&[("value.yaml", &config_map("value", "1"))]);
    story.begin(|_| {}).await;
    story.until_settled_at(&commit).await;
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(story.cluster.has(&story.path("configmaps", "value")).await);
    story.end().await;
}

pub async fn other_waves_wait_at_the_deletion(site: &Site) {
    let story = Story::new(site, "dahlias").await;
    let late = json!({"argocd.argoproj.io/sync-wave": "1"});
    let commit = story.commit(&[("a.yaml", &config_map("early", "1")), ("b.yaml", &annotated("late", &late))]);
    story.begin(owned).await;
    story.until_settled_at(&commit).await;
    let held = story.path("configmaps", "late");
    story.cluster.merge(&held, &json!({"metadata": {"finalizers": ["example.com/hold"]}})).await;
    story.cluster.delete(&application_path(story.name)).await;
    story.cluster.until(&held, |object| !object["metadata"]["deletionTimestamp"].is_null()).await;
    assert!(story.cluster.has(&story.path("configmaps", "early")).await, "the first wave went before the second");
    story.cluster.merge(&held, &json!({"metadata": {"finalizers": null}})).await;
    story.cluster.until_gone(&application_path(story.name)).await;
    assert!(!story.cluster.has(&story.path("configmaps", "early")).await);
    story.end().await;
}
