//! What has to be so on every API server: told once, played on the embedded one and on a real one.
//!
//! Neither has a kubelet here, and nothing else that makes workloads ready: where a scenario waits for health
//! it waits for a load balancer's address, which it writes itself.

mod comparison;
mod deletion;
mod order;
mod sync;

pub use comparison::*;
pub use deletion::*;
pub use order::*;
pub use sync::*;

use serde_json::{Value, json};
use windlass_tests_support::GitRepository;

use crate::{
    Cluster, Site,
    cluster::{application_path, is_settled},
    manifests,
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
            hooks_of_the_deletion_run_before_and_after_it,
            what_jq_names_is_not_compared,
            objects_of_nobody_are_told_where_the_project_wants_it,
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

    /// Waits until the asked-for refresh has been answered.
    async fn until_refreshed(&self) {
        let answered = |object: &Value| object["metadata"]["annotations"].get("argocd.argoproj.io/refresh").is_none();
        self.cluster.until(&application_path(self.name), answered).await;
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
