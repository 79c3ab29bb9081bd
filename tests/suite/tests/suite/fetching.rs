//! What applications need from elsewhere: charts of Helm repositories, dependencies of charts, remote bases.

use serde_json::{Value, json};
use windlass_tests_suite::{Cluster, Up, cluster::application_path, manifests, render};
use windlass_tests_support::{GitRepository, GitServer, Home, WebServer, archive};

/// `me:s3cret`
const AUTHORIZATION: &str = "Basic bWU6czNjcmV0";
const APPLICATIONS: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";
const COLOUR: &str = "/api/v1/namespaces/garden/configmaps/colour";

/// A chart with one ConfigMap that holds a value.
fn chart(name: &str, version: &str, value: &str) -> Vec<u8> {
    let about = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}}\n\
                    data: {value: {{ .Values.value | quote }}}\n";
    archive(&[
        (&format!("{name}/Chart.yaml"), about.as_bytes()),
        (&format!("{name}/values.yaml"), format!("value: {value}\n").as_bytes()),
        (&format!("{name}/templates/map.yaml"), template.as_bytes()),
    ])
}

/// An application of a chart, in a namespace of its own.
fn chart_application(repository: &str, chart: &str, version: &str) -> Value {
    let mut object = manifests::application("garden", repository, "");
    object["spec"]["source"] = json!({"repoURL": repository, "chart": chart, "targetRevision": version});
    object
}

/// The system with a folder that has nothing to do with the applications of a test.
async fn start() -> Up {
    let home = Home::new();
    home.write("other/value.yaml", manifests::config_map("value", "1"));
    let folder = home.path("other");
    let up = Up::start(home, &folder, &[]).await;
    up.cluster().until_settled("other").await;
    up
}

async fn configure(cluster: &Cluster, data: &Value) {
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": data,
        "metadata": {"name": "argocd-cm", "namespace": "argocd", "labels": {"app.kubernetes.io/part-of": "argocd"}},
    });
    cluster.create("/api/v1/namespaces/argocd/configmaps", &object).await;
}

async fn refresh(cluster: &Cluster, application: &str) {
    let patch = json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}});
    cluster.merge(&application_path(application), &patch).await;
}

fn value_is(expected: &str) -> impl Fn(&Value) -> bool {
    let expected = expected.to_owned();
    move |object| object["data"]["value"] == expected.as_str()
}

#[tokio::test]
async fn an_application_of_a_chart_follows_its_range_and_says_the_version() {
    let server = WebServer::start();
    server.serve_charts(&[("colour", "1.0.0", &chart("colour", "1.0.0", "red"))]);
    let up = start().await;
    let cluster = up.cluster();
    cluster.create(APPLICATIONS, &chart_application(&server.url("/charts"), "colour", "1.x")).await;
    let settled = cluster.until_settled("garden").await;
    assert_eq!(settled["status"]["sync"]["revision"], "1.0.0");
    assert_eq!(settled["status"]["sourceType"], "Helm");
    cluster.until(COLOUR, value_is("red")).await;

    let (red, blue) = (chart("colour", "1.0.0", "red"), chart("colour", "1.4.0", "blue"));
    server.serve_charts(&[("colour", "1.0.0", &red), ("colour", "1.4.0", &blue)]);
    refresh(cluster, "garden").await;
    cluster.until(COLOUR, value_is("blue")).await;
    let path = application_path("garden");
    cluster.until(&path, |object| object["status"]["operationState"]["syncResult"]["revision"] == "1.4.0").await;

    // What is known costs no request, however often somebody looks.
    cluster.until_settled("garden").await;
    let before = server.requests().len();
    cluster.merge(&path, &json!({"metadata": {"labels": {"look": "again"}}})).await;
    cluster.merge(COLOUR, &json!({"data": {"value": "drifted"}})).await;
    cluster.until(COLOUR, value_is("blue")).await;
    assert_eq!(server.requests().len(), before);
}

