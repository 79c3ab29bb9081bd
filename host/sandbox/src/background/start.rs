//! What every cluster has from its first second.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::access::defaults;
use crate::api::Api;
use crate::catalog::{Resource, shelf_of};
use crate::object::{self, Object};
use crate::ownership;
use crate::store::{Change, Expected, Key, Name};

/// Makes what is missing; a kept store has it already.
pub(super) fn furnish(api: &Api) {
    for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        let labels = json!({ "kubernetes.io/metadata.name": namespace });
        make(
            api,
            Key { shelf: shelf_of("", "namespaces"), name: Name::new("", namespace) },
            json!({
                "kind": "Namespace",
                "apiVersion": "v1",
                "metadata": { "name": namespace, "labels": labels },
                "spec": { "finalizers": ["kubernetes"] },
                "status": { "phase": "Active" },
            }),
        );
    }
    for (name, value, description) in PRIORITIES {
        make(
            api,
            Key { shelf: shelf_of("scheduling.k8s.io", "priorityclasses"), name: Name::new("", name) },
            json!({
                "kind": "PriorityClass",
                "apiVersion": "scheduling.k8s.io/v1",
                "metadata": { "name": name, "generation": 1 },
                "value": value,
                "description": description,
                "preemptionPolicy": "PreemptLowerPriority",
            }),
        );
    }
    let labels = json!({ "component": "apiserver", "provider": "kubernetes" });
    for entry in defaults::objects() {
        let shelf = shelf_of("rbac.authorization.k8s.io", entry.plural);
        make(api, Key { shelf, name: Name::new(&entry.namespace, &entry.name) }, entry.object);
    }
    make(
        api,
        Key { shelf: shelf_of("", "services"), name: Name::new("default", "kubernetes") },
        json!({
            "kind": "Service",
            "apiVersion": "v1",
            "metadata": { "name": "kubernetes", "namespace": "default", "labels": labels },
            "spec": {
                "clusterIP": "10.96.0.1",
                "clusterIPs": ["10.96.0.1"],
                "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "ports": [{ "name": "https", "port": 443, "protocol": "TCP", "targetPort": 443 }],
                "sessionAffinity": "None",
                "type": "ClusterIP",
            },
            "status": { "loadBalancer": {} },
        }),
    );
}

const PRIORITIES: [(&str, i64, &str); 2] = [
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
];

/// Makes an object that is not there yet.
pub(super) fn make(api: &Api, key: Key, object: Value) {
    make_then(api, key, object, |_| ());
}

/// Makes an object that is not there yet; `finish` adds what nobody owns.
pub(super) fn make_then(api: &Api, key: Key, object: Value, finish: impl FnOnce(&mut Object)) {
    let Value::Object(mut object) = object else { return };
    if api.store.get(&key).is_some() {
        return;
    }
    stamp(&mut object);
    let owned = |resource: &&Arc<Resource>| resource.group != "rbac.authorization.k8s.io";
    if let Some(resource) = api.catalog().of_shelf(&key.shelf).filter(owned) {
        // What is set after the owner is recorded has none, as when a client makes one.
        let kept: Vec<(&str, Value)> = UNOWNED.iter().filter_map(|key| Some((*key, take(&mut object, key)?))).collect();
        ownership::record_own(resource, None, &mut object, "kube-apiserver", "");
        for (key, value) in kept {
            object::child_mut(&mut object, "spec").insert(key.into(), value);
        }
    }
    finish(&mut object);
    if let Err(error) = api.store.commit(&key, Expected::Absent, Change::Put(object)) {
        tracing::error!(%error, ?key, "a first object cannot be made");
    }
}

const UNOWNED: [&str; 3] = ["finalizers", "clusterIPs", "ipFamilies"];

fn take(object: &mut Object, key: &str) -> Option<Value> {
    object.get_mut("spec")?.as_object_mut()?.remove(key)
}

fn stamp(object: &mut Object) {
    let metadata = object::metadata_mut(object);
    metadata.insert("uid".into(), uuid::Uuid::new_v4().to_string().into());
    metadata.insert("creationTimestamp".into(), object::now().into());
}
