//! The binary as a user runs it: with a home of its own, and nothing of this machine but the examples.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the binary in a clean environment. Each test has a home of its own, so that each starts cold.
fn windlass(home: &str, arguments: &[&str]) -> Output {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(home);
    fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.env_clear().env("HOME", &home).env("TMPDIR", &home).current_dir(root()).args(arguments);
    command.output().unwrap()
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The kinds of a stream of documents, sorted.
fn kinds(documents: &str) -> Vec<&str> {
    let mut kinds: Vec<&str> = documents.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn up_brings_the_quickstart_in_sync_and_ends() {
    let output = windlass("up", &["up", "examples/quickstart", "--once", "--timeout", "100s"]);
    assert_eq!(status(&output), Some(0), "{}\n{}", printed(&output), told(&output));
}

#[test]
fn render_prints_a_folder_without_a_cluster() {
    let output = windlass("render", &["render", "examples/quickstart/platform"]);
    assert_eq!(status(&output), Some(0), "{}", told(&output));
    assert_eq!(kinds(&printed(&output)), ["ConfigMap", "Deployment", "LimitRange", "Service", "ServiceAccount"]);
}

#[test]
fn render_passes_parameters_to_the_generator() {
    let parameters = r#"{"recurse":true,"include":"*.yaml","exclude":"{web,drafts}/*"}"#;
    let output = windlass("parameters", &["template", "examples/quickstart/shop", "--parameters", parameters]);
    assert_eq!(status(&output), Some(0), "{}", told(&output));
    assert_eq!(kinds(&printed(&output)), ["Job", "Secret", "Service", "StatefulSet"]);
}

#[test]
fn plugin_list_names_the_built_in_plugins() {
    let output = windlass("plugins", &["plugin", "list"]);
    assert_eq!(status(&output), Some(0), "{}", told(&output));
    let text = printed(&output);
    for name in ["directory", "health", "webhook"] {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn wrong_usage_is_status_2_and_says_what_is_wrong() {
    for (arguments, what) in [
        (&["up", "no-such-folder"][..], "no-such-folder"),
        (&["up", "examples/quickstart", "--listen", "192.0.2.1:0"], "loopback"),
        (&["up", "examples/quickstart", "--map", "nothing"], "--map nothing"),
        (&["hoist"], "hoist"),
    ] {
        let output = windlass("usage", arguments);
        assert_eq!(status(&output), Some(2), "{arguments:?}");
        assert!(told(&output).contains(what), "{}", told(&output));
        assert_eq!(printed(&output), "", "only data goes to standard output");
    }
}