#[tokio::test]
async fn while_a_repository_is_down_nothing_is_pruned_and_it_is_asked_again() {
    let server = WebServer::start();
    server.serve_charts(&[("colour", "1.0.0", &chart("colour", "1.0.0", "red"))]);
    let up = start().await;
    let cluster = up.cluster();
    cluster.create(APPLICATIONS, &chart_application(&server.url("/charts"), "colour", "1.x")).await;
    cluster.until_settled("garden").await;
    server.set_down(true);
    refresh(cluster, "garden").await;
    cluster.until_told("garden", &["ComparisonError", "repository unreachable", "503"]).await;
    cluster.until(COLOUR, value_is("red")).await;
    server.set_down(false);
    cluster.until_settled("garden").await;
}

#[tokio::test]
async fn a_chart_that_is_not_what_the_index_says_is_told_and_not_deployed() {
    let server = WebServer::start();
    server.serve_charts(&[("colour", "1.0.0", &chart("colour", "1.0.0", "red"))]);
    server.serve_file("/charts/colour-1.0.0.tgz", chart("colour", "1.0.0", "forged"));
    let up = start().await;
    let cluster = up.cluster();
    cluster.create(APPLICATIONS, &chart_application(&server.url("/charts"), "colour", "1.0.0")).await;
    cluster.until_told("garden", &["colour-1.0.0.tgz: its digest is sha256:", "was expected"]).await;
    assert!(!cluster.has(COLOUR).await);
}

#[tokio::test]
async fn a_repository_secret_opens_its_repository_and_no_other() {
    let (server, store) = (WebServer::start_protected(AUTHORIZATION), WebServer::start());
    let packed = chart("colour", "1.0.0", "red");
    store.serve_file("/colour.tgz", packed);
    let index = format!("entries:\n  colour:\n  - {{version: 1.0.0, urls: ['{}']}}\n", store.url("/colour.tgz"));
    server.serve_file("/charts/index.yaml", index);
    let up = start().await;
    let cluster = up.cluster();
    cluster.create(APPLICATIONS, &chart_application(&server.url("/charts"), "colour", "1.0.0")).await;
    cluster.until_told("garden", &["the server asks for a login; add a repository Secret"]).await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "charts", "namespace": "argocd", "labels": {"argocd.argoproj.io/secret-type": "repository"}},
        "stringData": {"type": "helm", "name": "charts", "url": server.url("/charts"), "username": "me", "password": "s3cret"},
    });
    cluster.create("/api/v1/namespaces/argocd/secrets", &secret).await;
    cluster.until_settled("garden").await;
    assert_eq!(store.authorizations(), [None]);
    assert!(!up.printed().contains("s3cret"));
}

/// A repository with a chart that depends on others: one fetched, one beside it.
fn shop(server: &WebServer) -> GitRepository {
    let repository = GitRepository::new();
    let dependency = |name: &str, version: &str, place: &str| {
        format!("- {{name: {name}, version: {version}, repository: '{place}', alias: {name}-one}}\n")
    };
    let about = format!(
        "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n{}{}",
        dependency("colour", "1.x", &server.url("/charts")),
        dependency("beside", "0.1.0", "file://../beside")
    );
    repository.write("shop/Chart.yaml", about).write("shop/values.yaml", "colour-one: {value: ours}\n");
    let beside = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}}\n";
    repository.write("beside/Chart.yaml", "apiVersion: v2\nname: beside\nversion: 0.1.0\n");
    repository.write("beside/templates/map.yaml", beside).commit("shop");
    repository
}

