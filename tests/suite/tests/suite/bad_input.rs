//! Every fault of the input is told where it stands, and every other application goes on.

use serde_json::{Value, json};
use windlass_tests_suite::{Up, manifests};
use windlass_tests_support::{GitRepository, GitServer, Home};

const REPOSITORY: &str = "https://git.example.com/team/things";
const PASSWORD: &str = "hunter2-very-secret";

/// An application with something wrong, and what has to be said of it.
struct Case {
    name: &'static str,
    /// Files of its folder, which has its name.
    files: &'static [(&'static str, &'static str)],
    /// What is changed in its spec.
    spec: Value,
    told: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let fault = |name, text, told| Case { name, files: text, spec: json!({}), told };
    let spec = |name, spec, told| Case { name, files: &[("value.yaml", FINE)], spec, told };
    vec![
        fault(
            "syntax",
            &[("value.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n")],
            &["ComparisonError", "syntax/value.yaml:"],
        ),
        fault("bomb", &[("bomb.yaml", BOMB)], &["ComparisonError", "bomb/bomb.yaml", "alias"]),
        fault(
            "kindless",
            &[("value.yaml", "apiVersion: v1\nmetadata:\n  name: a\n")],
            &["kindless/value.yaml", "kind"],
        ),
        fault(
            "unknown-kind",
            &[("w.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n")],
            &["example.com", "Widget"],
        ),
        spec(
            "no-path",
            json!({"source": {"path": "nowhere"}}),
            &["ComparisonError", "nowhere: app path does not exist"],
        ),
        spec("outside", json!({"source": {"path": "../.."}}), &["../..", "outside"]),
        spec(
            "no-revision",
            json!({"source": {"targetRevision": "v99.0.0"}}),
            &["ComparisonError", REPOSITORY, "v99.0.0"],
        ),
        spec(
            "unreachable",
            json!({"source": {"repoURL": "http://127.0.0.1:1/nothing"}}),
            &["http://127.0.0.1:1/nothing", "unreachable"],
        ),
        spec("no-project", json!({"project": "ghost"}), &["InvalidSpecError", "project ghost which does not exist"]),
        spec(
            "no-cluster",
            json!({"destination": {"server": "https://elsewhere.example.com"}}),
            &["InvalidSpecError", "https://elsewhere.example.com"],
        ),
        spec(
            "forbidden",
            json!({"project": "narrow", "destination": {"namespace": "kube-system"}}),
            &["InvalidSpecError", "kube-system", "narrow"],
        ),
    ]
}

const FINE: &str = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "value"}}"#;

// A file that names no apiVersion, kind and metadata is not taken for a manifest, however broken it is.
const BOMB: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: bomb}
a: &a [x,x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]
g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]
h: [*g,*g,*g,*g,*g,*g,*g,*g,*g,*g]
";

/// The project that `forbidden` is not allowed to leave.
fn narrow() -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
        "metadata": {"name": "narrow", "namespace": "argocd"},
        "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "team-*"}]},
    })
}

fn merge(object: &mut Value, patch: &Value) {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            patch.iter().for_each(|(name, value)| merge(object.entry(name).or_insert(Value::Null), value));
        }
        (object, patch) => *object = patch.clone(),
    }
}

/// A home with the cases, a good application, and whatever else stands in the folder.
fn folder(cases: &[Case]) -> Home {
    let home = Home::new();
    home.write("things/good.yaml", manifests::application("good", REPOSITORY, "good").to_string());
    home.write("things/good/value.yaml", manifests::config_map("value", "1"));
    home.write("things/narrow.yaml", narrow().to_string());
    for case in cases {
        let mut application = manifests::application(case.name, REPOSITORY, case.name);
        merge(&mut application["spec"], &case.spec);
        home.write(&format!("things/{}.yaml", case.name), application.to_string());
        for (file, body) in case.files {
            home.write(&format!("things/{}/{file}", case.name), body);
        }
    }
    home
}

async fn start(home: Home) -> Up {
    let folder = home.path("things");
    let map = format!("{REPOSITORY}={}", folder.display());
    Up::start(home, &folder, &["--map", &map]).await
}

#[tokio::test]
async fn each_fault_is_told_and_the_others_go_on() {
    let cases = cases();
    let up = start(folder(&cases)).await;
    up.cluster().until_settled("good").await;
    for case in &cases {
        up.cluster().until_told(case.name, case.told).await;
    }
    up.home().write("things/good/value.yaml", manifests::config_map("value", "2"));
    let changed = "/api/v1/namespaces/good/configmaps/value";
    up.cluster().until(changed, |object| object["data"]["value"] == "2").await;
}

