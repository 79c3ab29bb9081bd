//! The shared scenarios, on a real kube-apiserver or the cluster that was given.
#![cfg(feature = "real")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use tokio::sync::OnceCell;
use windlass_tests_realcluster::{Binaries, ControlPlane, Controllers, given};
use windlass_tests_suite::{
    Site,
    chaos::{Ground, Season},
    each_scenario, scenarios,
};

/// The cluster of this run; `None` where there is no Go to build it with.
static PLACE: OnceCell<Option<(Site, Option<ControlPlane>)>> = OnceCell::const_new();

/// Of chaos, with the server's pace: each takes some seconds.
const SEEDS: u64 = 3;

async fn place() -> Option<(Site, Option<ControlPlane>)> {
    if let Some(kubeconfig) = given() {
        return Some((Site::on(&kubeconfig).await, None));
    }
    let binaries = tokio::task::spawn_blocking(Binaries::find_or_build).await.expect("it ends");
    let Some(binaries) = binaries.expect("the servers can be built") else {
        eprintln!("SKIPPED: scenarios on a real kube-apiserver, since there is no Go to build it with");
        return None;
    };
    let control_plane = ControlPlane::start(&binaries, Controllers::Run).await.expect("a control plane");
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

#[tokio::test(flavor = "multi_thread")]
async fn after_any_commits_edits_crashes_and_faults_the_cluster_is_what_was_wanted() {
    let Some((site, _)) = PLACE.get_or_init(place).await else { return };
    let again = "cargo test --workspace --features windlass-tests-realcluster/real --test real after_any";
    let season = Season { seeds: SEEDS, at_once: 1, again };
    season.play(|| Ground::on(site.kubeconfig())).await;
}
