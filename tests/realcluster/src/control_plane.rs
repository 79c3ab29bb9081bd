//! Starts the servers on free loopback ports and waits until they serve.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use windlass_tests_suite::Cluster;
use windlass_tests_support::{tethered, try_eventually};

use crate::{
    Binaries,
    certificates::{ACCOUNT_KEY, ACCOUNT_PUBLIC_KEY, Identity, SERVER_CERTIFICATE, SERVER_KEY, TOKENS},
};

/// Others on this machine may take a port between our look and the server's start.
const ATTEMPTS: usize = 3;
/// All that run: no controller of Jobs or StatefulSets, whose status the scenarios write themselves.
const CONTROLLERS: &[&str] = &[
    "namespace-controller",
    "garbage-collector-controller",
    "deployment-controller",
    "replicaset-controller",
    "endpoints-controller",
    "endpointslice-controller",
];

/// What runs beside the API server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Controllers {
    Run,
    /// These and no other.
    Only(&'static [&'static str]),
    /// The API server and its storage are alone: that is what figures are about.
    None,
}

impl Controllers {
    fn names(self) -> Option<&'static [&'static str]> {
        match self {
            Controllers::Run => Some(CONTROLLERS),
            Controllers::Only(names) => Some(names),
            Controllers::None => None,
        }
    }
}

/// Running servers. They end, and their folder goes, when this is dropped or the process ends in whatever way.
pub struct ControlPlane {
    kubeconfig: String,
    _servers: Vec<Child>,
}

impl ControlPlane {
    pub async fn start(binaries: &Binaries, controllers: Controllers) -> io::Result<Self> {
        let mut last = io::Error::other("never tried");
        for _ in 0..ATTEMPTS {
            match Self::try_start(binaries, controllers).await {
                Ok(started) => return Ok(started),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    async fn try_start(binaries: &Binaries, controllers: Controllers) -> io::Result<Self> {
        let folder = tempfile::tempdir()?.keep();
        let [client, peer, secure, managing] = free_ports()?;
        let identity = Identity::write_to(&folder)?;
        let kubeconfig = identity.kubeconfig(secure, &folder)?;
        let place = Place { binaries, folder: &folder };
        let mut servers = vec![
            place.spawn("etcd", Some(&folder), &etcd(&folder, client, peer))?,
            place.spawn("kube-apiserver", None, &api_server(&folder, client, secure))?,
        ];
        place.until_ready(&kubeconfig).await?;
        if let Some(controllers) = controllers.names() {
            let arguments = controller_manager(&folder, managing, controllers);
            servers.push(place.spawn("kube-controller-manager", None, &arguments)?);
        }
        Ok(Self { kubeconfig, _servers: servers })
    }
}

struct Place<'a> {
    binaries: &'a Binaries,
    folder: &'a Path,
}

impl Place<'_> {
    /// Starts a server that ends with this process; `leaves` is removed after it.
    fn spawn(&self, name: &str, leaves: Option<&Path>, arguments: &[String]) -> io::Result<Child> {
        let log = fs::File::create(self.log(name))?;
        let mut command: Command = tethered(&self.binaries.path(name), leaves);
        command.args(arguments).stdout(Stdio::null()).stderr(log).spawn()
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    async fn until_ready(&self, kubeconfig: &str) -> io::Result<()> {
        fs::write(self.folder.join("kubeconfig"), kubeconfig)?;
        let cluster = Cluster::connect(kubeconfig).await;
        let ready = try_eventually(|| async { cluster.is_ready().await.then_some(()) }).await;
        ready.ok_or_else(|| {
            let log = fs::read_to_string(self.log("kube-apiserver")).unwrap_or_default();
            let end: Vec<&str> = log.lines().rev().take(5).collect();
            io::Error::other(format!("kube-apiserver is not ready; its log, last line first: {end:#?}"))
        })
    }
}

fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    // All are held until each has been taken, so that none comes twice.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn etcd(folder: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    vec![
        "--name=default".into(),
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // Nothing here outlives the tests.
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ]
}

fn api_server(folder: &Path, etcd: u16, port: u16) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".into(),
        "--advertise-address=127.0.0.1".into(),
        "--endpoint-reconciler-type=none".into(),
        format!("--tls-cert-file={}", file(SERVER_CERTIFICATE)),
        format!("--tls-private-key-file={}", file(SERVER_KEY)),
        format!("--token-auth-file={}", file(TOKENS)),
        "--authorization-mode=RBAC".into(),
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local".into(),
        format!("--service-account-key-file={}", file(ACCOUNT_PUBLIC_KEY)),
        format!("--service-account-signing-key-file={}", file(ACCOUNT_KEY)),
        "--service-cluster-ip-range=10.96.0.0/16".into(),
        "--allow-privileged=true".into(),
        // It would wait for tokens that no controller makes here.
        "--disable-admission-plugins=ServiceAccount".into(),
    ]
}

fn controller_manager(folder: &Path, port: u16, controllers: &[&str]) -> Vec<String> {
    vec![
        format!("--kubeconfig={}", folder.join("kubeconfig").display()),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={port}"),
        "--leader-elect=false".into(),
        "--kube-api-qps=200".into(),
        "--kube-api-burst=400".into(),
        format!("--controllers={}", controllers.join(",")),
    ]
}
