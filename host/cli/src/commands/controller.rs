//! `windlass controller`: reconciles the Applications of a cluster, stands by while another one does, or only looks.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};
use windlass_cluster::Fence;
use windlass_controller::{
    Controller, Leadership, LeaseOptions, Observer, Options, come_back,
    rival::{self, Sign},
};
use windlass_server::{Pages, Server};

use super::{compare, connect};
use crate::{
    args::ControllerArgs,
    assemble::assemble,
    exit::{Exit, WrongUsage},
    heap,
    output::{complain, tell},
};

/// The Lease by which controllers of one control plane find out which of them acts.
const LEASE: &str = "windlass-controller";

/// The controller, once it acts.
type Acting = Arc<OnceLock<Arc<Controller>>>;

pub async fn run(args: ControllerArgs) -> anyhow::Result<Exit> {
    if args.lease_duration < LeaseOptions::SHORTEST {
        let shortest = LeaseOptions::SHORTEST.as_secs();
        return Err(WrongUsage(format!("--lease-duration: at least {shortest}s, so that a write fits in")).into());
    }
    let client = connect::client(&args.cluster).await?;
    let assembly = assemble(Vec::new(), args.allow_local_repositories, &args.enabled.plugins)?;
    if args.observe {
        let observer = Observer::connect(client, assembly.pipeline, &args.namespace).await?;
        tell("observer is running: nothing is written");
        return compare::observe(&observer).await;
    }
    if !args.only_handed_over {
        let signs = rival::signs(&client, &args.namespace).await;
        if !signs.is_empty() {
            bail!("{}", refusal(&args.namespace, &signs));
        }
    }
    let acting = Acting::default();
    let _server = serve(args.metrics_listen, &acting).await?;
    let mut asked_to_end = Box::pin(asked_to_end());
    let leadership = match args.no_leader_election {
        true => None,
        false => {
            tell("waiting for the Lease");
            tokio::select! {
                leadership = Leadership::acquire(client.clone(), lease(&args)) => Some(leadership),
                ended = &mut asked_to_end => return ended.map(|()| Exit::Done),
            }
        }
    };
    let fence = leadership.as_ref().map_or_else(Fence::open, Leadership::fence);
    let controller = Controller::start(client, assembly.pipeline, options(&args, fence)).await?;
    // Set once, here.
    acting.get_or_init(|| controller.clone());
    tell("controller is running");
    heap::trim_now_and_then();
    let running = tokio::spawn(controller.clone().run());
    let exit = tokio::select! {
        ended = asked_to_end => ended.map(|()| Exit::Done)?,
        () = lost(leadership.as_ref()) => {
            complain("the Lease has passed to another controller");
            Exit::Failed
        }
        signs = come_back(controller.cluster(), &args.namespace), if !args.only_handed_over => {
            complain(&refusal(&args.namespace, &signs));
            Exit::Failed
        }
    };
    controller.stop();
    running.await?;
    if let Some(leadership) = leadership {
        leadership.release().await;
    }
    Ok(exit)
}

fn options(args: &ControllerArgs, fence: Fence) -> Options {
    Options {
        control_namespace: args.namespace.clone(),
        workers: args.status_processors,
        lost_cluster_grace: args.lost_cluster_grace,
        only_handed_over: args.only_handed_over,
        fence,
        ..Options::default()
    }
}

fn lease(args: &ControllerArgs) -> LeaseOptions {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "windlass".into());
    let started = std::time::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO).as_nanos();
    LeaseOptions {
        namespace: args.namespace.clone(),
        name: LEASE.into(),
        identity: format!("{host}_{}_{started}", std::process::id()),
        duration: args.lease_duration,
    }
}

async fn serve(listen: Option<SocketAddr>, acting: &Acting) -> anyhow::Result<Option<Server>> {
    let Some(listen) = listen else { return Ok(None) };
    let (ready, counted) = (acting.clone(), acting.clone());
    let pages = Pages {
        // One that stands by is ready: it could act at any moment.
        ready: Box::new(move || match ready.get().and_then(|controller| controller.outage()) {
            Some(reason) => Err(format!("the cluster does not answer: {reason}")),
            None => Ok(()),
        }),
        metrics: Box::new(move || counted.get().map(|controller| controller.metrics()).unwrap_or_default()),
    };
    let server = Server::start(listen, pages).await.with_context(|| format!("cannot listen on {listen}"))?;
    tell(&format!("metrics are on http://{}/metrics", server.address()));
    Ok(Some(server))
}

/// Returns when the user or the system wants the process to end.
async fn asked_to_end() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => Ok(pressed?),
        _ = terminate.recv() => Ok(()),
    }
}

async fn lost(leadership: Option<&Leadership>) {
    match leadership {
        Some(leadership) => leadership.lost().await,
        None => std::future::pending().await,
    }
}

fn refusal(namespace: &str, signs: &[Sign]) -> String {
    let signs: Vec<String> = signs.iter().map(|sign| format!("  {sign}\n")).collect();
    format!(
        "Argo CD's application controller is at work in namespace {namespace}, and two controllers undo each other's \
         work:\n{}\
         stop it, wait until its Pods are gone, and start this again:\n  \
         kubectl -n {namespace} scale statefulset argocd-application-controller --replicas=0\n\
         or begin with the applications that you hand over:\n  windlass app hand-over NAME\n  \
         windlass controller --only-handed-over\n\
         or look without touching anything:\n  windlass compare\n  windlass controller --observe",
        signs.concat(),
    )
}
