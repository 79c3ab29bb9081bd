//! `windlass up`: embedded API, simulated workloads and controller in one process, fed from a folder or a repository.

mod source;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::Instant;
use windlass_controller::{Controller, NotifyOptions, NotifyTarget, Options, Overview};
use windlass_model::{HealthStatus, application::SyncStatus};
use windlass_sandbox::Sandbox;

use self::source::UpSource;
use super::{install, table::Table};
use crate::{
    args::UpArgs,
    assemble::{Assembly, assemble},
    exit::{Exit, WrongUsage},
    kubeconfig,
    output::{complain, tell},
};

const CONTROL_NAMESPACE: &str = "argocd";
const WORKERS: usize = 8;
/// What a slip of the hand in a folder may take along, in percent of an application's objects.
const PRUNE_CAP: u8 = 75;
/// How often the table is drawn at most.
const FRAME: Duration = Duration::from_millis(50);

pub async fn run(args: UpArgs) -> anyhow::Result<Exit> {
    if !args.listen.ip().is_loopback() {
        return Err(WrongUsage(format!("--listen {}: only loopback addresses are served", args.listen)).into());
    }
    let source = Arc::new(UpSource::new(&args)?);
    let assembly = assemble(source.maps.clone(), true, &args.enabled.plugins)?;
    let sandbox = Sandbox::start(windlass_sandbox::Options {
        listen: args.listen,
        data: args.data.clone(),
        ..windlass_sandbox::Options::default()
    })
    .await
    .context("the embedded API does not start")?;
    let client = kube::Client::new(sandbox.client_service(), CONTROL_NAMESPACE);
    install::definitions(&client).await?;
    install::control_plane(&client, CONTROL_NAMESPACE).await?;
    let simulator = windlass_simulator::run(client.clone(), windlass_simulator::Options::default());
    let simulator = tokio::spawn(simulator);
    let controller = Controller::start(client.clone(), assembly.pipeline.clone(), options(&args, &assembly)?).await?;
    source.load(&client).await?;
    let running = tokio::spawn(controller.clone().run());
    let file = kubeconfig::write(args.write_kubeconfig.as_deref(), &sandbox.kubeconfig(), &source.maps)?;
    greet(&args, &source, &file);
    let watching = source.clone().watch(client, controller.clone());
    let exit = show(&args, &controller).await;
    controller.stop();
    watching.abort();
    simulator.abort();
    running.await?;
    if args.write_kubeconfig.is_none() {
        forget(&file);
    }
    sandbox.shutdown().await;
    exit
}

fn options(args: &UpArgs, assembly: &Assembly) -> anyhow::Result<Options> {
    let notify = args.notify.as_deref().map(|url| notify(url, assembly)).transpose()?;
    Ok(Options {
        control_namespace: CONTROL_NAMESPACE.into(),
        workers: WORKERS,
        adjust: Box::new(|settings| {
            // Nobody waits for a load balancer to settle here.
            settings.wave_delay = Duration::ZERO;
            settings.prune_cap.get_or_insert(PRUNE_CAP);
        }),
        notify,
        ..Options::default()
    })
}

fn notify(url: &str, assembly: &Assembly) -> anyhow::Result<NotifyOptions> {
    let parsed = reqwest::Url::parse(url).map_err(|_| WrongUsage(format!("--notify {url}: not a URL")))?;
    let host = parsed.host_str().unwrap_or_default().to_owned();
    let allowed = parsed.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    Ok(NotifyOptions {
        runtime: assembly.runtime.clone(),
        plugin: assembly.notifier.clone(),
        targets: vec![NotifyTarget { parameters: serde_json::json!({ "url": url }).to_string().into_bytes() }],
        allowed_hosts: vec![allowed],
        secrets: Default::default(),
        client: reqwest::Client::builder().build()?,
    })
}

fn greet(args: &UpArgs, source: &UpSource, kubeconfig: &std::path::Path) {
    for map in &source.maps {
        tell(&format!("{} is served from {}", map.url, map.folder.display()));
    }
    tell("Workloads are simulated: no container runs. Sync waves follow one another without a pause.");
    if !args.once {
        tell(&format!("\nexport KUBECONFIG={}", kubeconfig.display()));
        tell("kubectl get applications -n argocd");
        tell("kubectl get all -A");
        tell("windlass app list\n");
    }
}

fn forget(kubeconfig: &std::path::Path) {
    let folder = kubeconfig.parent().map(std::fs::remove_dir_all);
    if let Some(Err(error)) = folder {
        tracing::debug!(%error, "the kubeconfig's folder stays");
    }
}

async fn show(args: &UpArgs, controller: &Controller) -> anyhow::Result<Exit> {
    let mut table = Table::default();
    let deadline = Instant::now() + args.timeout;
    loop {
        let overviews = controller.overview();
        let ready = !overviews.is_empty() && overviews.iter().all(is_ready);
        let unready: Vec<Overview> = overviews.iter().filter(|row| !is_ready(row)).cloned().collect();
        table.show(overviews);
        if args.once && ready && controller.is_idle() {
            return Ok(Exit::Done);
        }
        if args.once && Instant::now() >= deadline {
            explain(&unready, args.timeout);
            return Ok(Exit::Different);
        }
        tokio::select! {
            () = tokio::time::sleep(FRAME) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
        }
    }
}

fn is_ready(row: &Overview) -> bool {
    row.sync == SyncStatus::Synced && row.health == HealthStatus::Healthy && !row.has_error && !row.is_moving
}

fn explain(unready: &[Overview], timeout: Duration) {
    if unready.is_empty() {
        complain(&format!("no application within {} s", timeout.as_secs()));
    }
    for row in unready {
        complain(&format!(
            "{} is {} and {} after {} s: {}",
            row.name,
            row.sync.as_str(),
            row.health.as_str(),
            timeout.as_secs(),
            if row.doing.is_empty() { "nothing is known of it yet" } else { &row.doing },
        ));
    }
}
