//! What one does with kubectl on the first day, unmodified and with validation.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::Home;

/// kubectl on a running system that has one application, `garden`, with a ConfigMap and a Deployment.
struct Kubectl {
    up: Up,
    program: PathBuf,
}

impl Kubectl {
    /// `None`, with a note, where there is no kubectl.
    async fn start() -> Option<Self> {
        let Some(program) = find("kubectl") else {
            println!("skipped: there is no kubectl in PATH");
            return None;
        };
        let home = Home::new();
        home.write("garden/colour.yaml", manifests::config_map("colour", "green"));
        home.write("garden/web.yaml", manifests::deployment("web"));
        let folder = home.path("garden");
        let up = Up::start(home, &folder, &[]).await;
        up.cluster().until_settled("garden").await;
        Some(Self { up, program })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.up.home().command(&self.program);
        command.env("KUBECONFIG", self.up.kubeconfig()).args(arguments);
        command
    }

    /// Runs it, with `input` to read; panics unless it succeeds. Gives what it printed.
    fn feed(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "kubectl {arguments:?}: {out}{err}");
        assert!(!err.contains("rror"), "kubectl {arguments:?}: {err}");
        out
    }

    fn run(&self, line: &str) -> String {
        self.feed(&line.split(' ').collect::<Vec<_>>(), "")
    }

    /// What it says when it fails, as it must.
    fn fail(&self, arguments: &[&str], input: &str) -> String {
        let file = self.up.home().write("input.yaml", input);
        let output = self.command(arguments).arg("-f").arg(file).output().unwrap();
        assert!(!output.status.success(), "kubectl {arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }
}

pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The cells of a printed table, without the age, which changes.
fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().map(|line| line.split_whitespace().collect()).collect()
}

const NOTE: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: note, labels: {kind: note}}
data: {text: one}
";

#[tokio::test]
async fn version_and_api_resources_name_the_server() {
    let Some(kubectl) = Kubectl::start().await else { return };
    assert!(kubectl.run("version").contains("Server Version: v1."));
    let resources = kubectl.run("api-resources -o name");
    for name in ["configmaps", "deployments.apps", "applications.argoproj.io", "appprojects.argoproj.io"] {
        assert!(resources.lines().any(|line| line == name), "{name} is missing: {resources}");
    }
}

