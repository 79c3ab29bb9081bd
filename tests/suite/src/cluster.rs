//! The embedded API as a test sees it: objects by path, as JSON.

use http::{Method, Request, StatusCode};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;
use windlass_tests_support::{eventually, try_eventually};

/// A client of one cluster.
pub struct Cluster {
    client: kube::Client,
}

impl Cluster {
    pub async fn connect(kubeconfig: &str) -> Self {
        Self { client: kube::Client::try_from(config(kubeconfig).await).expect("a usable kubeconfig") }
    }

    pub fn of(client: kube::Client) -> Self {
        Self { client }
    }

    /// Whether the server says that it serves.
    pub async fn is_ready(&self) -> bool {
        let request = Request::get("/readyz").body(Vec::new()).expect("a path is a URI");
        self.client.request_text(request).await.is_ok_and(|answer| answer == "ok")
    }

    /// The object or list at a path such as `/api/v1/namespaces/shop/secrets/login`; `None` where there is none.
    pub async fn get(&self, path: &str) -> Option<Value> {
        self.send(Method::GET, path, "", Vec::new()).await
    }

    /// Whether there is an object at the path.
    pub async fn has(&self, path: &str) -> bool {
        self.get(path).await.is_some()
    }

    /// Creates an object, of a kind that may have been defined a moment ago.
    pub async fn create(&self, collection: &str, object: &Value) {
        let body = serde_json::to_vec(object).expect("JSON");
        eventually(collection, || self.send(Method::POST, collection, "application/json", body.clone())).await;
    }

    /// Creates an object, or merges it into the one that is there.
    pub async fn put(&self, collection: &str, object: &Value) {
        let path = format!("{collection}/{}", object["metadata"]["name"].as_str().expect("an object with a name"));
        if self.has(&path).await { self.merge(&path, object).await } else { self.create(collection, object).await }
    }

    pub async fn merge(&self, path: &str, patch: &Value) {
        let body = serde_json::to_vec(patch).expect("JSON");
        let merged = self.send(Method::PATCH, path, "application/merge-patch+json", body).await;
        assert!(merged.is_some(), "{path} does not exist");
    }

    pub async fn delete(&self, path: &str) {
        let deleted = self.send(Method::DELETE, path, "", Vec::new()).await;
        assert!(deleted.is_some(), "{path} does not exist");
    }

    async fn send(&self, method: Method, path: &str, content: &str, body: Vec<u8>) -> Option<Value> {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if !content.is_empty() {
            request = request.header(http::header::CONTENT_TYPE, content);
        }
        let request = request.body(body).expect("a path is a URI");
        match self.client.request::<Value>(request).await {
            Ok(value) => Some(value),
            Err(kube::Error::Api(status)) if status.code == StatusCode::NOT_FOUND.as_u16() => None,
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }

    /// Waits until the object is there and `test` is content with it.
    pub async fn until(&self, path: &str, test: impl Fn(&Value) -> bool) -> Value {
        eventually(path, || async { self.get(path).await.filter(&test) }).await
    }

    pub async fn until_gone(&self, path: &str) {
        eventually(&format!("{path} to be gone"), || async { (!self.has(path).await).then_some(()) }).await;
    }

    /// Waits until an application is Synced and Healthy.
    pub async fn until_settled(&self, application: &str) -> Value {
        self.until(&application_path(application), is_settled).await
    }

    /// Waits until a condition or the operation of an application says all of this; gives everything it says.
    pub async fn until_told(&self, application: &str, parts: &[&str]) -> String {
        let path = application_path(application);
        let says_all = |object: &Value| parts.iter().all(|part| told(object).contains(part));
        match try_eventually(|| async { self.get(&path).await.filter(&says_all) }).await {
            Some(object) => told(&object),
            None => {
                let said = self.get(&path).await.as_ref().map(told).unwrap_or_default();
                panic!("{application} does not say {parts:?}, but: {said}")
            }
        }
    }
}

/// How a kubeconfig's cluster is reached.
pub async fn config(kubeconfig: &str) -> kube::Config {
    // The first test of the process installs it, later ones find it there.
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).expect("windlass writes a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    config.expect("a complete kubeconfig")
}

/// Where an application is found.
pub fn application_path(name: &str) -> String {
    format!("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{name}")
}

pub fn is_settled(application: &Value) -> bool {
    let status = &application["status"];
    status["sync"]["status"] == "Synced"
        && status["health"]["status"] == "Healthy"
        && status["operationState"]["phase"] != "Running"
}

/// What an application has to say: its conditions, its last operation, and the results of that.
pub fn told(application: &Value) -> String {
    let status = &application["status"];
    let operation = &status["operationState"];
    let mut texts: Vec<&Value> = Vec::new();
    for condition in status["conditions"].as_array().into_iter().flatten() {
        texts.extend([&condition["type"], &condition["message"]]);
    }
    texts.push(&operation["message"]);
    for result in operation["syncResult"]["resources"].as_array().into_iter().flatten() {
        texts.push(&result["message"]);
    }
    texts.into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}
