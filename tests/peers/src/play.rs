//! Plays a transcript: runs its commands one after another in a namespace of its own, and notes what they print.

use std::path::Path;
use std::process::{Command as Process, Output, Stdio};

use anyhow::{Context as _, ensure};
use windlass_tests_support::Home;

use crate::folder;
use crate::normal;
use crate::place::Place;
use crate::tools::Tools;
use crate::transcript::{Command, Part, Said, Transcript};

/// Seconds after which a command is ended: no server answers as slowly.
const PATIENCE: &str = "60";

/// # Errors
/// A command that prepares fails, or no command can be started.
pub async fn play(tools: &Tools, place: &Place, transcript: &Transcript) -> anyhow::Result<Transcript> {
    let namespace = format!("at-{}", transcript.name);
    let shell = Shell::new(tools, &place.kubeconfig(&namespace))?;
    let transcript = transcript.clone();
    // Commands block, and the servers run on this runtime.
    tokio::task::spawn_blocking(move || {
        shell.prepare(&format!("kubectl create namespace {namespace}"))?;
        let parts = transcript.parts.into_iter().map(|part| shell.perform(part)).collect::<anyhow::Result<_>>()?;
        shell.prepare(&format!("kubectl delete namespace {namespace}"))?;
        Ok(Transcript { name: transcript.name, parts })
    })
    .await?
}

/// Runs lines as a user would who has the programs in the `PATH` and a kubeconfig.
pub struct Shell {
    home: Home,
}

impl Shell {
    /// # Errors
    /// The surroundings cannot be made.
    pub fn new(tools: &Tools, kubeconfig: &str) -> anyhow::Result<Self> {
        let home = Home::new();
        home.write("kubeconfig", kubeconfig);
        std::fs::create_dir(home.path("bin"))?;
        for (name, path) in tools.iter() {
            std::os::unix::fs::symlink(path, home.path("bin").join(name))?;
        }
        Ok(Shell { home })
    }

    fn perform(&self, part: Part) -> anyhow::Result<Part> {
        Ok(match part {
            Part::Remark(_) | Part::Needs(_) => part,
            Part::Prepare(line) => {
                self.prepare(&line)?;
                Part::Prepare(line)
            }
            Part::Command(command) => {
                let said = said(&self.output(&command.line)?);
                Part::Command(Command { said, ..command })
            }
        })
    }

    fn prepare(&self, line: &str) -> anyhow::Result<()> {
        let output = self.output(line)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{line}: {}{errors}", String::from_utf8_lossy(&output.stdout));
        Ok(())
    }

    fn output(&self, line: &str) -> anyhow::Result<Output> {
        let mut process = self.process(line);
        process.stdin(Stdio::null()).output().with_context(|| format!("cannot run {line}"))
    }

    /// A line that is not started yet; it is ended when it takes too long.
    pub fn process(&self, line: &str) -> Process {
        let mut process = self.home.command(Path::new("timeout"));
        let own = self.home.path("bin").display().to_string();
        let others = std::env::var("PATH").unwrap_or_default();
        process.args([PATIENCE, "sh", "-c", line]).env("PATH", format!("{own}:{others}"));
        process.env("KUBECONFIG", self.home.path("kubeconfig")).current_dir(folder().join("inputs"));
        process
    }
}

fn said(output: &Output) -> Said {
    Said {
        output: normal::lines(&String::from_utf8_lossy(&output.stdout)),
        errors: normal::lines(&String::from_utf8_lossy(&output.stderr)),
        status: output.status.code().unwrap_or(-1),
    }
}
