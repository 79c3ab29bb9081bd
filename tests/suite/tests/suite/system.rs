//! The parts of `windlass up` in this process, where they can be looked into.

use std::sync::Arc;

use serde_json::{Value, json};
use windlass_controller::Controller;
use windlass_pipeline::Settings;
use windlass_sandbox::Sandbox;
use windlass_tests_suite::{
    Cluster,
    in_process::{AGENT, Running},
};
use windlass_tests_support::{Home, eventually};

pub use windlass_tests_suite::in_process::REPOSITORY;

/// An embedded API and a controller on it.
pub struct System {
    pub sandbox: Sandbox,
    pub controller: Arc<Controller>,
    pub cluster: Cluster,
    running: Running,
}

impl System {
    pub async fn start(home: &Home, applications: &[Value]) -> Self {
        Self::adjusted(home, applications, |_| {}).await
    }

    /// With the last word over the settings.
    pub async fn adjusted(home: &Home, applications: &[Value], adjust: fn(&mut Settings)) -> Self {
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
        let cluster = Cluster::of(kube::Client::new(sandbox.client_service(), "argocd"));
        install(&cluster).await;
        for application in applications {
            cluster.create("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications", application).await;
        }
        let running = control(&sandbox, home, adjust).await.unwrap();
        Self { sandbox, controller: running.controller.clone(), cluster, running }
    }

    /// Another controller, once the one before has ended.
    fn go_on_with(&mut self, running: Running) {
        self.controller = running.controller.clone();
        self.running = running;
    }

    /// Ends the controller wherever it is, as a crash would, and starts another one.
    pub async fn crash(&mut self, home: &Home) {
        self.running.end().await;
        let again = || async { control(&self.sandbox, home, |_| {}).await.ok() };
        let running = eventually("a controller that starts", again).await;
        self.go_on_with(running);
    }

    /// The same, with something that happens while the next one starts.
    pub async fn crash_while(&mut self, home: &Home, happens: impl AsyncFnOnce(&Sandbox)) {
        self.running.end().await;
        let (started, ()) = tokio::join!(control(&self.sandbox, home, |_| {}), happens(&self.sandbox));
        self.go_on_with(started.unwrap());
    }

    /// Waits until every application is where it should be and nobody works any more.
    pub async fn until_quiet(&self) {
        self.running.until_quiet().await;
    }
}

async fn control(
    sandbox: &Sandbox,
    home: &Home,
    adjust: fn(&mut Settings),
) -> Result<Running, windlass_cluster::Error> {
    let client = kube::Client::new(sandbox.client_service().as_agent(AGENT), "argocd");
    Running::start(client, "argocd", home, adjust).await
}

pub async fn install(cluster: &Cluster) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for text in windlass_model::CRDS {
        for document in windlass_yaml::to_json(text.as_bytes(), &windlass_yaml::Limits::default()).unwrap() {
            cluster.create(definitions, &document.value).await;
            let name = document.value["metadata"]["name"].as_str().unwrap();
            cluster.until(&format!("{definitions}/{name}"), is_established).await;
        }
    }
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}});
    cluster.create("/api/v1/namespaces", &namespace).await;
    let project = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "default"},
        "spec": {
            "sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    });
    cluster.create("/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects", &project).await;
}

fn is_established(definition: &Value) -> bool {
    let conditions = definition["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|found| found["type"] == "Established" && found["status"] == "True")
}
