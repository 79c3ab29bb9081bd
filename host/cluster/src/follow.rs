//! Follows what kinds a cluster has: after a CRD or an APIService has changed, and while the server cannot tell.

use std::{
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle};
use windlass_model::GroupKind;

use crate::{Change, Cluster, connect::Watches};

/// Definitions come many at once.
const CLUMP: Duration = Duration::from_millis(100);
/// How soon a server that could not tell everything is asked again.
const AGAIN: Duration = Duration::from_secs(2);

/// A task that follows; it ends when dropped.
pub(crate) struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Follower {
    /// Follows for as long as somebody else holds the cluster, and answers the bell from now on.
    pub(crate) fn start(cluster: &Cluster, bell: Arc<Notify>) -> Self {
        let watches = Arc::downgrade(cluster.watches());
        let own = cluster.with_watches(Arc::default());
        Self(tokio::spawn(follow(own, watches, bell)))
    }
}

/// Rings for each change of what defines kinds.
pub(crate) fn ringing(
    bell: Arc<Notify>,
    on_change: Box<dyn Fn(Change) + Send + Sync>,
) -> Box<dyn Fn(Change) + Send + Sync> {
    Box::new(move |change| {
        if defines_kinds(&change.key.kind) {
            bell.notify_one();
        }
        on_change(change);
    })
}

fn defines_kinds(kind: &GroupKind) -> bool {
    kind.is("apiextensions.k8s.io", "CustomResourceDefinition") || kind.is("apiregistration.k8s.io", "APIService")
}

async fn follow(own: Cluster, watches: Weak<Mutex<Watches>>, bell: Arc<Notify>) {
    let mut is_known = !own.kinds().are_incomplete();
    loop {
        if is_known {
            bell.notified().await;
            tokio::time::sleep(CLUMP).await;
        } else {
            // Whether it rings or not, it is time.
            let _rang = tokio::time::timeout(AGAIN, bell.notified()).await.is_ok();
        }
        let Some(watches) = watches.upgrade() else { return };
        let cluster = own.with_watches(watches);
        is_known = match cluster.rediscover().await {
            Ok(()) => !cluster.kinds().are_incomplete(),
            Err(error) => {
                tracing::warn!(%error, "cannot ask which kinds there are");
                false
            }
        };
    }
}
