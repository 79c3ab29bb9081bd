//! A real kube-apiserver with etcd on the servers' processor, where the binaries are there.

use std::path::Path;

use serde_json::Value;
use windlass_tests_realcluster::{Binaries, ControlPlane, Controllers};

use crate::Failure;
use crate::client::Endpoint;
use crate::pinned::{self, Side};

pub struct Real {
    pub endpoint: Endpoint,
    /// Ends with this.
    _servers: ControlPlane,
}

pub async fn start() -> Result<Option<Real>, Failure> {
    let Some(binaries) = Binaries::find() else { return Ok(None) };
    pinned::pin(Side::Servers);
    let servers = ControlPlane::start(&binaries, Controllers::None).await;
    pinned::pin(Side::Client);
    let servers = servers?;
    let endpoint = endpoint(&serde_json::from_str(servers.kubeconfig())?)?;
    Ok(Some(Real { endpoint, _servers: servers }))
}

fn endpoint(kubeconfig: &Value) -> Result<Endpoint, Failure> {
    let text = |path: &str| kubeconfig.pointer(path).and_then(Value::as_str).ok_or("a kubeconfig of another form");
    let address = text("/clusters/0/cluster/server")?.trim_start_matches("https://").parse()?;
    let authority = std::fs::read_to_string(Path::new(text("/clusters/0/cluster/certificate-authority")?))?;
    Ok(Endpoint { address, token: text("/users/0/user/token")?.into(), authority })
}
