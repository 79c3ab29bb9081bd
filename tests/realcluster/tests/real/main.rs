//! The shared scenarios, on a real kube-apiserver or the cluster that was given.
#![cfg(feature = "real")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use tokio::sync::OnceCell;
use windlass_tests_realcluster::{Binaries, ControlPlane, given};
use windlass_tests_suite::{Site, each_scenario, scenarios};

/// The cluster of this run; `None` where there is no Go to build it with.
static PLACE: OnceCell<Option<(Site, Option<ControlPlane>)>> = OnceCell::const_new();

async fn place() -> Option<(Site, Option<ControlPlane>)> {
    if let Some(kubeconfig) = given() {
        return Some((Site::on(&kubeconfig).await, None));
    }
    let binaries = tokio::task::spawn_blocking(Binaries::find_or_build).await.expect("it ends");
    let Some(binaries) = binaries.expect("the servers can be built") else {
        eprintln!("SKIPPED: scenarios on a real kube-apiserver, since there is no Go to build it with");
        return None;
    };
    let control_plane = ControlPlane::start(&binaries).await.expect("a control plane");
    Some((Site::on(control_plane.kubeconfig()).await, Some(control_plane)))
}

macro_rules! play {
    ($($name:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            if let Some((site, _)) = PLACE.get_or_init(place).await {
                scenarios::$name(site).await;
            }
        })*
    };
}

each_scenario!(play);
