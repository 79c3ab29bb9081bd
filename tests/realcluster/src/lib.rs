//! A real Kubernetes control plane for tests: etcd, kube-apiserver and kube-controller-manager, built from
//! source with Go and started on loopback. It has no kubelet and no scheduler: no Pod ever runs.

mod binaries;
mod certificates;
mod control_plane;

pub use binaries::Binaries;
pub use control_plane::{ControlPlane, Controllers};

/// Names a kubeconfig whose cluster is used instead. A variable of its own, and not `KUBECONFIG`: nobody's
/// everyday cluster is to be written to because a test was run.
pub const GIVEN: &str = "WINDLASS_TEST_KUBECONFIG";

/// The kubeconfig of the cluster that was given, if one was.
pub fn given() -> Option<String> {
    let file = std::env::var_os(GIVEN)?;
    let text = std::fs::read_to_string(&file);
    Some(text.unwrap_or_else(|error| panic!("{GIVEN}: {}: {error}", file.display())))
}