#[tokio::test]
async fn get_prints_every_format() {
    let Some(kubectl) = Kubectl::start().await else { return };
    let table = kubectl.run("get configmap colour");
    assert_eq!(rows(&table)[0], ["NAME", "DATA", "AGE"]);
    assert_eq!(rows(&table)[1][..2], ["colour", "1"]);
    let wide = kubectl.run("get deployment web -o wide");
    assert_eq!(rows(&wide)[0][..5], ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert_eq!(rows(&wide)[1][..2], ["web", "1/1"]);
    assert!(wide.contains("example.com/main:1"), "{wide}");
    assert_eq!(kubectl.run("get configmap colour -o name"), "configmap/colour\n");
    assert_eq!(kubectl.run("get configmap colour -o jsonpath={.data.value}"), "green");
    let json: serde_json::Value = serde_json::from_str(&kubectl.run("get configmap colour -o json")).unwrap();
    assert_eq!(json["data"]["value"], "green");
    assert!(
        kubectl
            .run("get configmap colour -o yaml")
            .starts_with("apiVersion: v1\ndata:\n  value: green\nkind: ConfigMap\n")
    );
    let applications = kubectl.run("get applications -n argocd");
    assert_eq!(rows(&applications)[0], ["NAME", "SYNC", "STATUS", "HEALTH", "STATUS"]);
    assert_eq!(rows(&applications)[1], ["garden", "Synced", "Healthy"]);
}

#[tokio::test]
async fn get_selects_by_label_and_over_all_namespaces() {
    let Some(kubectl) = Kubectl::start().await else { return };
    let pods = kubectl.run("get pods -A -l app=web");
    assert_eq!(rows(&pods)[0][..3], ["NAMESPACE", "NAME", "READY"]);
    assert_eq!(rows(&pods).len(), 2, "{pods}");
    assert_eq!(kubectl.run("get pods -A -l app=other -o name"), "");
    assert!(kubectl.run("get all -A").contains("deployment.apps/web"));
}

#[tokio::test]
async fn get_watches() {
    let Some(kubectl) = Kubectl::start().await else { return };
    let mut command = kubectl.command(&["get", "configmap", "-w", "-o", "name", "-l", "kind=note"]);
    let mut watching = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    kubectl.feed(&["create", "-f", "-"], NOTE);
    // Blocks until the line comes; the create above makes it come.
    assert_eq!(lines.next().unwrap().unwrap(), "configmap/note");
    kubectl.run("label configmap note seen=yes");
    assert_eq!(lines.next().unwrap().unwrap(), "configmap/note");
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[tokio::test]
async fn describe_tells_of_an_object_and_its_pods() {
    let Some(kubectl) = Kubectl::start().await else { return };
    let deployment = kubectl.run("describe deployment web");
    assert!(
        deployment.contains("Replicas:               1 desired | 1 updated | 1 total | 1 available"),
        "{deployment}"
    );
    assert!(kubectl.run("describe application garden -n argocd").contains("Target Revision:"));
    assert!(kubectl.run("describe namespace default").contains("Active"));
}

#[tokio::test]
async fn apply_creates_configures_and_leaves_alone() {
    let Some(kubectl) = Kubectl::start().await else { return };
    for flags in [&["apply", "-f", "-"][..], &["apply", "--server-side", "--force-conflicts", "-f", "-"]] {
        let suffix = if flags.len() > 3 { " serverside-applied" } else { " created" };
        let changed = if flags.len() > 3 { " serverside-applied" } else { " configured" };
        let unchanged = if flags.len() > 3 { " serverside-applied" } else { " unchanged" };
        assert_eq!(kubectl.feed(flags, NOTE), format!("configmap/note{suffix}\n"));
        assert_eq!(kubectl.feed(flags, &NOTE.replace("one", "two")), format!("configmap/note{changed}\n"));
        assert_eq!(kubectl.feed(flags, &NOTE.replace("one", "two")), format!("configmap/note{unchanged}\n"));
        assert_eq!(kubectl.run("get configmap note -o jsonpath={.data.text}"), "two");
        kubectl.run("delete configmap note");
    }
}

#[tokio::test]
async fn apply_validates_against_the_schema() {
    let Some(kubectl) = Kubectl::start().await else { return };
    let said = kubectl.fail(&["apply"], &NOTE.replace("\ndata:", "\ndta:"));
    assert!(said.contains("dta"), "{said}");
}

#[tokio::test]
async fn create_patch_label_annotate_and_delete_change_objects() {
    let Some(kubectl) = Kubectl::start().await else { return };
    kubectl.run("create namespace shed");
    kubectl.run("create configmap tools -n shed --from-literal=spade=1");
    kubectl.run("create deployment mower -n shed --image=example.com/mower:1");
    for (kind, patch) in [
        ("merge", r#"{"data":{"rake":"2"}}"#),
        ("strategic", r#"{"data":{"hoe":"3"}}"#),
        ("json", r#"[{"op":"replace","path":"/data/spade","value":"9"}]"#),
    ] {
        kubectl.feed(&["patch", "configmap", "tools", "-n", "shed", "--type", kind, "-p", patch], "");
    }
    kubectl.run("label configmap tools -n shed place=wall");
    kubectl.run("annotate configmap tools -n shed seen=today");
    let json: serde_json::Value = serde_json::from_str(&kubectl.run("get configmap tools -n shed -o json")).unwrap();
    assert_eq!(json["data"], serde_json::json!({"spade": "9", "rake": "2", "hoe": "3"}));
    assert_eq!(json["metadata"]["labels"]["place"], "wall");
    assert_eq!(json["metadata"]["annotations"]["seen"], "today");
    kubectl.run("label configmap tools -n shed place-");
    assert_eq!(kubectl.run("get configmap -n shed -l place -o name"), "");
    kubectl.run("delete configmap tools -n shed");
    assert_eq!(kubectl.run("get configmap -n shed -o name --ignore-not-found tools"), "");
    kubectl.run("delete namespace shed");
    assert_eq!(kubectl.run("get namespace shed -o name --ignore-not-found"), "");
}

#[tokio::test]
async fn edit_saves_what_the_editor_leaves() {
    let Some(kubectl) = Kubectl::start().await else { return };
    kubectl.feed(&["create", "-f", "-"], NOTE);
    let editor = kubectl.up.home().write("editor.sh", "#!/bin/sh\nsed -i 's/text: one/text: edited/' \"$1\"\n");
    std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o755)).unwrap();
    edit(&kubectl, &editor);
    assert_eq!(kubectl.run("get configmap note -o jsonpath={.data.text}"), "edited");
}

fn edit(kubectl: &Kubectl, editor: &Path) {
    let output = kubectl.command(&["edit", "configmap", "note"]).env("KUBE_EDITOR", editor).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn scale_and_wait_follow_a_deployment() {
    let Some(kubectl) = Kubectl::start().await else { return };
    kubectl.run("create deployment mower --image=example.com/mower:1");
    kubectl.run("scale deployment mower --replicas=3");
    kubectl.run("wait deployment mower --for=jsonpath={.status.readyReplicas}=3 --timeout=60s");
    kubectl.run("wait deployment mower --for=condition=Available --timeout=60s");
    kubectl.run("rollout status deployment mower --timeout=60s");
    assert_eq!(kubectl.run("get pods -l app=mower -o name").lines().count(), 3);
    kubectl.run("delete deployment mower");
    kubectl.run("wait pods -l app=mower --for=delete --timeout=60s");
}

#[tokio::test]
async fn what_kubectl_deletes_of_an_application_comes_back() {
    let Some(kubectl) = Kubectl::start().await else { return };
    kubectl.run("delete deployment web");
    kubectl.up.cluster().until("/apis/apps/v1/namespaces/default/deployments/web", |_| true).await;
}
