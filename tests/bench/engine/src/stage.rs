//! What every row plays on: the embedded API and a Git server in this process, a controller in another.

use std::{path::PathBuf, time::Duration};

use http::{HeaderValue, Request, header::USER_AGENT};
use kube::client::Body;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use windlass_sandbox::{RequestKey, Requests, Sandbox, Verb};
use windlass_tests_suite::{Cluster, site};
use windlass_tests_support::{GitRepository, GitServer, Home, binary};

use crate::{
    Failure,
    controller::Controller,
    options::Options,
    repository::{self, Folder, NAMESPACE},
    statuses::{Statuses, Told},
    watch::Watch,
};

/// What this process calls itself, so that its own requests are not counted.
const AGENT: &str = "bench";
const APPLICATIONS: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
const SETTINGS: &str = "/api/v1/namespaces/argocd/configmaps/argocd-cm";
/// So seldom that nothing of it falls into a measurement.
pub const SELDOM: Duration = Duration::from_secs(3600);

pub struct Stage {
    sandbox: Sandbox,
    binary: PathBuf,
    home: Home,
    kubeconfig: PathBuf,
    pub repository: GitRepository,
    pub git: GitServer,
    client: kube::Client,
    pub cluster: Cluster,
    pub statuses: Statuses,
    pub controller: Controller,
}

impl Stage {
    /// Everything in place, and a controller that has just been started. Its components were compiled before.
    pub async fn set(options: &Options) -> Result<Self, Failure> {
        let binary = options.binary.clone().unwrap_or_else(binary::fresh_windlass_binary);
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await?;
        let named = |mut request: Request<Body>| {
            request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
            request
        };
        let client = kube::Client::new(sandbox.client_service().map_request(named), "argocd");
        let cluster = Cluster::of(client.clone());
        site::install(&cluster).await;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        cluster.create("/api/v1/namespaces", &namespace).await;
        let home = Home::new();
        let kubeconfig = home.write("kubeconfig", sandbox.kubeconfig());
        let repository = repository::written(&options.scale);
        let git = GitServer::start(repository.path());
        let statuses = Statuses::watch(&client).await?;
        let controller = Controller::start(&binary, &home, &kubeconfig).await;
        let mut stage =
            Self { sandbox, binary, home, kubeconfig, repository, git, client, cluster, statuses, controller };
        stage.warm_up(Folder::One(options.scale.applications)).await?;
        stage.restarted().await
    }

    async fn warm_up(&mut self, folder: Folder) -> Result<(), Failure> {
        self.set_period(SELDOM).await;
        self.create(folder).await;
        self.until_settled(&[folder]).await?;
        self.cluster.delete(&format!("{APPLICATIONS}/{folder}")).await;
        self.cluster.delete(&config_map(folder)).await;
        Ok(())
    }

    /// The same with another controller, which has nothing but what stands in the cluster and on the disk.
    pub async fn restarted(self) -> Result<Self, Failure> {
        self.controller.stop().await?;
        let controller = Controller::start(&self.binary, &self.home, &self.kubeconfig).await;
        controller.until_quiet().await?;
        Ok(Self { controller, ..self })
    }

    pub async fn end(self) -> Result<(), Failure> {
        self.controller.stop().await?;
        self.sandbox.shutdown().await;
        Ok(())
    }

    /// Sets how often every application is looked at.
    pub async fn set_period(&self, period: Duration) {
        let period = format!("{}s", period.as_secs());
        let data = json!({"timeout.reconciliation": period, "timeout.reconciliation.jitter": "0s"});
        self.cluster.merge(SETTINGS, &json!({"data": data})).await;
    }

    pub async fn create(&self, folder: Folder) {
        self.cluster.create(APPLICATIONS, &repository::application(folder, &self.git.url(".git"))).await;
    }

    /// Waits until applications are synced, by an operation of their own.
    pub async fn until_settled(&mut self, folders: &[Folder]) -> Result<(), Failure> {
        for folder in folders {
            self.statuses.until(&folder.to_string(), Told::is_settled).await?;
        }
        Ok(())
    }

    /// Watches the ConfigMap of a folder.
    pub async fn watch(&self, folder: Folder) -> Result<Watch, Failure> {
        let query = format!("&fieldSelector=metadata.name%3D{folder}");
        Watch::of(&self.client, &format!("/api/v1/namespaces/{NAMESPACE}/configmaps"), &query).await
    }

    /// What the controller has asked so far: not its Lease, not its watches, and no Events.
    pub fn requests(&self) -> Requests {
        let mut requests = self.sandbox.requests();
        requests.0.retain(|key, _| {
            let is_asked = key.agent != AGENT && key.verb != Verb::Watch;
            is_asked && !["leases.coordination.k8s.io", "events"].contains(&key.resource.as_str())
        });
        requests
    }
}

/// Where the ConfigMap of a folder is found.
pub fn config_map(folder: Folder) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/configmaps/{folder}")
}

/// Where the Service of a folder is found.
pub fn service(folder: Folder) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/services/{folder}")
}

/// Requests by what they were, for people to read.
pub fn listed(requests: &Requests) -> Value {
    let one = |(key, count): (&RequestKey, &u64)| (format!("{} {}", key.verb.as_str(), key.resource), (*count).into());
    Value::Object(requests.0.iter().map(one).collect())
}
