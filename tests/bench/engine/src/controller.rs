//! `windlass controller` as a process: started, stopped, and looked at from outside.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use windlass_tests_suite::program::Program;
use windlass_tests_support::Home;

use crate::Failure;

/// The kernel counts CPU time for processes in hundredths of a second, on every machine.
const TICKS_A_SECOND: f64 = 100.0;
/// A controller that uses no more than one tick in this time has nothing to do.
const QUIET: Duration = Duration::from_secs(1);

pub struct Controller {
    program: Program,
    metrics: String,
}

impl Controller {
    /// Returns once it has listed the cluster.
    pub async fn start(binary: &Path, home: &Home, kubeconfig: &Path) -> Self {
        let mut command = home.command(binary);
        command.args(["controller", "--metrics-listen", "127.0.0.1:0", "--kubeconfig"]).arg(kubeconfig);
        let program = Program::start(&mut command);
        let page = program.until_printed("metrics are on http://").await;
        program.until_printed("controller is running").await;
        Self { program, metrics: page }
    }

    /// Ends it in order, so that its Lease is free.
    pub async fn stop(self) -> Result<(), Failure> {
        let id = self.program.id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &id]).status()?;
        let (status, printed) = self.program.until_ended().await;
        if sent.success() && status.success() { Ok(()) } else { Err(printed.into()) }
    }

    /// Seconds of CPU since its start, the system's for it included.
    pub fn cpu(&self) -> Result<f64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.program.id()))?;
        // The second field is the name in brackets, which may hold anything.
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).ok_or("no such field");
        Ok((field(11)? + field(12)?) / TICKS_A_SECOND)
    }

    /// Bytes in memory now.
    pub fn memory(&self) -> Result<f64, Failure> {
        self.status_field("VmRSS:")
    }

    /// The most bytes that there ever were.
    pub fn peak(&self) -> Result<f64, Failure> {
        self.status_field("VmHWM:")
    }

    fn status_field(&self, name: &str) -> Result<f64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.program.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such field")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
    }

    /// The sum of a metric over all its labels. The page is written for this, which costs the controller CPU.
    pub fn metric(&self, name: &str) -> Result<f64, Failure> {
        let (address, path) = self.metrics.split_once('/').ok_or("no page")?;
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        let samples = page.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        Ok(samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Waits until it has nothing to do any more.
    pub async fn until_quiet(&self) -> Result<(), Failure> {
        loop {
            let before = self.cpu()?;
            tokio::time::sleep(QUIET).await;
            if self.cpu()? - before < 1.5 / TICKS_A_SECOND {
                return Ok(());
            }
        }
    }
}
