//! A running program and everything that it has said.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use windlass_tests_support::eventually;

/// A process whose two streams are gathered; killed when dropped.
pub struct Program {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    printed: Arc<Mutex<String>>,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let printed = Arc::<Mutex<String>>::default();
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), &printed),
            collect(child.stderr.take().expect("a pipe"), &printed),
        ];
        Self { child, readers, printed }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it has said, on both streams.
    pub fn printed(&self) -> String {
        self.printed.lock().expect("no reader panics").clone()
    }

    /// What follows `start` in the first line that holds it.
    pub fn printed_after(&self, start: &str) -> Option<String> {
        self.printed().lines().find_map(|line| Some(line.split_once(start)?.1.to_owned()))
    }

    /// Waits for a line that holds `start`; gives what follows it there.
    pub async fn until_printed(&self, start: &str) -> String {
        eventually(start, || async { self.printed_after(start) }).await
    }

    /// Waits until it has ended by itself; gives its exit status and everything that it said.
    pub async fn until_ended(mut self) -> (ExitStatus, String) {
        let child = Mutex::new(&mut self.child);
        let ended =
            eventually("the end", || async { child.lock().expect("one user").try_wait().expect("our own child") });
        let status = ended.await;
        for reader in self.readers.drain(..) {
            reader.join().expect("no reader panics");
        }
        (status, self.printed())
    }
}

impl Drop for Program {
    #[expect(clippy::print_stdout, reason = "the test runner shows it with the failure")]
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
        if std::thread::panicking() {
            println!("the program said:\n{}", self.printed());
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
