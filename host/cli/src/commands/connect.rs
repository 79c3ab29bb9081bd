//! Reaches a cluster through a kubeconfig, which is only ever read.

use anyhow::Context as _;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::args::ClusterArgs;

pub async fn client(args: &ClusterArgs) -> anyhow::Result<kube::Client> {
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    let config = match &args.kubeconfig {
        Some(file) => {
            let kubeconfig = Kubeconfig::read_from(file).with_context(|| format!("kubeconfig {}", file.display()))?;
            kube::Config::from_custom_kubeconfig(kubeconfig, &options)
                .await
                .with_context(|| format!("kubeconfig {}", file.display()))?
        }
        None if args.context.is_some() => kube::Config::from_kubeconfig(&options).await.context("kubeconfig")?,
        None => kube::Config::infer().await.context("no cluster: give --kubeconfig or set KUBECONFIG")?,
    };
    kube::Client::try_from(windlass_cluster::introduced(config)).context("cannot set up the connection")
}
