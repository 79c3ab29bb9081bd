//! The sandbox as a process of its own: this program, started again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass_sandbox::{Options, Sandbox};

use crate::Failure;
use crate::client::Endpoint;
use crate::pinned::{self, Side};

/// The argument that makes this program a server.
pub const SERVE: &str = "serve";

/// Serves until its standard input ends, and says where.
pub async fn serve(data: Option<PathBuf>) -> Result<(), Failure> {
    let sandbox = Sandbox::start(Options { data, ..Options::default() }).await?;
    let told = json!({
        "address": sandbox.address().to_string(),
        "token": sandbox.token(),
        "authority": sandbox.ca_pem(),
    });
    writeln!(std::io::stdout(), "{told}")?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    sandbox.shutdown().await;
    Ok(())
}

pub struct Process {
    child: Child,
    pub endpoint: Endpoint,
    /// From the start of the process until it is ready.
    pub start: Duration,
}

impl Process {
    /// Starts one on the servers' processor and waits until it is ready.
    pub async fn start(data: Option<&Path>) -> Result<Self, Failure> {
        Self::start_on(Side::Servers, data).await
    }

    /// Starts one that has all processors, as where nobody measures it.
    pub async fn start_unbound(data: &Path) -> Result<Self, Failure> {
        Self::start_on(Side::Anywhere, Some(data)).await
    }

    async fn start_on(side: Side, data: Option<&Path>) -> Result<Self, Failure> {
        let data = data.map(Path::to_owned);
        tokio::task::spawn_blocking(move || {
            pinned::pin(side);
            let started = Self::spawn(data.as_deref());
            pinned::pin(Side::Client);
            started
        })
        .await?
    }

    fn spawn(data: Option<&Path>) -> Result<Self, Failure> {
        let started = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(SERVE).args(data).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let start = started.elapsed();
        let told: Value = serde_json::from_str(&line)?;
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        let endpoint =
            Endpoint { address: text("address").parse()?, token: text("token"), authority: text("authority") };
        Ok(Process { child, endpoint, start })
    }

    /// What the system says the process holds.
    pub fn resident_mib(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// Ends it without a word of warning.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}
