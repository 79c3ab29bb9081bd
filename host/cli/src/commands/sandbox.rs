//! `windlass sandbox`: the embedded Kubernetes API alone.

use windlass_sandbox::{Faults, Options, Sandbox};

use super::install;
use crate::{
    args::{SandboxArgs, Simulate},
    exit::{Exit, WrongUsage},
    kubeconfig, manifests,
    output::{print, tell},
};

pub async fn run(args: SandboxArgs) -> anyhow::Result<Exit> {
    if !args.listen.ip().is_loopback() && !args.expose {
        let problem = format!("--listen {}: others can reach that address; add --expose if they may", args.listen);
        return Err(WrongUsage(problem).into());
    }
    let faults = args
        .faults
        .as_deref()
        .map(|spec| spec.parse::<Faults>().map_err(|error| WrongUsage(format!("--faults {spec}: {error}"))));
    let options = Options { listen: args.listen, data: args.data, faults: faults.transpose()?, ..Options::default() };
    let sandbox = Sandbox::start(options).await?;
    let client = kube::Client::new(sandbox.client_service(), "default");
    for file in &args.load {
        for object in manifests::read(file)? {
            install::import(&client, &object).await?;
        }
    }
    let file = kubeconfig::write(args.write_kubeconfig.as_deref(), &sandbox.kubeconfig(), &[])?;
    print(&format!("export KUBECONFIG={}\n", file.display()));
    if let Some(options) = simulated(args.simulate) {
        tell("workloads are simulated: no container runs");
        tokio::spawn(windlass_simulator::run(client, options));
    }
    tokio::signal::ctrl_c().await?;
    sandbox.shutdown().await;
    Ok(Exit::Done)
}

fn simulated(mode: Simulate) -> Option<windlass_simulator::Options> {
    match mode {
        Simulate::Off => None,
        Simulate::On => Some(windlass_simulator::Options::default()),
        Simulate::Controllers => Some(windlass_simulator::Options::without_kubelet()),
    }
}
