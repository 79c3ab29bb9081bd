//! A reconcile that has nothing to do asks the API for nothing; the embedded API itself counts.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use windlass_controller::{Controller, Options};
use windlass_pipeline::{Generator, Generators, Pipeline, PipelineOptions};
use windlass_runtime::{Grants, Kind, Runtime, RuntimeOptions};
use windlass_sandbox::Sandbox;
use windlass_source::{MapRule, RepoUrl, SourceOptions, Sources};
use windlass_tests_suite::{Cluster, manifests};
use windlass_tests_support::{Home, eventually};

const REPOSITORY: &str = "https://git.example.com/team/things";

/// The parts of `windlass up`, in this process, where their counters can be read.
struct System {
    sandbox: Sandbox,
    controller: Arc<Controller>,
}

impl System {
    async fn start(home: &Home, applications: &[Value]) -> Self {
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
        let client = kube::Client::new(sandbox.client_service(), "argocd");
        let cluster = Cluster::of(client.clone());
        install(&cluster).await;
        for application in applications {
            cluster.create("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications", application).await;
        }
        let options = Options {
            control_namespace: "argocd".into(),
            workers: 2,
            adjust: Box::new(|settings| settings.wave_delay = Duration::ZERO),
            notify: None,
        };
        let controller = Controller::start(client, pipeline(home), options).await.unwrap();
        tokio::spawn(controller.clone().run());
        Self { sandbox, controller }
    }

    /// Waits until every application is where it should be and nobody works any more.
    async fn until_quiet(&self) {
        eventually("a quiet controller", || async {
            let rows = self.controller.overview();
            let settled = rows.iter().all(|row| row.sync.as_str() == "Synced" && !row.is_moving && !row.has_error);
            (settled && !rows.is_empty() && self.controller.is_idle()).then_some(())
        })
        .await;
    }
}

fn pipeline(home: &Home) -> Arc<Pipeline> {
    let runtime = Arc::new(Runtime::new(RuntimeOptions { cache: None }).unwrap());
    let (mut generators, mut health) = (Generators::default(), Vec::new());
    for component in windlass_components::all() {
        let plugin = runtime.load(component.wasm).unwrap();
        match plugin.kind() {
            Kind::Generator if component.name == "directory" => {
                generators.0.push(Generator::new(plugin, Grants::denied()));
            }
            Kind::Health => health.push(plugin),
            Kind::Generator | Kind::Notifier => {}
        }
    }
    let map = MapRule { url: RepoUrl::parse(REPOSITORY).unwrap(), folder: home.path("things") };
    let sources = Arc::new(Sources::new(SourceOptions { maps: vec![map], ..SourceOptions::default() }));
    Arc::new(Pipeline::new(PipelineOptions { sources, runtime, generators, health }))
}

async fn install(cluster: &Cluster) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_reconcile_without_a_change_makes_no_request() {
    let home = Home::new();
    for name in ["roses", "tulips", "lilies"] {
        home.write(&format!("things/{name}/value.yaml"), manifests::config_map("value", "1"));
        home.write(&format!("things/{name}/secret.yaml"), SECRET);
        home.write(&format!("things/{name}/web.yaml"), manifests::deployment("web"));
    }
    let applications = ["roses", "tulips", "lilies"].map(|name| manifests::application(name, REPOSITORY, name));
    let system = System::start(&home, &applications).await;
    system.until_quiet().await;

    for _ in 0..3 {
        let before = system.sandbox.requests();
        system.controller.refresh_all();
        assert!(!system.controller.is_idle(), "nothing was looked at");
        system.until_quiet().await;
        let made = system.sandbox.requests().since(&before);
        assert_eq!(made.total(), 0, "{made:?}");
    }

    // The counter counts: a change is not free.
    let before = system.sandbox.requests();
    home.write("things/roses/value.yaml", manifests::config_map("value", "2"));
    system.controller.refresh_all();
    system.until_quiet().await;
    assert!(system.sandbox.requests().since(&before).total() > 0);
}

const SECRET: &str =
    r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"a": "b"}}"#;
