//! Whether Argo CD's controller comes back while ours acts. Told by what is watched anyway, without asking: who looks
//! at thousands of applications again and again does not ask for them all just for this.

use std::{pin::pin, time::Duration};

use futures::{Stream, StreamExt as _};
use kube::{
    Api, Client,
    api::DynamicObject,
    runtime::{WatchStreamExt as _, watcher},
};
use windlass_cluster::{Cluster, Scope};
use windlass_model::{GroupKind, Object};

use crate::{
    clock,
    rival::{self, Sign},
};

/// How often the cache is looked through.
const TURN: Duration = Duration::from_secs(5);

/// Waits until Argo CD's controller is at work in a namespace of the cluster.
pub async fn come_back(cluster: &Cluster, namespace: &str) -> Vec<Sign> {
    let mut leases = pin!(leases(cluster.client().clone(), namespace));
    let mut turn = tokio::time::interval(TURN);
    loop {
        tokio::select! {
            Some(sign) = leases.next() => return vec![sign],
            _ = turn.tick() => {
                let signs = rival::among(&suspects(cluster, namespace), clock::now_ms());
                if !signs.is_empty() {
                    return signs;
                }
            }
        }
    }
}

/// The objects in the cache that may be signs.
fn suspects(cluster: &Cluster, namespace: &str) -> Vec<Object> {
    let mut keys = cluster.keys(Scope::Namespace(namespace));
    keys.retain(|key| may_be_a_sign(&key.kind));
    let cached = keys.iter().filter_map(|key| cluster.get(key));
    let named = cached.filter(|cached| rival::NAMES.iter().any(|name| cached.mentions(name)));
    named.map(|cached| cached.object()).collect()
}

fn may_be_a_sign(kind: &GroupKind) -> bool {
    [("apps", "StatefulSet"), ("apps", "Deployment"), ("", "ConfigMap"), ("argoproj.io", "Application")]
        .iter()
        .any(|(group, name)| kind.is(group, name))
}

/// Leases are in no cache. Here are few, and one that is held speaks every few seconds.
fn leases(client: Client, namespace: &str) -> impl Stream<Item = Sign> {
    let resource = rival::resource("coordination.k8s.io", "v1", "Lease");
    let api: Api<DynamicObject> = Api::namespaced_with(client, namespace, &resource);
    let leases = watcher(api, watcher::Config::default().any_semantic()).default_backoff().applied_objects();
    leases.filter_map(move |lease| {
        let lease = lease.inspect_err(|error| tracing::debug!(%error, "Leases cannot be watched")).ok();
        let object = lease.and_then(|lease| rival::named(serde_json::to_value(lease).ok()?, &resource));
        std::future::ready(object.and_then(|object| rival::sign(&object, clock::now_ms())))
    })
}
