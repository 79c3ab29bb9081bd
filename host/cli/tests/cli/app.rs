//! `windlass app` as sessions at a shell, against an embedded API with recorded applications and no controller.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use serde_json::Value;
use windlass_tests_support::Home;

/// An embedded API in a process of its own, killed when dropped.
struct Sandbox {
    process: Child,
    home: Home,
    kubeconfig: PathBuf,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

impl Sandbox {
    fn start() -> Self {
        let home = Home::new();
        let kubeconfig = home.path("kubeconfig");
        let mut command = home.command(Path::new(env!("CARGO_BIN_EXE_windlass")));
        command.args(["sandbox", "--simulate", "off", "--write-kubeconfig"]).arg(&kubeconfig);
        for file in [
            "../model/crds/application.yaml",
            "../model/crds/appproject.yaml",
            "tests/cli/applications.yaml",
            "tests/cli/live.yaml",
        ] {
            command.arg("--load").arg(here(file));
        }
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // It prints where it is once everything is loaded.
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("export KUBECONFIG="), "{line}");
        Self { process, home, kubeconfig }
    }

    /// Status, standard output, standard error of `windlass app …`; words are split at spaces.
    fn app(&self, line: &str) -> (i32, String, String) {
        let mut command = self.home.command(Path::new(env!("CARGO_BIN_EXE_windlass")));
        command.env("KUBECONFIG", &self.kubeconfig).env("USER", "grace").arg("app").args(line.split(' '));
        if ["diff", "explain", "tree"].iter().any(|verb| line.starts_with(verb)) {
            command.arg("--map").arg(format!("https://git.example/shop={}", here("tests/cli/shop").display()));
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// A session of several commands, as one would see it.
    fn session(&self, lines: &[&str]) -> String {
        let told = |line: &&str| {
            let (status, out, err) = self.app(line);
            format!("$ windlass app {line}\n{out}{err}[{status}]\n")
        };
        lines.iter().map(told).collect::<Vec<_>>().join("\n")
    }

    fn object(&self, name: &str) -> Value {
        serde_json::from_str(&self.app(&format!("get {name} -o json")).1).unwrap()
    }
}

/// Compares with the recorded text of this name, or records it where `WINDLASS_RECORD` is set.
fn shows(name: &str, text: &str) {
    let file = here("tests/cli/snapshots").join(format!("{name}.txt"));
    let text: String = text.lines().map(|line| format!("{}\n", without_times(line).trim_end())).collect();
    if std::env::var_os("WINDLASS_RECORD").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let recorded = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, recorded, "{} is different; WINDLASS_RECORD=1 records it anew", file.display());
}

/// A line without what differs from run to run: ages, with the spaces that fill their column, and the times at which
/// this run has written something.
fn without_times(line: &str) -> String {
    let mut text = String::new();
    for word in line.split_inclusive(' ') {
        let plain = word.trim_end().trim_end_matches([',', ':', ')']);
        let is_age = plain.len() > 1
            && plain.ends_with(['s', 'm', 'h', 'd'])
            && plain[..plain.len() - 1].bytes().all(|byte| byte.is_ascii_digit());
        let is_now = plain.starts_with("20") && plain.ends_with('Z') && plain > "2026-02";
        match plain {
            "" if text.ends_with("[TIME] ") => {}
            plain if is_age || is_now => text.push_str(&word.replacen(plain, "[TIME]", 1)),
            _ => text.push_str(word),
        }
    }
    text
}

#[test]
fn list_has_columns_documents_names_and_filters() {
    let sandbox = Sandbox::start();
    shows(
        "list",
        &sandbox.session(&[
            "list",
            "list -o wide",
            "list -o name",
            "list --sync OutOfSync -o name",
            "list --health healthy -o name",
            "list -l team=shop -o name",
            "list --repo https://git.example/blog -o name",
            "list --cluster in-cluster -o name",
            "list --project other -o name",
            "list --sync Sinked",
            "list -n elsewhere",
        ]),
    );
}

#[test]
fn get_history_and_logs_say_what_the_status_holds() {
    let sandbox = Sandbox::start();
    shows("get", &sandbox.session(&["get shop", "get blog", "get shop -o name", "get nobody"]));
    shows("history", &sandbox.session(&["history shop", "history blog -o json"]));
    shows("logs-of-sync", &sandbox.session(&["logs-of-sync shop", "logs-of-sync blog", "logs-of-sync shop -o yaml"]));
    assert_eq!(sandbox.object("shop")["metadata"].get("managedFields"), None);
}

#[test]
fn wait_names_what_is_missing() {
    let sandbox = Sandbox::start();
    shows(
        "wait",
        &sandbox.session(&[
            "wait blog",
            "wait shop --timeout 1s",
            "wait shop --operation",
            "wait shop --deleted --timeout 1s",
            "wait nobody --deleted",
            "wait",
        ]),
    );
}

#[test]
fn sync_writes_the_operation_that_was_asked_for() {
    let sandbox = Sandbox::start();
    shows("sync", &sandbox.session(&[
        "sync shop --revision other",
        "sync shop --resource Deployment:web",
        "sync shop --prune --dry-run --force --revision other --resource *:ConfigMap:* --info why=test --retry-limit 2",
        "sync shop",
        "sync blog --wait --timeout 1s --strategy apply",
        "sync -l team=nobody",
    ]));
    let operation = &sandbox.object("shop")["operation"];
    shows("operation", &format!("{operation:#}"));
    assert!(sandbox.object("blog")["operation"]["sync"]["syncStrategy"]["apply"].is_object());
}

#[test]
fn rollback_and_terminate_ask_for_what_history_and_operation_allow() {
    let sandbox = Sandbox::start();
    shows(
        "rollback",
        &sandbox.session(&[
            "rollback shop 0",
            "rollback blog 7",
            "terminate blog",
            "rollback blog",
            "terminate blog",
            "terminate blog",
        ]),
    );
    assert_eq!(sandbox.object("blog").get("operation"), None);
}

#[test]
fn hand_over_marks_an_application_and_takes_the_marks_away() {
    let sandbox = Sandbox::start();
    let before = sandbox.object("shop");
    let there = sandbox.session(&["hand-over shop"]);
    let marked = sandbox.object("shop");
    assert_eq!(marked["metadata"]["annotations"]["argocd.argoproj.io/skip-reconcile"], "true");
    assert_eq!(marked["metadata"]["annotations"]["windlass.dev/handed-over"], "true");
    assert_eq!((&marked["spec"], &marked["status"]), (&before["spec"], &before["status"]));
    let back = sandbox.session(&["hand-over shop --to argo-cd"]);
    assert_eq!(sandbox.object("shop")["metadata"]["annotations"], before["metadata"]["annotations"]);
    shows("hand-over", &format!("{there}\n{back}"));
}

#[test]
fn set_changes_the_spec_and_nothing_else() {
    let sandbox = Sandbox::start();
    let before = sandbox.object("shop");
    let said = sandbox.session(&[
        "set shop --revision main --auto-prune --helm-set replicas=3 --sync-option !CreateNamespace",
        "set shop --revision main",
        "set shop",
        "set blog --self-heal",
    ]);
    let after = sandbox.object("shop");
    shows("set", &format!("{said}\n{:#}", after["spec"]));
    assert_eq!(before["status"], after["status"]);
}

#[test]
fn delete_says_first_what_becomes_of_the_objects() {
    let sandbox = Sandbox::start();
    shows(
        "delete",
        &sandbox.session(&[
            "delete shop",
            "delete shop --yes --cascade background",
            "wait shop --deleted --timeout 1s",
            "delete blog --yes --cascade none --wait",
            "get blog",
        ]),
    );
}

#[test]
fn diff_tree_and_explain_look_at_what_lives() {
    let sandbox = Sandbox::start();
    let diff = sandbox.session(&["diff shop"]);
    for secret in ["hunter2", "aHVudGVyMg", "swordfish", "c3dvcmRmaXNo"] {
        assert!(!diff.contains(secret), "{diff}");
    }
    shows("diff", &diff);
    shows("tree", &sandbox.session(&["tree shop"]));
    let explain = sandbox.session(&["explain shop"]);
    for secret in ["hunter2", "aHVudGVyMg", "swordfish", "c3dvcmRmaXNo"] {
        assert!(!explain.contains(secret), "{explain}");
    }
    shows("explain", &explain);
    let (_, document, _) = sandbox.app("explain shop -o json");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["sync"], "OutOfSync");
}

#[test]
fn every_verb_has_a_help_that_is_worth_reading() {
    let home = Home::new();
    for verb in [
        "list",
        "get",
        "diff",
        "sync",
        "wait",
        "history",
        "rollback",
        "terminate",
        "delete",
        "hand-over",
        "set",
        "tree",
        "logs-of-sync",
        "explain",
    ] {
        let mut command = home.command(Path::new(env!("CARGO_BIN_EXE_windlass")));
        let output = command.args(["app", verb, "--help"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        shows(&format!("help-{verb}"), &text);
    }
}
