//! What every cluster has from its first second.

use serde_json::json;

use crate::api::Api;
use crate::catalog::shelf_of;
use crate::object::{self, Object};
use crate::store::{Change, Expected, Key, Name};

/// Makes what is missing; a kept store has it already.
pub(super) fn furnish(api: &Api) {
    for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        let labels = json!({ "kubernetes.io/metadata.name": namespace });
        make(
            api,
            "namespaces",
            "",
            namespace,
            json!({
                "kind": "Namespace",
                "apiVersion": "v1",
                "metadata": { "name": namespace, "labels": labels },
                "spec": { "finalizers": ["kubernetes"] },
                "status": { "phase": "Active" },
            }),
        );
    }
    let labels = json!({ "component": "apiserver", "provider": "kubernetes" });
    make(
        api,
        "services",
        "default",
        "kubernetes",
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

fn make(api: &Api, plural: &str, namespace: &str, name: &str, object: serde_json::Value) {
    let serde_json::Value::Object(mut object) = object else { return };
    stamp(&mut object);
    let key = Key { shelf: shelf_of("", plural), name: Name::new(namespace, name) };
    if api.store.get(&key).is_some() {
        return;
    }
    if let Err(error) = api.store.commit(&key, Expected::Absent, Change::Put(object)) {
        tracing::error!(%error, name, "a first object cannot be made");
    }
}

fn stamp(object: &mut Object) {
    let metadata = object::metadata_mut(object);
    metadata.insert("uid".into(), uuid::Uuid::new_v4().to_string().into());
    metadata.insert("creationTimestamp".into(), object::now().into());
}
