//! The servers on which programs run: the embedded one, and a real one. The same simulator plays workloads on both.

use anyhow::Context as _;
use base64::Engine as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use windlass_sandbox::{Options, Sandbox};
use windlass_tests_realcluster::{Binaries, ControlPlane, Controllers};

/// What the embedded server has built in, and nothing that plays workloads.
const CONTROLLERS: &[&str] = &[
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "clusterrole-aggregation-controller",
    "resourcequota-controller",
];

/// A running server and the simulator on it; both end when this is dropped.
pub struct Place {
    access: Access,
    client: kube::Client,
    simulator: JoinHandle<()>,
    _server: Server,
}

enum Server {
    Embedded { _sandbox: Sandbox },
    Real { _plane: ControlPlane },
}

/// How a client gets in.
struct Access {
    url: String,
    authority: String,
    token: String,
}

impl Place {
    /// # Errors
    /// The embedded server does not start.
    pub async fn embedded() -> anyhow::Result<Self> {
        let sandbox = Sandbox::start(Options::default()).await?;
        let access =
            Access { url: sandbox.url(), authority: sandbox.ca_pem().to_owned(), token: sandbox.token().to_owned() };
        let client = kube::Client::new(sandbox.client_service(), "default");
        Ok(Self::with(access, client, Server::Embedded { _sandbox: sandbox }))
    }

    /// # Errors
    /// There is no Go to build the server with, or it does not start.
    pub async fn real() -> anyhow::Result<Self> {
        let binaries = tokio::task::spawn_blocking(Binaries::find_or_build).await??;
        let binaries = binaries.context("there is no Go to build Kubernetes with")?;
        let plane = ControlPlane::start(&binaries, Controllers::Only(CONTROLLERS)).await?;
        let access = Access::of_kubeconfig(&serde_json::from_str(plane.kubeconfig())?)?;
        // Another crate may have installed it already.
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let kubeconfig = kube::config::Kubeconfig::from_yaml(plane.kubeconfig())?;
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await?;
        Ok(Self::with(access, kube::Client::try_from(config)?, Server::Real { _plane: plane }))
    }

    fn with(access: Access, client: kube::Client, server: Server) -> Self {
        let simulator = tokio::spawn(windlass_simulator::run(client.clone(), Default::default()));
        Place { access, client, simulator, _server: server }
    }

    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// A kubeconfig whose context has this namespace; equal for all servers but for address, authority and token.
    pub fn kubeconfig(&self, namespace: &str) -> String {
        let Access { url, authority, token } = &self.access;
        let authority = base64::engine::general_purpose::STANDARD.encode(authority);
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "tests",
            "clusters": [{ "name": "tests", "cluster": { "server": url, "certificate-authority-data": authority } }],
            "users": [{ "name": "tests", "user": { "token": token } }],
            "contexts": [{ "name": "tests", "context": { "cluster": "tests", "user": "tests", "namespace": namespace } }],
        })
        .to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.simulator.abort();
    }
}

impl Access {
    fn of_kubeconfig(kubeconfig: &Value) -> anyhow::Result<Self> {
        let cluster = &kubeconfig["clusters"][0]["cluster"];
        let text = |value: &Value| value.as_str().map(str::to_owned).context("the kubeconfig lacks what is needed");
        let authority = std::fs::read_to_string(text(&cluster["certificate-authority"])?)?;
        Ok(Access { url: text(&cluster["server"])?, authority, token: text(&kubeconfig["users"][0]["user"]["token"])? })
    }
}
