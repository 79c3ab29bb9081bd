//! The languages of kustomizations: the file itself, strategic merge patches, field paths.

use std::collections::BTreeMap;

use serde_json::json;
use windlass_kustomize::{Options, build};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}, annotations: {a.b/c: d}}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: web, image: 'web:1', ports: [{containerPort: 80}], env: [{name: A, value: b}]}
";

/// A kustomization over one Deployment and one more file.
pub fn kustomization(data: &[u8]) {
    run(data.to_vec(), b"kind: Patch\n".to_vec());
}

/// A patch for the Deployment, strategic or JSON.
pub fn patch(data: &[u8]) {
    let kustomization = json!({ "resources": ["web.yaml"], "patches": [{ "path": "more.yaml" }] });
    run(kustomization.to_string().into_bytes(), data.to_vec());
}

/// The path of a field that a replacement reads and another that it writes, with a zero byte between.
pub fn field_path(data: &[u8]) {
    let (from, to) = crate::halves(data);
    let kustomization = json!({ "resources": ["web.yaml"], "replacements": [{
        "source": { "kind": "Deployment", "name": "web", "fieldPath": crate::text(from) },
        "targets": [{
            "select": { "kind": "Deployment" },
            "fieldPaths": [crate::text(to)],
            "options": { "create": true },
        }],
    }] });
    run(kustomization.to_string().into_bytes(), Vec::new());
}

fn run(kustomization: Vec<u8>, more: Vec<u8>) {
    let files = BTreeMap::from([
        ("app/kustomization.yaml".to_owned(), kustomization),
        ("app/web.yaml".to_owned(), DEPLOYMENT.into()),
        ("app/more.yaml".to_owned(), more),
    ]);
    if let Ok(built) = build(&files, "app", &Options::default()) {
        assert!(built.objects.iter().all(|object| object.body["kind"].is_string()), "an object without a kind");
    }
}
