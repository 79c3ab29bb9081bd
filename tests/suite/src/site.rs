//! A cluster with `windlass controller` at work on it, each a process: the embedded API, or any other server.

use std::path::Path;

use serde_json::Value;
use windlass_tests_support::{Home, tethered, windlass_binary};

use crate::{Cluster, program::Program};

/// What a control plane is made of besides its CRDs.
pub const CONTROL_PLANE: &str = include_str!("../control-plane.yaml");

/// Where scenarios take place. They share it, so each has names of its own. It is kept in a static, which is
/// never dropped: its programs are tethered to this process.
pub struct Site {
    kubeconfig: String,
    _home: Home,
    _programs: Vec<Program>,
}

impl Site {
    /// The embedded API, whose simulator plays the controllers of a real server and no kubelet.
    pub async fn embedded() -> Self {
        let home = Home::new();
        let api = start(&home, None, &["sandbox", "--simulate", "controllers"]);
        let file = api.until_printed("export KUBECONFIG=").await;
        let kubeconfig = std::fs::read_to_string(file).expect("the file that was named");
        Self::with(home, kubeconfig, vec![api]).await
    }

    /// A server that is there already.
    pub async fn on(kubeconfig: &str) -> Self {
        Self::with(Home::new(), kubeconfig.to_owned(), Vec::new()).await
    }

    async fn with(home: Home, kubeconfig: String, mut programs: Vec<Program>) -> Self {
        install(&Cluster::connect(&kubeconfig).await).await;
        let file = home.write("kubeconfig", &kubeconfig);
        let file = file.to_str().expect("a path in a temporary folder");
        // The folder goes with the last of the programs: nobody drops a static.
        let leaves = home.path("");
        let arguments = ["controller", "--kubeconfig", file, "--allow-local-repositories"];
        let controller = start(&home, Some(&leaves), &arguments);
        controller.until_printed("controller is running").await;
        programs.push(controller);
        Self { kubeconfig, _home: home, _programs: programs }
    }

    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    /// A connection of the caller's own: one does not outlive the test that made it.
    pub async fn cluster(&self) -> Cluster {
        Cluster::connect(&self.kubeconfig).await
    }
}

fn start(home: &Home, leaves: Option<&Path>, arguments: &[&str]) -> Program {
    let mut command = tethered(windlass_binary(), leaves);
    home.surround(&mut command);
    Program::start(command.args(arguments))
}

/// Puts in place what an installation needs besides its controller.
pub async fn install(cluster: &Cluster) {
    for text in windlass_model::CRDS.into_iter().chain([CONTROL_PLANE]) {
        for object in documents(text) {
            cluster.put(&collection(&object), &object).await;
        }
    }
    cluster.until("/apis/argoproj.io/v1alpha1/applications", |_| true).await;
}

fn documents(text: &str) -> Vec<Value> {
    let documents = windlass_yaml::to_json(text.as_bytes(), &windlass_yaml::Limits::default());
    documents.expect("a file of this project").into_iter().map(|document| document.value).collect()
}

fn collection(object: &Value) -> String {
    match (object["kind"].as_str(), object["metadata"]["namespace"].as_str()) {
        (Some("CustomResourceDefinition"), _) => "/apis/apiextensions.k8s.io/v1/customresourcedefinitions".to_owned(),
        (Some("Namespace"), _) => "/api/v1/namespaces".to_owned(),
        (Some("ConfigMap"), Some(namespace)) => format!("/api/v1/namespaces/{namespace}/configmaps"),
        (Some("AppProject"), Some(namespace)) => {
            format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/appprojects")
        }
        other => panic!("a control plane has no {other:?}"),
    }
}

/// A `file` URL, as an Application names a repository on this machine.
pub fn file_url(path: &Path) -> String {
    format!("file://{}", path.display())
}
