//! Where chaos takes place: an API server, and somebody who breaks what the controller asks of it.

use kube::client::ClientBuilder;
use windlass_sandbox::{FaultLayer, Faults, Sandbox};

use crate::{cluster, in_process::AGENT, site};

/// An API server with everything that an installation needs besides its controller.
pub struct Ground {
    /// Whose requests nobody breaks.
    pub own: kube::Client,
    /// For the controller.
    pub broken: kube::Client,
    weather: Weather,
}

/// Who breaks requests: the embedded API itself, or somebody in front of another server.
enum Weather {
    Inside(Sandbox),
    InFront(FaultLayer),
}

impl Ground {
    /// An embedded API of its own.
    pub async fn embedded() -> Self {
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.expect("a free port");
        let own = kube::Client::new(sandbox.client_service(), "default");
        site::install(&cluster::Cluster::of(own.clone())).await;
        let broken = kube::Client::new(sandbox.client_service().as_agent(AGENT), "default");
        Self { own, broken, weather: Weather::Inside(sandbox) }
    }

    /// A server on which all is installed.
    pub async fn on(kubeconfig: &str) -> Self {
        let config = cluster::config(kubeconfig).await;
        let own = kube::Client::try_from(config.clone()).expect("a usable kubeconfig");
        let front = FaultLayer::new(AGENT);
        let broken = ClientBuilder::try_from(config).expect("a usable kubeconfig").with_layer(&front).build();
        Self { own, broken, weather: Weather::InFront(front) }
    }

    /// Breaks the controller's requests by these rules from now on, or no longer.
    pub fn set_faults(&self, faults: Option<Faults>) {
        match &self.weather {
            Weather::Inside(sandbox) => sandbox.set_faults(faults),
            Weather::InFront(front) => front.set_faults(faults),
        }
    }
}
