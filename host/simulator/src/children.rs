//! What controllers make and count: Pods from templates, and the status that follows from them.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Error, unless_gone};
use crate::{Context, steering};

/// The objects of a kind that this owner controls, by name.
pub(crate) async fn owned<K>(ctx: &Context, owner: &ObjectMeta) -> Result<Vec<K>, Error>
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let api: Api<K> = namespaced(ctx, owner);
    let listed = api.list(&ListParams::default()).await.map_err(Error::to("list children"))?;
    let uid = owner.uid.as_deref().unwrap_or_default();
    let controlled = |child: &K| {
        child.owner_references().iter().any(|reference| reference.uid == uid && reference.controller == Some(true))
    };
    let mut children: Vec<K> = listed.items.into_iter().filter(controlled).collect();
    children.sort_by_key(|child| child.name_any());
    Ok(children)
}

pub(crate) fn namespaced<K>(ctx: &Context, meta: &ObjectMeta) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    Api::namespaced(ctx.client.clone(), meta.namespace.as_deref().unwrap_or_default())
}

/// The ownerReference of a controller.
pub(crate) fn owner_of<K: Resource<DynamicType = ()>>(owner: &K) -> Value {
    json!([owner.controller_owner_ref(&())])
}

/// A Pod from a template.
pub(crate) fn pod<K>(owner: &K, name: Value, template: &PodTemplateSpec, labels: &[(&str, &str)]) -> Value
where
    K: Resource<DynamicType = ()>,
{
    let mut metadata = json!(template.metadata.clone().unwrap_or_default());
    for (key, value) in labels {
        metadata["labels"][*key] = (*value).into();
    }
    for (key, value) in steering::inherited(owner.meta()) {
        if metadata["annotations"][&key].is_null() {
            metadata["annotations"][&key] = value.into();
        }
    }
    if let (Value::Object(metadata), Value::Object(name)) = (&mut metadata, name) {
        metadata.extend(name);
    }
    metadata["ownerReferences"] = owner_of(owner);
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template.spec })
}

/// Creates a child; one that is there already is left as it is.
pub(crate) async fn create<K>(api: &Api<K>, object: &Value) -> Result<(), Error>
where
    K: Clone + Debug + DeserializeOwned + Serialize,
{
    let parsed: K = match serde_json::from_value(object.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            tracing::error!(%error, "a child does not have the shape of its kind");
            return Ok(());
        }
    };
    match api.create(&PostParams::default(), &parsed).await {
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        outcome => outcome.map(drop).map_err(Error::to("create a child")),
    }
}

pub(crate) async fn delete<K>(api: &Api<K>, name: &str) -> Result<(), Error>
where
    K: Clone + Debug + DeserializeOwned,
{
    let outcome = api.delete(name, &DeleteParams::background()).await;
    unless_gone(outcome).map(drop).map_err(Error::to("delete a child"))
}

/// Writes a status, if it says anything new.
pub(crate) async fn write_status<K>(api: &Api<K>, object: &K, status: Value) -> Result<(), Error>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize,
{
    let before = serde_json::to_value(object).map(|value| value["status"].clone()).unwrap_or_default();
    if covers(&before, &status) {
        return Ok(());
    }
    let patch = Patch::Merge(json!({ "status": status }));
    let outcome = api.patch_status(&object.name_any(), &PatchParams::default(), &patch).await;
    unless_gone(outcome).map(drop).map_err(Error::to("write a status"))
}

/// Whether a merge would change nothing.
fn covers(before: &Value, wanted: &Value) -> bool {
    match (before, wanted) {
        (Value::Object(before), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| covers(before.get(key).unwrap_or(&Value::Null), value))
        }
        _ => before == wanted,
    }
}

pub(crate) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref()).into_iter().flatten();
    let ready = conditions.into_iter().any(|entry| entry.type_ == "Ready" && entry.status == "True");
    ready && pod.metadata.deletion_timestamp.is_none()
}

pub(crate) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending")
}

/// Pods that count: neither ended nor ending.
pub(crate) fn is_active(pod: &Pod) -> bool {
    !matches!(phase(pod), "Succeeded" | "Failed") && pod.metadata.deletion_timestamp.is_none()
}

/// A short name for a template's content.
pub(crate) fn template_hash(template: &impl Serialize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(template).unwrap_or_default().hash(&mut hasher);
    let mut rest = hasher.finish();
    let mut letters = String::new();
    for _ in 0..10 {
        letters.push(char::from(LETTERS[(rest % LETTERS.len() as u64) as usize]));
        rest /= LETTERS.len() as u64;
    }
    letters
}
