//! A running `windlass up`.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use windlass_tests_support::{Home, eventually};

use crate::Cluster;

/// A process with its surroundings; killed when dropped.
pub struct Up {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    printed: Arc<Mutex<String>>,
    home: Home,
    cluster: Option<Cluster>,
}

impl Up {
    /// Starts it on a folder and waits until its API answers.
    pub async fn start(home: Home, folder: &Path, arguments: &[&str]) -> Self {
        let mut up = Self::spawn(home, folder, arguments);
        let kubeconfig = up.until_printed("export KUBECONFIG=").await;
        let text = std::fs::read_to_string(kubeconfig).expect("the file that was named");
        up.cluster = Some(Cluster::connect(&text).await);
        up
    }

    fn spawn(home: Home, folder: &Path, arguments: &[&str]) -> Self {
        let mut command = home.windlass();
        command.arg("up").arg(folder).args(arguments).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let printed = Arc::<Mutex<String>>::default();
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), &printed),
            collect(child.stderr.take().expect("a pipe"), &printed),
        ];
        Self { child, readers, printed, home, cluster: None }
    }

    pub fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().expect("connected at the start")
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    pub fn kubeconfig(&self) -> PathBuf {
        rest_of_line(&self.printed(), "export KUBECONFIG=").expect("printed at the start").into()
    }

    /// Everything that it has said, on both streams.
    pub fn printed(&self) -> String {
        self.printed.lock().expect("no reader panics").clone()
    }

    /// Waits for a line that holds `start`; gives what follows it there.
    pub async fn until_printed(&self, start: &str) -> String {
        eventually(start, || async { rest_of_line(&self.printed(), start) }).await
    }

    /// Presses Ctrl-C; gives the exit status and everything that was said.
    pub async fn interrupt(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill is installed");
        assert!(sent.success());
        let child = Mutex::new(&mut self.child);
        let ended = eventually("windlass to stop", || async {
            child.lock().expect("one user").try_wait().expect("our own child")
        });
        let status = ended.await;
        for reader in self.readers.drain(..) {
            reader.join().expect("no reader panics");
        }
        (status.code(), self.printed())
    }
}

impl Drop for Up {
    #[expect(clippy::print_stdout, reason = "the test runner shows it with the failure")]
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
        if std::thread::panicking() {
            println!("windlass said:\n{}", self.printed());
        }
    }
}

fn collect(stream: impl Read + Send + 'static, printed: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let printed = printed.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut printed = printed.lock().expect("no reader panics");
            printed.push_str(&line);
            printed.push('\n');
        }
    })
}

fn rest_of_line(text: &str, start: &str) -> Option<String> {
    text.lines().find_map(|line| Some(line.split_once(start)?.1.to_owned()))
}
