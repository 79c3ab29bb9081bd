//! What decides over manifests beside their source: chance, the clock, live objects; and how an application is told.

use std::sync::Arc;

use serde_json::{Value, json};
use windlass_model::{MemoryTree, Present, TreePath};
use windlass_runtime::{
    Capability, Clock, Decision, Entropy, GenerateRequest, Generated, Grants, Kind, Limits, Runtime, RuntimeOptions,
    Seed,
};
use windlass_tests_suite::{Cluster, Up, cluster::application_path, manifests, render};
use windlass_tests_support::Home;

const REPOSITORY: &str = "https://git.example.com/team/charts";
const SETTINGS: &str = "/api/v1/namespaces/argocd/configmaps";
const DAY: u64 = 86_400;

/// The system with a chart of one ConfigMap, whose data are these templates, as the application `garden`.
async fn start(data: &str) -> Up {
    let home = Home::new();
    home.write("charts/garden.yaml", manifests::application("garden", REPOSITORY, "garden").to_string());
    home.write("charts/garden/Chart.yaml", "apiVersion: v2\nname: garden\nversion: 1.0.0\n");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: garden}\ndata:\n";
    home.write("charts/garden/templates/map.yaml", format!("{map}{data}"));
    let folder = home.path("charts");
    let map = format!("{REPOSITORY}={}", folder.display());
    Up::start(home, &folder, &["--map", &map]).await
}

/// Waits until a field of the ConfigMap is as wanted; gives it.
async fn until_field(cluster: &Cluster, field: &str, test: impl Fn(&str) -> bool) -> String {
    let text = |object: &Value| object["data"][field].as_str().map(str::to_owned);
    let path = "/api/v1/namespaces/garden/configmaps/garden";
    let found = cluster.until(path, |object| text(object).is_some_and(|text| test(&text))).await;
    text(&found).unwrap_or_default()
}

async fn set(cluster: &Cluster, data: &Value) {
    let labels = json!({"app.kubernetes.io/part-of": "argocd"});
    let metadata = json!({"name": "argocd-cm", "namespace": "argocd", "labels": labels});
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
    cluster.put(SETTINGS, &object).await;
}

#[tokio::test]
async fn chance_and_the_clock_are_told_in_a_condition_and_stay_from_look_to_look() {
    let up = start("  drawn: {{ randAlphaNum 12 }}\n  today: {{ now | date \"2006\" | quote }}\n").await;
    let cluster = up.cluster();
    cluster.until_settled("garden").await;
    cluster.until_told("garden", &["GenerationWarning", "random values, the clock"]).await;
    let drawn = until_field(cluster, "drawn", |text| text.len() == 12).await;
    up.home().write("charts/garden/values.yaml", "touched: true\n");
    let refresh = json!({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}});
    cluster.merge(&application_path("garden"), &refresh).await;
    let refreshed = |object: &Value| object["metadata"]["annotations"]["argocd.argoproj.io/refresh"].is_null();
    cluster.until(&application_path("garden"), refreshed).await;
    cluster.until_settled("garden").await;
    assert_eq!(until_field(cluster, "drawn", |_| true).await, drawn);
}

#[tokio::test]
async fn what_the_clock_decides_is_made_anew_when_the_clock_says_something_else() {
    let up = start("  second: {{ now | unixEpoch | quote }}\n").await;
    let cluster = up.cluster();
    set(cluster, &json!({"windlass.clock.granularity": "2s"})).await;
    cluster.until_settled("garden").await;
    let first = until_field(cluster, "second", |text| !text.ends_with("00")).await;
    let second = until_field(cluster, "second", |text| text > first.as_str()).await;
    until_field(cluster, "second", |text| text > second.as_str()).await;
}

#[tokio::test]
async fn a_lookup_finds_nothing_until_it_is_granted_and_follows_the_object() {
    let found = "{{ (lookup \"v1\" \"ConfigMap\" \"garden\" \"weather\").data | default dict | toJson | quote }}";
    let up = start(&format!("  weather: {found}\n")).await;
    let cluster = up.cluster();
    cluster.until_settled("garden").await;
    let weather: Value = serde_json::from_str(&manifests::config_map("weather", "rain")).unwrap();
    cluster.create("/api/v1/namespaces/garden/configmaps", &weather).await;
    assert_eq!(until_field(cluster, "weather", |_| true).await, "{}");

    set(cluster, &json!({"windlass.grants.helm": "entropy, clock, cluster"})).await;
    until_field(cluster, "weather", |text| text == "{\"value\":\"rain\"}").await;
    cluster.until_told("garden", &["GenerationWarning", "live objects"]).await;
    // The object is nobody's, and nothing else asks for another look within a minute.
    let sun = json!({"data": {"value": "sun"}});
    cluster.merge("/api/v1/namespaces/garden/configmaps/weather", &sun).await;
    until_field(cluster, "weather", |text| text == "{\"value\":\"sun\"}").await;
    cluster.delete("/api/v1/namespaces/garden/configmaps/weather").await;
    until_field(cluster, "weather", |text| text == "{}").await;
}

