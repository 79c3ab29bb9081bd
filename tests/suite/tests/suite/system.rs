//! The parts of `windlass up` in this process, where they can be looked into.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use windlass_controller::{Controller, Options};
use windlass_pipeline::{Generator, Generators, Pipeline, PipelineOptions, Settings};
use windlass_runtime::{Grants, Plugin, Runtime, RuntimeOptions};
use windlass_sandbox::Sandbox;
use windlass_source::{MapRule, RepoUrl, SourceOptions, Sources};
use windlass_tests_suite::Cluster;
use windlass_tests_support::{Home, eventually};

/// The repository whose content is the folder `things` of the test's home.
pub const REPOSITORY: &str = "https://git.example.com/team/things";

/// An embedded API and a controller on it.
pub struct System {
    pub sandbox: Sandbox,
    pub controller: Arc<Controller>,
    pub cluster: Cluster,
    running: JoinHandle<()>,
}

/// How the controller calls itself; faults that go by it leave the test's own requests alone.
pub const AGENT: &str = "controller";

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
        let (controller, running) = control(&sandbox, home, adjust).await.unwrap();
        Self { sandbox, controller, cluster, running }
    }

    async fn end(&mut self) {
        self.running.abort();
        // It is an error that it was aborted.
        let _aborted = (&mut self.running).await;
    }

    /// Ends the controller wherever it is, as a crash would, and starts another one.
    pub async fn crash(&mut self, home: &Home, adjust: fn(&mut Settings)) {
        self.end().await;
        let again = || async { control(&self.sandbox, home, adjust).await.ok() };
        (self.controller, self.running) = eventually("a controller that starts", again).await;
    }

    /// The same, with something that happens while the next one starts.
    pub async fn crash_while(&mut self, home: &Home, happens: impl AsyncFnOnce(&Sandbox)) {
        self.end().await;
        let (started, ()) = tokio::join!(control(&self.sandbox, home, |_| {}), happens(&self.sandbox));
        (self.controller, self.running) = started.unwrap();
    }

    /// Waits until every application is where it should be and nobody works any more.
    pub async fn until_quiet(&self) {
        eventually("a quiet controller", || async {
            let rows = self.controller.overview();
            let settled = rows.iter().all(|row| row.sync.as_str() == "Synced" && !row.is_moving && !row.has_error);
            (settled && !rows.is_empty() && self.controller.is_idle()).then_some(())
        })
        .await;
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn control(
    sandbox: &Sandbox,
    home: &Home,
    adjust: fn(&mut Settings),
) -> Result<(Arc<Controller>, JoinHandle<()>), windlass_cluster::Error> {
    let client = kube::Client::new(sandbox.client_service().as_agent(AGENT), "argocd");
    let options = Options {
        control_namespace: "argocd".into(),
        workers: 2,
        adjust: Box::new(move |settings| {
            settings.wave_delay = Duration::ZERO;
            adjust(settings);
        }),
        ..Options::default()
    };
    let controller = Controller::start(client, pipeline(home), options).await?;
    let running = tokio::spawn(controller.clone().run());
    Ok((controller, running))
}

/// The built-in components that these tests need, compiled once for all of them.
struct Loaded {
    runtime: Arc<Runtime>,
    directory: Arc<Plugin>,
    health: Vec<Arc<Plugin>>,
}

fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| {
        let runtime = Arc::new(Runtime::new(RuntimeOptions { cache: None }).unwrap());
        let load = |name: &str| runtime.load(&windlass_components::find(name).unwrap().wasm().unwrap()).unwrap();
        let (directory, health) = (load("directory"), vec![load("health")]);
        Loaded { runtime, directory, health }
    })
}

fn pipeline(home: &Home) -> Arc<Pipeline> {
    let Loaded { runtime, directory, health } = loaded();
    let generators = Generators(vec![Generator::new(directory.clone(), Grants::denied())]);
    let map = MapRule { url: RepoUrl::parse(REPOSITORY).unwrap(), folder: home.path("things") };
    let sources = Arc::new(Sources::new(SourceOptions { maps: vec![map], ..SourceOptions::default() }));
    let (runtime, health) = (runtime.clone(), health.clone());
    Arc::new(Pipeline::new(PipelineOptions {
        sources,
        runtime,
        generators,
        health,
        filter: None,
        transformers: Default::default(),
    }))
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
