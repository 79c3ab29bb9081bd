//! Several clusters, each with a Secret: found by URL and name, connected when needed, down without harm to others.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use windlass_sandbox::Sandbox;
use windlass_tests_suite::{Cluster, cluster::application_path, manifests};
use windlass_tests_support::{Home, WebServer, eventually};

use crate::system::{REPOSITORY, System};

const SECRETS: &str = "/api/v1/namespaces/argocd/secrets";

/// A cluster beside that of the control plane.
struct Remote {
    sandbox: Sandbox,
    cluster: Cluster,
}

impl Remote {
    async fn start() -> Self {
        let sandbox = Sandbox::start(windlass_sandbox::Options::default()).await.unwrap();
        let cluster = Cluster::of(kube::Client::new(sandbox.client_service(), "default"));
        Self { sandbox, cluster }
    }

    /// The Secret that registers it under a name, with the token that may do everything.
    fn secret(&self, name: &str) -> Value {
        let token = json!({"bearerToken": self.sandbox.token()});
        self.secret_with(name, token, json!({}))
    }

    /// The same, with who we are there said otherwise.
    fn secret_with(&self, name: &str, mut config: Value, mut tls: Value) -> Value {
        tls["caData"] = STANDARD.encode(self.sandbox.ca_pem()).into();
        config["tlsClientConfig"] = tls;
        secret(name, &self.sandbox.url(), &config)
    }
}

fn secret(name: &str, server: &str, config: &Value) -> Value {
    let encoded = |text: &str| STANDARD.encode(text);
    json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "labels": {"argocd.argoproj.io/secret-type": "cluster"}},
        "data": {"name": encoded(name), "server": encoded(server), "config": encoded(&config.to_string())},
    })
}

/// An application that goes to a cluster by name.
fn bound_for(name: &str, cluster: &str) -> Value {
    let mut application = manifests::owning_application(name, REPOSITORY, name);
    application["spec"]["destination"] = json!({"name": cluster, "namespace": name});
    application
}

fn home(applications: &[&str]) -> Home {
    let home = Home::new();
    for name in applications {
        home.write(&format!("things/{name}/value.yaml"), manifests::config_map("value", "1"));
    }
    home
}

fn value_of(application: &str) -> String {
    format!("/api/v1/namespaces/{application}/configmaps/value")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_goes_to_the_cluster_that_it_names_and_takes_its_objects_along() {
    let home = home(&["near", "far"]);
    let far = Remote::start().await;
    let near = manifests::application("near", REPOSITORY, "near");
    let system = System::start(&home, &[near, bound_for("far", "prod")]).await;
    system.cluster.until_told("far", &["there are no clusters with this name: prod"]).await;

    system.cluster.create(SECRETS, &far.secret("prod")).await;
    system.cluster.until_settled("far").await;
    assert!(far.cluster.has(&value_of("far")).await && !system.cluster.has(&value_of("far")).await);
    system.cluster.until_settled("near").await;

    far.cluster.delete(&value_of("far")).await;
    far.cluster.until(&value_of("far"), |object| object["data"]["value"] == "1").await;

    system.cluster.delete(&application_path("far")).await;
    system.cluster.until_gone(&application_path("far")).await;
    assert!(!far.cluster.has(&value_of("far")).await, "the application went before what it made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_cannot_be_reached_degrades_its_own_applications_and_blocks_their_deletion() {
    let home = home(&["near", "far"]);
    let near = manifests::application("near", REPOSITORY, "near");
    let system = System::start(&home, &[near, bound_for("far", "prod")]).await;
    // Nothing listens there.
    let token = json!({"bearerToken": "s3cret"});
    system.cluster.create(SECRETS, &secret("prod", "https://127.0.0.1:1", &token)).await;
    system.cluster.until_told("far", &["cluster https://127.0.0.1:1 cannot be reached"]).await;
    system.cluster.until_settled("near").await;

    system.cluster.delete(&application_path("far")).await;
    let told = system.cluster.until_told("far", &["DeletionError", "cannot be reached"]).await;
    assert!(!told.contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_whose_cluster_is_gone_goes_and_says_what_it_leaves_behind() {
    let home = home(&["far"]);
    let far = Remote::start().await;
    let system = System::start(&home, &[bound_for("far", "prod")]).await;
    system.cluster.create(SECRETS, &far.secret("prod")).await;
    system.cluster.until_settled("far").await;

    system.cluster.delete(&format!("{SECRETS}/prod")).await;
    system.cluster.until_told("far", &["there are no clusters with this name"]).await;
    system.cluster.delete(&application_path("far")).await;
    system.cluster.until_gone(&application_path("far")).await;
    assert!(far.cluster.has(&value_of("far")).await, "nobody could know that it may go");
    let told = |list: &Value| list["items"].to_string().contains("ConfigMap far/value");
    system.cluster.until("/api/v1/namespaces/argocd/events", told).await;
    assert!(system.controller.metrics().contains("windlass_app_left_behind_objects_total"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cluster_secret_asks_for_and_is_not_supported_is_refused_by_name() {
    let home = home(&["far"]);
    let system = System::start(&home, &[bound_for("far", "cloud")]).await;
    let exec = json!({"execProviderConfig": {"command": "aws"}});
    system.cluster.create(SECRETS, &secret("cloud", "https://cloud.example", &exec)).await;
    system.cluster.until_told("far", &["execProviderConfig is not supported yet"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_says_who_we_are_there_and_roles_say_what_we_may() {
    let home = home(&["far"]);
    let far = Remote::start().await;
    let system = System::start(&home, &[bound_for("far", "prod")]).await;
    let certified = |group: Option<&str>| {
        let certificate = far.sandbox.client_certificate("gardener", group).unwrap();
        let tls = json!({
            "certData": STANDARD.encode(certificate.certificate_pem), "keyData": STANDARD.encode(certificate.key_pem),
        });
        far.secret_with("prod", json!({}), tls)
    };
    // Known there, and allowed nothing.
    system.cluster.create(SECRETS, &certified(None)).await;
    system.cluster.until_told("far", &["gardener", "forbidden"]).await;
    assert!(!far.cluster.has(&value_of("far")).await);

    system.cluster.merge(&format!("{SECRETS}/prod"), &certified(Some("system:masters"))).await;
    system.cluster.until_settled("far").await;
    assert!(far.cluster.has(&value_of("far")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_name_and_password_go_along_with_each_request_and_into_no_message() {
    let home = home(&["far"]);
    let server = WebServer::start();
    let system = System::start(&home, &[bound_for("far", "prod")]).await;
    let config = json!({"username": "gardener", "password": "s3cret"});
    system.cluster.create(SECRETS, &secret("prod", &server.url(""), &config)).await;
    eventually("a request", || async { (!server.requests().is_empty()).then_some(()) }).await;
    let told = system.cluster.until_told("far", &["cannot be reached"]).await;
    assert!(!told.contains("s3cret") && !told.contains("Z2FyZGVuZXI6czNjcmV0"), "{told}");
    for header in server.authorizations() {
        assert_eq!(header.as_deref(), Some("Basic Z2FyZGVuZXI6czNjcmV0"));
    }
}
