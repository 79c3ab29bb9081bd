//! `windlass controller`: reconciles the Applications of a cluster.

use windlass_controller::{Controller, Options};

use super::connect;
use crate::{args::ControllerArgs, assemble::assemble, exit::Exit, output::tell};

pub async fn run(args: ControllerArgs) -> anyhow::Result<Exit> {
    let client = connect::client(&args.cluster).await?;
    let assembly = assemble(Vec::new(), args.allow_local_repositories)?;
    let options = Options {
        control_namespace: args.namespace,
        workers: args.status_processors,
        adjust: Box::new(|_| {}),
        notify: None,
    };
    let controller = Controller::start(client, assembly.pipeline, options).await?;
    tell("controller is running");
    let running = tokio::spawn(controller.clone().run());
    tokio::signal::ctrl_c().await?;
    controller.stop();
    running.await?;
    Ok(Exit::Done)
}
