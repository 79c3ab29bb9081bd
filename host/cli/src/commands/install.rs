//! `windlass install`: prints what a control plane needs; and puts its small parts in place for `up`.

pub mod rights;
mod workload;

use anyhow::Context as _;
use kube::{
    Api, Client,
    api::{DynamicObject, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use windlass_model::{Object, names};

use super::owners;
use crate::{
    args::InstallArgs,
    exit::Exit,
    manifests,
    output::{complain, print},
};

/// What is to be installed.
pub struct Installation {
    pub namespace: String,
    pub image: String,
    pub replicas: u32,
}

/// Prints all of it, for `kubectl apply --server-side -f -`.
pub fn run(args: InstallArgs) -> anyhow::Result<Exit> {
    let installation = Installation { namespace: args.namespace, image: args.image, replicas: args.replicas };
    let mut objects = Vec::new();
    for text in windlass_model::CRDS {
        objects.extend(manifests::parse(text.as_bytes())?);
    }
    let parts = [namespace(&installation.namespace)]
        .into_iter()
        .chain(rights::all(&installation))
        .chain(workload::all(&installation));
    objects.extend(parts.map(object));
    let documents: Vec<String> = objects.iter().map(manifests::to_yaml).collect();
    print(&format!("---\n{}", documents.join("---\n")));
    Ok(Exit::Done)
}

/// Puts the custom resource definitions in place.
pub async fn definitions(client: &Client) -> anyhow::Result<()> {
    for text in windlass_model::CRDS {
        for object in manifests::parse(text.as_bytes())? {
            apply(client, &object).await?;
        }
    }
    Ok(())
}

/// The bare namespace of a control plane.
pub async fn control_plane(client: &Client, name: &str) -> anyhow::Result<()> {
    let bare = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    apply(client, &object(bare)).await
}

/// Pods in it keep to the restricted standard.
fn namespace(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": name, "labels": { "pod-security.kubernetes.io/enforce": "restricted" } },
    })
}

fn object(value: Value) -> Object {
    Object::new(value).unwrap_or_else(|_| unreachable!("the literal is an object"))
}

/// What a server gives an object that lives there.
const OF_A_SERVER: [&str; 6] =
    ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "deletionTimestamp"];

/// Applies an object of a file that somebody gives, without what it had from another cluster.
pub async fn import(client: &Client, object: &Object) -> anyhow::Result<()> {
    let mut object = object.clone();
    for field in OF_A_SERVER {
        object.metadata_mut().remove(field);
    }
    for owner in owners::drop_dead(client, &mut object).await? {
        complain(&format!("{}: its owner does not live here and is left out: {owner}", object.key()));
    }
    apply(client, &object).await
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
