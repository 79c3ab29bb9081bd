//! Memory of a store that holds many objects, and its start from a folder after it was killed.

use serde_json::{Value, json};

use crate::Failure;
use crate::client::{Connection, Endpoint};
use crate::process::Process;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const TEXT: usize = 2 << 10;
const CONNECTIONS: usize = 4;

/// Fills a store with ConfigMaps of 2 KiB, kills it and starts it again.
pub async fn figures(objects: usize) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let process = Process::start_unbound(folder.path()).await?;
    fill(&process.endpoint, objects).await?;
    let held = process.resident_mib()?;
    process.kill()?;
    let process = Process::start_unbound(folder.path()).await?;
    let last = format!("{MAPS}/map-{:06}", objects.saturating_sub(1));
    Connection::open(&process.endpoint).await?.ask("GET", &last, "application/json", "").await?;
    let (restart, again) = (process.start, process.resident_mib()?);
    process.kill()?;
    Ok(json!({
        "objects": objects,
        "mib": held,
        "restart_ms": restart.as_secs_f64() * 1e3,
        "mib_after_restart": again,
    }))
}

async fn fill(endpoint: &Endpoint, objects: usize) -> Result<(), Failure> {
    let text = "x".repeat(TEXT);
    let mut running = Vec::new();
    for at in 0..CONNECTIONS {
        let (mut connection, text) = (Connection::open(endpoint).await?, text.clone());
        running.push(tokio::spawn(async move {
            for index in (at..objects).step_by(CONNECTIONS) {
                let body = json!({ "metadata": { "name": format!("map-{index:06}") }, "data": { "text": text } });
                connection.ask("POST", MAPS, "application/json", &body.to_string()).await?;
            }
            Ok::<(), Failure>(())
        }));
    }
    for task in running {
        task.await??;
    }
    Ok(())
}