#[tokio::test]
async fn a_chart_s_dependencies_are_fetched_where_the_project_allows_it() {
    let server = WebServer::start();
    server.serve_charts(&[("colour", "1.2.0", &chart("colour", "1.2.0", "theirs"))]);
    let repository = shop(&server);
    let git = GitServer::start(repository.path());
    let up = start().await;
    let cluster = up.cluster();
    let project = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/default";
    cluster.merge(project, &json!({"spec": {"sourceRepos": [git.url(".git")]}})).await;
    cluster.create(APPLICATIONS, &manifests::application("garden", &git.url(".git"), "shop")).await;
    cluster.until_told("garden", &[&server.url("/charts"), "not permitted in project 'default'"]).await;
    assert_eq!(server.requests(), Vec::<String>::new());

    let repos = json!([git.url(".git"), server.url("/charts")]);
    cluster.merge(project, &json!({"spec": {"sourceRepos": repos}})).await;
    cluster.until_settled("garden").await;
    cluster.until("/api/v1/namespaces/garden/configmaps/colour-one", value_is("ours")).await;
    assert!(cluster.has("/api/v1/namespaces/garden/configmaps/beside-one").await);
}

#[tokio::test]
async fn a_remote_base_is_fetched_once_the_administrator_lists_its_host() {
    let base = GitRepository::new();
    base.write("app/kustomization.yaml", "resources: [map.yaml]\n");
    base.write("app/map.yaml", manifests::config_map("colour", "red")).commit("base");
    let bases = GitServer::start(base.path());
    let files = WebServer::start();
    files.serve_file("/more.yaml", manifests::config_map("more", "1"));
    let repository = GitRepository::new();
    let resources = format!("[\"{}//app?ref=main\", \"{}\"]", bases.url(".git"), files.url("/more.yaml"));
    repository.write("overlay/kustomization.yaml", format!("resources: {resources}\n")).commit("overlay");
    let git = GitServer::start(repository.path());
    let up = start().await;
    let cluster = up.cluster();
    cluster.create(APPLICATIONS, &manifests::application("garden", &git.url(".git"), "overlay")).await;
    cluster.until_told("garden", &["nothing remote is fetched from 127.0.0.1:", "windlass.remoteHosts"]).await;
    configure(cluster, &json!({"windlass.remoteHosts": "git.example, 127.0.0.1:*"})).await;
    cluster.until_settled("garden").await;
    cluster.until(COLOUR, value_is("red")).await;
    assert!(cluster.has("/api/v1/namespaces/garden/configmaps/more").await);

    base.write("app/map.yaml", manifests::config_map("colour", "blue")).commit("blue");
    refresh(cluster, "garden").await;
    cluster.until(COLOUR, value_is("blue")).await;
}

#[test]
fn render_fetches_when_it_is_told_to_and_reads_this_machine_s_repositories_always() {
    let server = WebServer::start();
    server.serve_charts(&[("colour", "1.2.0", &chart("colour", "1.2.0", "theirs"))]);
    let repository = shop(&server);
    let home = Home::new();
    let folder = repository.path().join("shop").to_str().unwrap().to_owned();
    let refused = render(&home, &[&folder]).unwrap_err();
    assert!(refused.contains("is not fetched without --allow-remote"), "{refused}");
    assert_eq!(server.requests(), Vec::<String>::new());
    let printed = render(&home, &["--allow-remote", &folder]).unwrap();
    assert!(printed.contains("# Source: shop/charts/colour-one/templates/map.yaml"), "{printed}");
    assert!(printed.contains("value: \"ours\"") && printed.contains("name: beside-one"), "{printed}");

    let base = GitRepository::new();
    base.write("app/kustomization.yaml", "resources: [map.yaml]\n");
    base.write("app/map.yaml", manifests::config_map("colour", "red")).commit("base");
    let resource = format!("resources: [\"file://{}/.git//app?ref=main\"]\n", base.path().display());
    let overlay = home.write("overlay/kustomization.yaml", resource);
    let printed = render(&home, &[overlay.parent().unwrap().to_str().unwrap()]).unwrap();
    assert!(printed.contains("value: red"), "{printed}");
}
