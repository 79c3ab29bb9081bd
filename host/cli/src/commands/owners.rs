//! Owners that objects name, and whether they live: what names none that does is deleted by the garbage collector.

use anyhow::Context as _;
use kube::{
    Api, Client,
    api::DynamicObject,
    core::GroupVersionKind,
    discovery::{Scope, pinned_kind},
};
use serde_json::Value;
use windlass_model::{Object, key::split_api_version};

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Owner {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
}

impl Owner {
    /// Whether an object of that name lives with that UID, outside namespaces or in the one that is given.
    pub async fn lives(&self, client: &Client, namespace: &str) -> anyhow::Result<bool> {
        let (group, version) = split_api_version(&self.api_version);
        let kind = GroupVersionKind::gvk(group, version, &self.kind);
        let (resource, capabilities) = match pinned_kind(client, &kind).await {
            Ok(found) => found,
            Err(kube::Error::Discovery(_)) => return Ok(false),
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(false),
            Err(error) => return Err(error).with_context(|| format!("cannot look for {self}")),
        };
        let api: Api<DynamicObject> = match capabilities.scope {
            Scope::Cluster => Api::all_with(client.clone(), &resource),
            Scope::Namespaced if namespace.is_empty() => return Ok(false),
            Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
        };
        let live = api.get_metadata_opt(&self.name).await.with_context(|| format!("cannot look for {self}"))?;
        Ok(live.is_some_and(|live| live.metadata.uid.as_ref() == Some(&self.uid)))
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} with UID {}", self.kind, self.name, self.uid)
    }
}

/// Drops the owners of an object that do not live, as in a file that was written in another cluster; gives those.
pub async fn drop_dead(client: &Client, object: &mut Object) -> anyhow::Result<Vec<Owner>> {
    let Some(Value::Array(named)) = object.at(&["metadata", "ownerReferences"]).cloned() else {
        return Ok(Vec::new());
    };
    let (mut living, mut dead) = (Vec::new(), Vec::new());
    for reference in named {
        let owner: Owner = serde_json::from_value(reference.clone())
            .with_context(|| format!("{}: metadata.ownerReferences", object.key()))?;
        if owner.lives(client, object.namespace()).await? { living.push(reference) } else { dead.push(owner) }
    }
    let metadata = object.metadata_mut();
    if living.is_empty() {
        metadata.remove("ownerReferences");
    } else {
        metadata.insert("ownerReferences".into(), living.into());
    }
    Ok(dead)
}
