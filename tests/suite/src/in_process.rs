//! A controller in this process, where it can be looked into.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::task::JoinHandle;
use windlass_controller::{Controller, Options};
use windlass_pipeline::{Generator, Generators, Pipeline, PipelineOptions, Settings};
use windlass_runtime::{Grants, Plugin, Runtime, RuntimeOptions};
use windlass_source::{MapRule, RepoUrl, SourceOptions, Sources};
use windlass_tests_support::{Home, eventually};

/// The repository whose content is the folder `things` of the test's home.
pub const REPOSITORY: &str = "https://git.example.com/team/things";

/// How the controller calls itself; faults that go by it leave the test's own requests alone.
pub const AGENT: &str = "controller";

/// A controller at work. It ends when this is dropped, wherever it is.
pub struct Running {
    pub controller: Arc<Controller>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// On the Applications of a namespace; `adjust` has the last word over the settings.
    pub async fn start(
        client: kube::Client,
        namespace: &str,
        home: &Home,
        adjust: fn(&mut Settings),
    ) -> Result<Self, windlass_cluster::Error> {
        let options = Options {
            control_namespace: namespace.into(),
            workers: 2,
            adjust: Box::new(move |settings| {
                settings.wave_delay = Duration::ZERO;
                adjust(settings);
            }),
            ..Options::default()
        };
        let controller = Controller::start(client, pipeline(home), options).await?;
        let task = tokio::spawn(controller.clone().run());
        Ok(Self { controller, task })
    }

    /// Ends it as a crash would.
    pub async fn end(&mut self) {
        self.task.abort();
        // It is an error that it was aborted.
        let _aborted = (&mut self.task).await;
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

/// The built-in components that these tests need, compiled once for all of them.
struct Loaded {
    runtime: Arc<Runtime>,
    directory: Arc<Plugin>,
    health: Vec<Arc<Plugin>>,
}

fn loaded() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| {
        let runtime = Arc::new(Runtime::new(RuntimeOptions { cache: None }).expect("a runtime"));
        let wasm = |name: &str| windlass_components::find(name).expect("a built-in component").wasm();
        let load = |name: &str| runtime.load(&wasm(name).expect("it unpacks")).expect("it loads");
        let (directory, health) = (load("directory"), vec![load("health")]);
        Loaded { runtime, directory, health }
    })
}

fn pipeline(home: &Home) -> Arc<Pipeline> {
    let Loaded { runtime, directory, health } = loaded();
    let generators = Generators(vec![Generator::new(directory.clone(), Grants::denied())]);
    let map = MapRule { url: RepoUrl::parse(REPOSITORY).expect("a URL"), folder: home.path("things") };
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
