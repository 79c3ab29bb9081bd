//! `realcluster FILE`: a real control plane with what an installation needs besides its controller, until its
//! standard input ends; for suites in other languages and for looking around. FILE gets the kubeconfig.
#![expect(clippy::print_stdout, reason = "a program that says what it has started")]

use std::{io, path::PathBuf};

use windlass_tests_realcluster::{Binaries, ControlPlane, Controllers};
use windlass_tests_suite::{Cluster, site};

#[tokio::main]
async fn main() -> io::Result<()> {
    let file: PathBuf = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: realcluster FILE"))?.into();
    let Some(binaries) = Binaries::find_or_build()? else {
        return Err(io::Error::other("there is no Go to build Kubernetes with"));
    };
    let control_plane = ControlPlane::start(&binaries, Controllers::Run).await?;
    site::install(&Cluster::connect(control_plane.kubeconfig()).await).await;
    std::fs::write(&file, control_plane.kubeconfig())?;
    println!("export KUBECONFIG={}", file.display());
    println!("kubectl is {}", binaries.path("kubectl").display());
    // Whoever holds the other end decides; a terminal ends it with Ctrl-D.
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    Ok(())
}
