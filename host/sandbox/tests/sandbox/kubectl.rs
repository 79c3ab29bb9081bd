//! The real kubectl against the server: what one does on the first day.
//!
//! Without a kubectl on the PATH the test says so and passes.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use windlass_sandbox::{Options, Sandbox};

struct Kubectl<'a> {
    kubeconfig: &'a Path,
}

impl Kubectl<'_> {
    fn output(&self, arguments: &[&str], input: &str) -> Output {
        use std::io::Write as _;
        let mut child = Command::new("kubectl")
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig)
            .env("HOME", self.kubeconfig.parent().expect("a folder"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("kubectl reads");
        child.wait_with_output().expect("kubectl ends")
    }

    /// Runs a command that must succeed; returns what it printed.
    fn run(&self, command: &str) -> String {
        self.feed(command, "")
    }

    fn feed(&self, command: &str, input: &str) -> String {
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = self.output(&arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {command}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn check(&self, command: &str, expected: &str) {
        let printed = self.run(command);
        assert!(printed.contains(expected), "kubectl {command} printed {printed:?}, not {expected:?}");
    }
}

const MANIFEST: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: web}}
data: {color: blue}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.2"}]}
"#;

const DEFINITION: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: things, kind: Thing, shortNames: [th]}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer, default: 3, minimum: 1}}}}}}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_does_what_one_does_on_the_first_day() {
    if Command::new("kubectl").arg("--help").output().is_err() {
        eprintln!("SKIPPED: there is no kubectl on the PATH");
        return;
    }
    let sandbox = Sandbox::start(Options::default()).await.expect("the sandbox starts");
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(&kubeconfig, sandbox.kubeconfig()).expect("a kubeconfig");
    tokio::task::spawn_blocking(move || {
        let kubectl = Kubectl { kubeconfig: &kubeconfig };
        looks_around(&kubectl);
        explains(&kubectl);
        applies_and_changes(&kubectl);
        defines_a_kind(&kubectl);
        refuses_what_is_wrong(&kubectl);
    })
    .await
    .expect("every command does as expected");
    sandbox.shutdown().await;
}

fn looks_around(kubectl: &Kubectl<'_>) {
    kubectl.check("version", "Server Version: v1.37");
    kubectl.check("api-resources", "deployments");
    kubectl.check("get namespaces", "kube-system");
    kubectl.check("get services -A -o wide", "10.96.0.1");
}

fn explains(kubectl: &Kubectl<'_>) {
    kubectl.check("explain configmap.data", "FIELD: data <map[string]string>");
    kubectl.check("explain deployment", "GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n");
    kubectl.check("explain deployment.spec.replicas", "Number of desired pods.");
    kubectl.check("explain cronjob --recursive", "        backoffLimit\t<integer>\n");
    kubectl.check("explain crd.spec.names", "  kind\t<string> -required-\n");
}

fn applies_and_changes(kubectl: &Kubectl<'_>) {
    assert!(kubectl.feed("apply -f -", MANIFEST).contains("deployment.apps/web created"));
    assert!(kubectl.feed("apply -f -", MANIFEST).contains("deployment.apps/web unchanged"));
    let changed = MANIFEST.replace("color: blue", "color: red");
    assert!(kubectl.feed("apply -f -", &changed).contains("configmap/settings configured"));
    let applied = kubectl.feed("apply --server-side --force-conflicts -f -", &changed);
    assert!(applied.contains("deployment.apps/web serverside-applied"), "{applied}");
    kubectl.check("get configmaps -l app=web -o name", "configmap/settings");
    kubectl.check("get deployment web -o yaml", "progressDeadlineSeconds: 600");
    kubectl.check("get deployment web", "0/2");
    kubectl.check("describe deployment web", "nginx:1.2");
    kubectl.run("scale deployment web --replicas=5");
    kubectl.check("get deployment web -o jsonpath={.spec.replicas}", "5");
    kubectl.run("label deployment web tier=front");
    kubectl.run("annotate configmap settings note=seen");
    kubectl.check("get deployment web -o json", "\"tier\": \"front\"");
    kubectl.run("patch deployment web -p {\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"nginx:2\"}]}}}}");
    kubectl.check("get deployment web -o wide", "nginx:2");
    kubectl.run("create namespace team");
    kubectl.run("-n team create configmap made --from-literal=a=b");
    kubectl.run("delete namespace team --timeout=20s");
    kubectl.run("delete deployment web");
    kubectl.run("wait --for=delete deployment/web --timeout=20s");
}

fn defines_a_kind(kubectl: &Kubectl<'_>) {
    kubectl.feed("apply -f -", DEFINITION);
    kubectl.run("wait --for=condition=Established crd/things.example.com --timeout=20s");
    kubectl
        .feed("create -f -", r#"{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"one"},"spec":{}}"#);
    kubectl.check("get th", "one    3");
    kubectl.check("explain things", "GROUP:      example.com\nKIND:       Thing\nVERSION:    v1\n");
    kubectl.check("explain things --recursive", "  spec\t<Object>\n    size\t<integer>\n");
    kubectl.check("explain things.metadata.labels", "FIELD: labels <map[string]string>");
    kubectl.run("delete crd things.example.com --timeout=20s");
}

fn refuses_what_is_wrong(kubectl: &Kubectl<'_>) {
    let wrong = MANIFEST.replace("replicas: 2", "replicaz: 2");
    let output = kubectl.output(&["apply", "-f", "-"], &wrong);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("unknown field \"spec.replicaz\""), "{errors}");
    let output = kubectl.output(&["get", "deployment", "absent"], "");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("deployments.apps \"absent\" not found"), "{errors}");
}
