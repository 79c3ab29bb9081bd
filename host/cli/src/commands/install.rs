//! What a control plane needs before it can work: its namespace, its CRDs, a project that allows everything.

use anyhow::Context as _;
use kube::{
    Api, Client,
    api::{DynamicObject, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::json;
use windlass_model::{Object, names};

use crate::manifests;

/// Puts the custom resource definitions in place.
pub async fn definitions(client: &Client) -> anyhow::Result<()> {
    for text in windlass_model::CRDS {
        for object in manifests::parse(text.as_bytes())? {
            apply(client, &object).await?;
        }
    }
    Ok(())
}

/// The namespace and the project `default`, as a fresh Argo CD has them.
pub async fn control_plane(client: &Client, namespace: &str) -> anyhow::Result<()> {
    apply(client, &object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}))).await?;
    let everything = json!([{"group": "*", "kind": "*"}]);
    let project = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {
            "sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": everything,
        },
    });
    apply(client, &object(project)).await
}

fn object(value: serde_json::Value) -> Object {
    Object::new(value).unwrap_or_else(|_| unreachable!("the literal is an object"))
}

/// Applies one object of ours, waiting for a kind that was defined a moment ago.
pub async fn apply(client: &Client, object: &Object) -> anyhow::Result<()> {
    let kind = GroupVersionKind::gvk(object.group(), object.version(), object.kind());
    let resource = ApiResource::from_gvk(&kind);
    let api: Api<DynamicObject> = match object.namespace() {
        "" => Api::all_with(client.clone(), &resource),
        namespace => Api::namespaced_with(client.clone(), namespace, &resource),
    };
    let params = PatchParams::apply(names::FIELD_MANAGER).force();
    let body = object.to_value();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        match api.patch(object.name(), &params, &Patch::Apply(&body)).await {
            Ok(_) => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error).with_context(|| object.key().to_string()),
        }
    }
}
