//! The commands that need no running system, and `diff`, which needs a cluster.

use std::path::{Path, PathBuf};

use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::Home;

const PLATFORM: &str = "examples/quickstart/platform";

pub struct Ended {
    pub status: i32,
    pub out: String,
    pub err: String,
}

pub fn windlass(home: &Home, arguments: &[&str]) -> Ended {
    let output = home.windlass().args(arguments).output().unwrap();
    Ended {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn example(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

fn component(home: &Home, name: &str) -> String {
    let wasm = windlass_components::find(name).unwrap().wasm().unwrap();
    home.write(&format!("{name}.wasm"), wasm).to_str().unwrap().to_owned()
}

#[test]
fn render_prints_manifests_and_nothing_else() {
    let home = Home::new();
    let ended = windlass(&home, &["render", example(PLATFORM).to_str().unwrap()]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    let documents = windlass_yaml::to_json(ended.out.as_bytes(), &windlass_yaml::Limits::default()).unwrap();
    let kinds: Vec<_> = documents.iter().filter_map(|document| document.value["kind"].as_str()).collect();
    assert_eq!(kinds, ["LimitRange", "ServiceAccount", "ConfigMap", "Deployment", "Service"]);
    assert!(
        ended.out.starts_with("---\napiVersion: v1\nkind: LimitRange\nmetadata:\n  name: containers\n"),
        "{}",
        ended.out
    );
}

#[test]
fn render_names_file_and_line_of_a_fault() {
    let home = Home::new();
    let file = home.write("garden/value.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n");
    let ended = windlass(&home, &["render", file.parent().unwrap().to_str().unwrap()]);
    assert_eq!((ended.status, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("value.yaml:"), "{}", ended.err);
}

#[tokio::test]
async fn diff_tells_equal_from_different_and_masks_secrets() {
    let home = Home::new();
    home.write("garden/colour.yaml", manifests::config_map("colour", "green"));
    let secret =
        r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"word": "WORD"}}"#;
    home.write("garden/login.yaml", secret.replace("WORD", "hunter2"));
    let folder = home.path("garden");
    let up = Up::start(home, &folder, &[]).await;
    up.cluster().until_settled("garden").await;
    let kubeconfig = up.kubeconfig();
    let diff = |folder: &Path| {
        let arguments = ["diff", folder.to_str().unwrap(), "--kubeconfig", kubeconfig.to_str().unwrap()];
        windlass(up.home(), &arguments)
    };
    let equal = diff(&folder);
    assert_eq!((equal.status, equal.out.as_str()), (0, ""), "{}", equal.err);

    // Another folder, so that the running system does not follow.
    up.home().write("other/colour.yaml", manifests::config_map("colour", "red"));
    up.home().write("other/login.yaml", secret.replace("WORD", "swordfish"));
    let different = diff(&up.home().path("other"));
    assert_eq!(different.status, 1, "{}", different.err);
    assert!(different.out.contains("-  value: green\n+  value: red\n"), "{}", different.out);
    assert!(different.out.contains("-  word: ++++++++++++\n+  word: ++++++++\n"), "{}", different.out);
    for word in ["hunter2", "swordfish", "aHVudGVyMg==", "c3dvcmRmaXNo"] {
        assert!(!different.out.contains(word) && !different.err.contains(word), "{word} was printed");
    }
}

#[test]
fn a_kubeconfig_that_does_not_parse_is_named() {
    let home = Home::new();
    let folder = home.write("garden/colour.yaml", manifests::config_map("colour", "green"));
    let broken = home.write("broken-kubeconfig", "clusters: [\n");
    let arguments = ["diff", folder.parent().unwrap().to_str().unwrap(), "--kubeconfig", broken.to_str().unwrap()];
    let ended = windlass(&home, &arguments);
    assert!(ended.status > 1, "{}", ended.err);
    assert!(ended.err.contains("broken-kubeconfig"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(broken).unwrap(), "clusters: [\n");
}

#[test]
fn the_built_in_plugins_are_listed_with_their_digests() {
    let home = Home::new();
    let ended = windlass(&home, &["plugin", "list"]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    for component in windlass_components::all() {
        let line = ended.out.lines().find(|line| line.starts_with(&format!("{} ", component.name)));
        let digest = line.and_then(|line| line.split_once("sha256:")).map(|(_, digest)| digest.len());
        assert_eq!(digest, Some(64), "{}: {}", component.name, ended.out);
    }
}

#[test]
fn a_component_file_tells_what_it_is_handles_and_asks_for() {
    let home = Home::new();
    for (name, parts) in [
        ("health", &["kind: health check", "handles:\n", "  */*\n", "limits: "][..]),
        ("directory", &["kind: generator", "imports:\n  windlass:plugin/", "limits: "]),
        ("webhook", &["kind: notifier", "asks for: ", "limits: "]),
    ] {
        let ended = windlass(&home, &["plugin", "inspect", &component(&home, name)]);
        assert_eq!(ended.status, 0, "{}", ended.err);
        for part in [&format!("name: {name}\n")[..], "digest: sha256:"].iter().chain(parts) {
            assert!(ended.out.contains(part), "{name} has no {part:?}: {}", ended.out);
        }
    }
}

#[test]
fn a_file_that_is_no_component_is_refused_by_name() {
    let home = Home::new();
    let file = home.write("poem.wasm", "roses are red");
    let ended = windlass(&home, &["plugin", "inspect", file.to_str().unwrap()]);
    assert!(ended.status > 1);
    assert!(ended.err.contains("poem.wasm"), "{}", ended.err);
}

#[test]
fn install_prints_a_whole_control_plane() {
    let home = Home::new();
    let ended = windlass(&home, &["install", "--namespace", "gitops", "--image", "example.com/windlass:1"]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    let documents = windlass_yaml::to_json(ended.out.as_bytes(), &windlass_yaml::Limits::default()).unwrap();
    let objects: Vec<_> = documents.into_iter().map(|document| document.value).collect();
    let find = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    for kind in ["Namespace", "ServiceAccount", "ClusterRole", "PodDisruptionBudget", "NetworkPolicy"] {
        find(kind);
    }
    assert_eq!(objects.iter().filter(|object| object["kind"] == "CustomResourceDefinition").count(), 2);
    assert_eq!(find("ClusterRoleBinding")["subjects"][0]["namespace"], "gitops");
    let service = find("Service");
    assert_eq!(service["metadata"]["labels"]["app.kubernetes.io/name"], "argocd-metrics");
    assert_eq!(service["spec"]["ports"][0]["name"], "metrics");
    let pod = &find("Deployment")["spec"]["template"];
    assert_eq!(pod["metadata"]["labels"]["app.kubernetes.io/part-of"], "argocd");
    assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["spec"]["containers"][0]["securityContext"]["capabilities"]["drop"][0], "ALL");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_asks_a_cluster_before_an_installation() {
    let sandbox = windlass_sandbox::Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
    let home = Home::new();
    let kubeconfig = home.write("kubeconfig", sandbox.kubeconfig());
    let ended = windlass(&home, &["check", "--pre", "--kubeconfig", kubeconfig.to_str().unwrap()]);
    assert_eq!(ended.status, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.starts_with("ok       Kubernetes v1."), "{}", ended.out);
    assert!(ended.out.contains("patch applications.argoproj.io"), "{}", ended.out);
}
