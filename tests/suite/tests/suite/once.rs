//! `up --once`: what it says and how it ends.

use std::path::{Path, PathBuf};

use windlass_tests_suite::manifests;
use windlass_tests_support::Home;

const QUICKSTART: &str = "examples/quickstart";

/// The exit status of `windlass up --once`, and both streams.
fn once(home: &Home, arguments: &[&str]) -> (i32, String) {
    let output = home.windlass().args(["up", "--once"]).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn example(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

#[test]
fn the_quickstart_is_synced_and_healthy() {
    let home = Home::new();
    let (status, said) = once(&home, &[example(QUICKSTART).to_str().unwrap()]);
    assert_eq!(status, 0, "{said}");
    for name in ["quickstart", "platform", "shop", "catalogue"] {
        let last = said.lines().rfind(|line| line.starts_with(name)).unwrap();
        assert!(last.contains("Synced Healthy"), "{said}");
    }
}

#[test]
fn at_the_timeout_each_application_that_is_not_there_is_named_with_its_reason() {
    let home = Home::new();
    let url = "https://git.example.com/team/things";
    for (name, path) in [("fine", "fine"), ("lost", "nowhere"), ("broken", "broken")] {
        home.write(&format!("things/{name}.yaml"), manifests::application(name, url, path).to_string());
    }
    home.write("things/fine/value.yaml", manifests::config_map("value", "1"));
    home.write("things/broken/value.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [");
    let folder = home.path("things");
    let map = format!("{url}={}", folder.display());
    let (status, said) = once(&home, &[folder.to_str().unwrap(), "--map", &map, "--timeout", "4s"]);
    assert_eq!(status, 1, "{said}");
    let reason = |name: &str| said.lines().find(|line| line.starts_with(&format!("windlass: {name} is ")));
    assert!(reason("lost").is_some_and(|line| line.contains("nowhere: app path does not exist")), "{said}");
    assert!(reason("broken").is_some_and(|line| line.contains("broken/value.yaml")), "{said}");
    assert_eq!(reason("fine"), None, "{said}");
}

#[test]
fn wrong_usage_ends_with_2() {
    let home = Home::new();
    for (arguments, part) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["--timeout", "soon"], "`soon` is not a duration"),
        (&["--map", "nothing"], "URL=PATH"),
        (&["--listen", "0.0.0.0:0"], "only loopback"),
        (&["no-such-folder"], "no-such-folder: no such folder"),
    ] {
        let (status, said) = once(&home, arguments);
        assert_eq!(status, 2, "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}

#[test]
fn a_file_that_is_not_ours_is_never_replaced_by_a_kubeconfig() {
    let home = Home::new();
    let folder = home.write("garden/value.yaml", manifests::config_map("value", "1")).parent().unwrap().to_owned();
    let precious = home.write("precious", "clusters: []\n");
    let (status, said) = once(&home, &[folder.to_str().unwrap(), "--write-kubeconfig", precious.to_str().unwrap()]);
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("was not written by windlass"), "{said}");
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "clusters: []\n");
}

#[test]
fn a_port_in_use_is_named() {
    let home = Home::new();
    let folder = home.write("garden/value.yaml", manifests::config_map("value", "1")).parent().unwrap().to_owned();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (status, said) = once(&home, &[folder.to_str().unwrap(), "--listen", &address]);
    assert_eq!(status, 3, "{said}");
    assert!(said.contains(&address), "{said}");
}
