//! Two controllers and one Lease: the second acts when the first is stopped, and the first, when it goes on, does
//! nothing any more.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use windlass_sandbox::Sandbox;
use windlass_tests_suite::{Cluster, cluster::application_path, manifests};
use windlass_tests_support::{Home, eventually};

use crate::system::install;

/// A `windlass controller`; killed when dropped.
struct Process {
    child: Mutex<Child>,
    said: Arc<Mutex<String>>,
}

impl Process {
    fn start(home: &Home, kubeconfig: &str) -> Self {
        let arguments =
            ["controller", "--kubeconfig", kubeconfig, "--lease-duration", "15s", "--metrics-listen", "127.0.0.1:0"];
        let mut command = home.windlass();
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = Arc::<Mutex<String>>::default();
        let (stream, heard) = (child.stderr.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                heard.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Self { child: Mutex::new(child), said }
    }

    async fn until_said(&self, text: &str) {
        eventually(text, || async { self.said.lock().unwrap().contains(text).then_some(()) }).await;
    }

    fn signal(&self, name: &str) {
        let id = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    async fn until_ended(&self) -> Option<i32> {
        eventually("the controller to end", || async { self.child.lock().unwrap().try_wait().unwrap() }).await.code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        // It may have ended by itself.
        let _killed = child.kill();
        let _reaped = child.wait();
    }
}

async fn version_of(cluster: &Cluster, name: &str) -> Value {
    cluster.get(&application_path(name)).await.unwrap()["metadata"]["resourceVersion"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_stopped_and_goes_on_after_the_next_has_acted_writes_nothing() {
    let home = Home::new();
    let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
    let cluster = Cluster::of(kube::Client::new(sandbox.client_service(), "argocd"));
    install(&cluster).await;
    let kubeconfig = home.write("kubeconfig", sandbox.kubeconfig());
    let kubeconfig = kubeconfig.to_str().unwrap();
    let applications = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";

    let first = Process::start(&home, kubeconfig);
    first.until_said("controller is running").await;
    let second = Process::start(&home, kubeconfig);
    second.until_said("waiting for the Lease").await;
    // Nothing is served for it: the status says so, and that is a write.
    cluster.create(applications, &manifests::application("roses", "https://127.0.0.1:1/none", "roses")).await;
    cluster.until_told("roses", &["ComparisonError"]).await;
    assert!(!second.said.lock().unwrap().contains("controller is running"));

    first.signal("-STOP");
    second.until_said("controller is running").await;
    cluster.create(applications, &manifests::application("tulips", "https://127.0.0.1:1/none", "tulips")).await;
    cluster.until_told("tulips", &["ComparisonError"]).await;
    second.signal("-STOP");
    let before = [version_of(&cluster, "roses").await, version_of(&cluster, "tulips").await];

    first.signal("-CONT");
    assert_eq!(first.until_ended().await, Some(3));
    assert!(first.said.lock().unwrap().contains("the Lease has passed to another controller"));
    let after = [version_of(&cluster, "roses").await, version_of(&cluster, "tulips").await];
    assert_eq!(before, after);
    second.signal("-CONT");
}
