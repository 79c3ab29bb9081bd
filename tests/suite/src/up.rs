//! A running `windlass up`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use windlass_tests_support::Home;

use crate::{Cluster, program::Program};

/// A process with its surroundings; killed when dropped.
pub struct Up {
    program: Program,
    home: Home,
    cluster: Cluster,
}

impl Up {
    /// Starts it on a folder and waits until its API answers.
    pub async fn start(home: Home, folder: &Path, arguments: &[&str]) -> Self {
        let mut command = home.windlass();
        command.arg("up").arg(folder).args(arguments).stdin(Stdio::null());
        let program = Program::start(&mut command);
        let kubeconfig = program.until_printed(KUBECONFIG).await;
        let text = std::fs::read_to_string(kubeconfig).expect("the file that was named");
        let cluster = Cluster::connect(&text).await;
        Self { program, home, cluster }
    }

    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.program.printed_after(KUBECONFIG).expect("printed at the start").into()
    }

    /// Everything that it has said, on both streams.
    pub fn printed(&self) -> String {
        self.program.printed()
    }

    /// Waits for a line that holds `start`; gives what follows it there.
    pub async fn until_printed(&self, start: &str) -> String {
        self.program.until_printed(start).await
    }

    /// Presses Ctrl-C; gives the exit status and everything that was said.
    pub async fn interrupt(self) -> (Option<i32>, String) {
        let id = self.program.id().to_string();
        let sent = std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill is installed");
        assert!(sent.success());
        let (status, printed) = self.program.until_ended().await;
        (status.code(), printed)
    }
}

const KUBECONFIG: &str = "export KUBECONFIG=";
