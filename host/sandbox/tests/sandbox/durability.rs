//! What was acknowledged is there after the process was killed in the middle of writing.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use windlass_sandbox::{Options, Sandbox};

use crate::asking::Asking;

/// Kills of an ordinary run; `WINDLASS_SEEDS` says otherwise.
const SEEDS: u64 = 20;
const FOLDER: &str = "WINDLASS_TEST_DATA";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn kept_in(folder: &Path) -> Sandbox {
    Sandbox::start(Options { data: Some(folder.into()), ..Options::default() }).await.expect("the sandbox starts")
}

/// Not a test of its own: the process that the test below kills.
#[tokio::test]
#[ignore = "run by the test that kills it"]
async fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let sandbox = kept_in(Path::new(&folder)).await;
    let admin = Asking::as_admin(&sandbox);
    for number in 0.. {
        let name = format!("{}-{number}", std::process::id());
        let data = json!({ "text": "x".repeat(number % 5000) });
        let body = json!({ "metadata": { "name": name }, "data": data });
        let (code, made) = admin.post(MAPS, body).await;
        assert_eq!(code, 201, "{made}");
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nwrote {name} {}", made["metadata"]["resourceVersion"].as_str().unwrap_or_default()).ok();
        out.flush().ok();
    }
}

/// Lets a process write until it acknowledged so many; returns all that it acknowledged.
fn killed_after(folder: &Path, count: usize) -> Vec<(String, String)> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "durability::writer", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut written = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        let mut words = line.split(' ');
        if let (Some("wrote"), Some(name), Some(version)) = (words.next(), words.next(), words.next()) {
            written.push((name.to_owned(), version.to_owned()));
            if written.len() == count {
                child.kill().expect("killed");
            }
        }
    }
    child.wait().expect("ended");
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut all = Vec::new();
    let seeds = std::env::var("WINDLASS_SEEDS").map_or(SEEDS, |text| text.parse().expect("a number of kills"));
    for seed in 0..seeds {
        let path = folder.path().to_owned();
        // Spread over the first hundred writes, so that records of all sizes are torn.
        let count = 1 + (seed * 37 % 101) as usize;
        let written = tokio::task::spawn_blocking(move || killed_after(&path, count)).await.expect("it ran");
        assert!(written.len() >= count, "seed {seed}: it wrote {}", written.len());
        all.extend(written);
        let sandbox = kept_in(folder.path()).await;
        let (_, list) = Asking::as_admin(&sandbox).get(MAPS).await;
        let items = list["items"].as_array().into_iter().flatten().map(|item| &item["metadata"]);
        let kept: BTreeMap<&str, &Value> =
            items.filter_map(|metadata| Some((metadata["name"].as_str()?, &metadata["resourceVersion"]))).collect();
        for (name, version) in &all {
            assert_eq!(kept.get(name.as_str()), Some(&&json!(version)), "seed {seed}: {name}");
        }
        sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn tokens_outlive_a_restart_and_only_the_owner_reads_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = kept_in(folder.path()).await;
    let kind = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let (_, answer) = Asking::as_admin(&sandbox).post(path, kind).await;
    let token = format!("Bearer {}", answer["status"]["token"].as_str().expect("a token"));
    let (own, authority) = (sandbox.token().to_owned(), sandbox.ca_pem().to_owned());
    sandbox.shutdown().await;
    let sandbox = kept_in(folder.path()).await;
    assert_eq!((sandbox.token(), sandbox.ca_pem()), (own.as_str(), authority.as_str()));
    let robot = Asking::as_admin(&sandbox).with("authorization", &token);
    assert_eq!(robot.ask("GET", MAPS, Value::Null).await.0, 403, "known, though it may do nothing");
    #[cfg(unix)]
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        use std::os::unix::fs::PermissionsExt as _;
        let entry = entry.expect("a file");
        let mode = entry.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
    }
}