#[tokio::test]
async fn a_link_out_of_the_tree_is_refused_by_name() {
    let home = folder(&[]);
    home.write("secret.yaml", manifests::config_map("stolen", "1"));
    home.write("things/leak.yaml", manifests::application("leak", REPOSITORY, "leak").to_string());
    std::fs::create_dir(home.path("things/leak")).unwrap();
    std::os::unix::fs::symlink("../../secret.yaml", home.path("things/leak/link.yaml")).unwrap();
    let up = start(home).await;
    up.cluster().until_told("leak", &["ComparisonError", "leak/link.yaml"]).await;
    up.cluster().until_settled("good").await;
    assert!(!up.cluster().has("/api/v1/namespaces/leak/configmaps/stolen").await);
}

#[tokio::test]
async fn wrong_credentials_are_told_and_never_printed() {
    let repository = GitRepository::new();
    repository.write("app/value.yaml", FINE).commit("Add a value");
    let server = GitServer::start_protected(repository.path(), "Basic bWU6cmlnaHQ=");
    let url = server.url(".git");
    let home = folder(&[]);
    home.write("things/locked.yaml", manifests::application("locked", &url, "app").to_string());
    let up = start(home).await;
    up.cluster().until_told("locked", &[&url, "authentication failed"]).await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "login", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
        "stringData": {"type": "git", "url": url, "username": "me", "password": PASSWORD},
    });
    up.cluster().create("/api/v1/namespaces/argocd/secrets", &secret).await;
    up.cluster().until_told("locked", &[&url, "authentication failed", "refused the login"]).await;
    up.cluster().until_settled("good").await;
    let events = up.cluster().get("/api/v1/events").await.unwrap().to_string();
    let applications = up.cluster().get("/apis/argoproj.io/v1alpha1/applications").await.unwrap().to_string();
    let (status, said) = up.interrupt().await;
    assert_eq!(status, Some(0));
    for text in [said, events, applications] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

#[tokio::test]
async fn right_credentials_open_the_repository() {
    let repository = GitRepository::new();
    repository.write("app/value.yaml", FINE).commit("Add a value");
    let server = GitServer::start_protected(repository.path(), "Basic bWU6cmlnaHQ=");
    let url = server.url(".git");
    let home = folder(&[]);
    home.write("things/locked.yaml", manifests::application("locked", &url, "app").to_string());
    let up = start(home).await;
    up.cluster().until_told("locked", &["authentication failed"]).await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "login", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
        "stringData": {"type": "git", "url": url, "username": "me", "password": "right"},
    });
    up.cluster().create("/api/v1/namespaces/argocd/secrets", &secret).await;
    up.cluster().until_settled("locked").await;
}

#[tokio::test]
async fn a_generator_that_returns_nothing_prunes_nothing() {
    let home = folder(&[]);
    home.write("things/good/other.yaml", manifests::config_map("other", "1"));
    let up = start(home).await;
    up.cluster().until_settled("good").await;
    for file in ["value", "other"] {
        std::fs::remove_file(up.home().path(&format!("things/good/{file}.yaml"))).unwrap();
    }
    up.home().write("things/good/readme.txt", "empty");
    up.cluster().until_told("good", &["SyncError"]).await;
    for name in ["value", "other"] {
        assert!(up.cluster().has(&format!("/api/v1/namespaces/good/configmaps/{name}")).await, "{name} was pruned");
    }
}

#[tokio::test]
async fn duplicate_keys_and_repeated_objects_are_warnings() {
    let home = folder(&[]);
    home.write("things/good/a.yaml", manifests::config_map("twice", "first"));
    home.write("things/good/b.yaml", manifests::config_map("twice", "last"));
    let up = start(home).await;
    up.cluster().until_told("good", &["RepeatedResourceWarning", "twice"]).await;
    up.cluster().until_settled("good").await;
    let object = up.cluster().get("/api/v1/namespaces/good/configmaps/twice").await.unwrap();
    assert_eq!(object["data"]["value"], "last");
}

#[tokio::test]
async fn a_cache_folder_that_cannot_be_written_is_no_obstacle() {
    let home = folder(&[]);
    // Not even root writes below a file.
    std::fs::remove_dir(home.cache()).unwrap();
    std::fs::write(home.cache(), "a file").unwrap();
    let up = start(home).await;
    up.cluster().until_settled("good").await;
    let said = up.printed();
    assert_eq!(said.lines().filter(|line| line.contains("cache")).count(), 1, "not said once: {said}");
}
