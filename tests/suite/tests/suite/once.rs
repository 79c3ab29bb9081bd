//! `up --once`: what it says and how it ends.

use std::path::{Path, PathBuf};

use serde_json::json;
use windlass_tests_suite::{Cluster, manifests, program::Program};
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

/// An overlay as production guides show it: patch, image and replicas over a base.
#[tokio::test]
async fn an_overlay_with_a_patch_an_image_and_replicas_is_synced() {
    let home = Home::new();
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: myapp-deployment}\nspec:\n";
    let pod = "{metadata: {labels: {app: myapp}}, spec: {containers: [{name: main, image: 'myapp:v1.0.0'}]}}";
    let spec = format!("  replicas: 1\n  selector: {{matchLabels: {{app: myapp}}}}\n  template: {pod}\n");
    home.write("base/kustomization.yaml", "resources: [deployment.yaml]\n");
    home.write("base/deployment.yaml", format!("{deployment}{spec}"));
    let patch = "  template: {spec: {containers: [{name: main, env: [{name: MODE, value: production}]}]}}\n";
    home.write("overlays/live/production-config.yaml", format!("{deployment}{patch}"));
    let overlay = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base]
patchesStrategicMerge: [production-config.yaml]
images: [{name: myapp, newTag: v2.1.0}]
replicas: [{name: myapp-deployment, count: 5}]
";
    home.write("overlays/live/kustomization.yaml", overlay);
    let url = "https://git.example.com/team/things";
    let application = home.write("apps/live.yaml", manifests::application("live", url, "overlays/live").to_string());
    let (map, data) = (format!("{url}={}", home.path("").display()), home.path("data").display().to_string());
    let folder = application.parent().unwrap().to_str().unwrap();
    let (status, said) = once(&home, &[folder, "--map", &map, "--data", &data]);
    assert_eq!(status, 0, "{said}");

    let api = Program::start(home.windlass().args(["sandbox", "--simulate", "off", "--data", &data]));
    let kubeconfig = std::fs::read_to_string(api.until_printed("export KUBECONFIG=").await).unwrap();
    let deployments = "/apis/apps/v1/namespaces/live/deployments";
    let deployed =
        Cluster::connect(&kubeconfig).await.until(&format!("{deployments}/myapp-deployment"), |_| true).await;
    let container = &deployed["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&deployed["spec"]["replicas"], &container["image"]), (&json!(5), &json!("myapp:v2.1.0")));
    assert_eq!(container["env"], json!([{"name": "MODE", "value": "production"}]));
}
