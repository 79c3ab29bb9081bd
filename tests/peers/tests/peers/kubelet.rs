//! What needs a kubelet says that workloads are simulated; what needs none but a lasting connection works.
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;

use windlass_tests_peers::place::Place;
use windlass_tests_peers::play::Shell;
use windlass_tests_peers::tools::Tools;

/// kubectl on a new embedded server; `None`, said, where it is missing.
async fn shell() -> Option<(Place, Shell)> {
    let tools = Tools::find();
    if tools.iter().all(|(name, _)| name != "kubectl") {
        eprintln!("SKIPPED: kubectl without a kubelet, since there is no kubectl of the recorded version");
        return None;
    }
    let place = Place::embedded().await.expect("a server");
    let shell = Shell::new(&tools, &place.kubeconfig("default")).expect("surroundings");
    Some((place, shell))
}

/// What a line prints on both streams, and whether it succeeds.
fn run(shell: &Shell, line: &str) -> (bool, String) {
    let output = shell.process(line).stdin(Stdio::null()).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_is_told_that_workloads_are_simulated() {
    let Some((_place, shell)) = shell().await else { return };
    let said =
        run(&shell, "kubectl run lone --image=example.com/lone:1 && kubectl wait pod lone --for=condition=Ready");
    assert!(said.0, "{}", said.1);
    let (fine, said) = run(&shell, "kubectl logs lone");
    assert!(fine && said.contains("workloads are simulated"), "{said}");
    for line in ["kubectl exec lone -- true", "kubectl attach lone", "kubectl port-forward pod/lone :80"] {
        let (fine, said) = run(&shell, line);
        assert!(!fine && said.contains("workloads are simulated"), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_proxy_passes_requests_on() {
    let Some((_place, shell)) = shell().await else { return };
    // It ends with its standard input, however this test ends.
    let mut process = shell.process("kubectl proxy --port=0 & read -r end; kill $!");
    let mut proxy = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(proxy.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit(' ').next().expect("an address");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /api/v1/namespaces/default HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"name\":\"default\""), "{answer}");
    drop(proxy.stdin.take());
    proxy.wait().expect("our own child");
}
