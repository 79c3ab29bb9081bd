//! Memory and start of a store that holds many objects.

use std::time::Instant;

use serde_json::{Value, json};
use windlass_sandbox::{Options, Sandbox};

use crate::{Failure, client};

const TEXT: usize = 2 << 10;

/// What the system says this process holds.
pub fn resident_mib() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Fills a store with ConfigMaps of 2 KiB and starts it again from its folder.
pub async fn filled(objects: usize) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let options = || Options { data: Some(folder.path().into()), ..Options::default() };
    let sandbox = Sandbox::start(options()).await?;
    let text = "x".repeat(TEXT);
    for index in 0..objects {
        let body = json!({ "metadata": { "name": format!("map-{index:06}") }, "data": { "text": text } });
        client::call(&sandbox, "POST", "/api/v1/namespaces/default/configmaps", body.to_string()).await?;
    }
    let held = resident_mib()?;
    sandbox.shutdown().await;
    let started = Instant::now();
    let sandbox = Sandbox::start(options()).await?;
    let start = started.elapsed();
    let again = resident_mib()?;
    sandbox.shutdown().await;
    Ok(json!({
        "objects": objects,
        "mib": held,
        "restart_ms": start.as_secs_f64() * 1e3,
        "mib_after_restart": again,
    }))
}