/// What the component `helm` makes of a chart with a certificate of 30 days, at a moment.
fn certificate(runtime: &Runtime, now: u64) -> (Generated, Arc<MemoryTree>) {
    let template = "{{ $ca := genCA \"garden\" 30 }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n\
                    data: {cert: {{ $ca.Cert | quote }}, key: {{ $ca.Key | quote }}}\n";
    let tree = MemoryTree::default().with("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let tree = Arc::new(tree.with("templates/t.yaml", template));
    let mut request = GenerateRequest::new(tree.clone(), TreePath::default(), "{}");
    request.application.name = "c".into();
    request.entropy = Entropy::Seeded(Seed::new(b"seed"));
    request.clock = Clock { now, granularity: Some(3600) };
    let granted = [Capability::Entropy, Capability::Clock];
    let grants = granted.iter().fold(Grants::denied(), |all, one| all.with(*one, Decision::Granted));
    let helm = runtime.load(&windlass_components::find("helm").unwrap().wasm().unwrap()).unwrap();
    (runtime.generate(&helm, &grants, &request, &Limits::of(Kind::Generator)).unwrap(), tree)
}

#[test]
fn a_certificate_is_renewed_before_it_expires_and_keeps_its_key() {
    let runtime = Runtime::new(RuntimeOptions { cache: None }).unwrap();
    let field = |made: &Generated, name: &str| {
        let object: Value = serde_json::from_slice(&made.manifests[0].body).unwrap();
        object["data"][name].as_str().unwrap().to_owned()
    };
    let start = 1_800_000_000;
    let (first, tree) = certificate(&runtime, start);
    let holds = |day: u64| {
        let present = Present { tree: &*tree, now: start + day * DAY, lookup: &|_| None };
        first.reads.holds_for(&present).unwrap()
    };
    // It is somewhere in the first two thirds of its life.
    let renewed = (1..30).find(|day| !holds(*day)).expect("it is renewed");
    assert!(renewed <= 21, "{renewed} days later");
    let (second, _) = certificate(&runtime, start + renewed * DAY);
    assert_ne!(field(&first, "cert"), field(&second, "cert"));
    assert_eq!(field(&first, "key"), field(&second, "key"));
}

#[test]
fn a_chart_of_a_kustomization_draws_from_the_seed_and_the_same_in_each_run_of_one_build() {
    let home = Home::new();
    home.write("app/charts/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {drawn: {{ randAlphaNum 12 }}}\n";
    home.write("app/charts/c/templates/t.yaml", map);
    let charts = "helmCharts: [{name: c, releaseName: c}]\n";
    home.write("app/kustomization.yaml", charts);
    let seeded = || render(&home, &["--enable-helm", "--entropy-seed=x", "app"]).unwrap();
    assert_eq!(seeded(), seeded());
    assert_ne!(seeded(), render(&home, &["--enable-helm", "app"]).unwrap());

    // A function makes two runs of one build: both draw the same.
    let component = windlass_tests_guests::TRANSFORMER;
    let plugin = format!("--plugin=pull={}", home.write("pull.wasm", component).display());
    let pin = format!("windlass.dev/component: 'pull@{}'", windlass_model::Digest::of(component));
    let metadata = format!("metadata: {{name: p, annotations: {{{pin}}}}}");
    home.write("app/pull.yaml", format!("apiVersion: a/v1\nkind: P\n{metadata}\nspec: {{policy: Never}}\n"));
    home.write("app/kustomization.yaml", format!("{charts}transformers: [pull.yaml]\n"));
    assert!(render(&home, &["--enable-helm", &plugin, "app"]).unwrap().contains("drawn: "));
}

#[test]
fn a_chart_of_an_oci_registry_is_refused_by_name() {
    let home = Home::new();
    let place = "oci://registry.example.com/charts";
    let dependency = format!("dependencies: [{{name: colour, version: 1.0.0, repository: '{place}'}}]\n");
    home.write("app/Chart.yaml", format!("apiVersion: v2\nname: c\nversion: 1.0.0\n{dependency}"));
    let said = render(&home, &["--allow-remote", "app"]).unwrap_err();
    assert!(said.contains("app/Chart.yaml: ") && said.contains(&format!("{place}/colour:1.0.0")), "{said}");
    assert!(said.contains("OCI registries are not supported yet"), "{said}");
}

#[tokio::test]
async fn an_application_of_an_oci_registry_is_refused_by_name() {
    let up = start("  a: b\n").await;
    let mut application = manifests::application("casks", "oci://registry.example.com/charts", "");
    application["spec"]["source"] =
        json!({"repoURL": "oci://registry.example.com/charts", "chart": "colour", "targetRevision": "1.0.0"});
    up.cluster().create("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications", &application).await;
    up.cluster().until_told("casks", &["oci://registry.example.com/charts"]).await;
    up.cluster().until_settled("garden").await;
}
