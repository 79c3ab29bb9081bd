//! Follows what kinds a cluster has: after a CRD or an APIService has changed, and while the server cannot tell.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, task::JoinHandle};
use windlass_model::GroupKind;

use crate::Change;

/// Definitions come many at once.
const CLUMP: Duration = Duration::from_millis(100);
/// How soon a server that could not tell everything is asked again.
const AGAIN: Duration = Duration::from_secs(2);

/// What asking for the kinds has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Everything,
    /// The server could not tell, or not all.
    Part,
    /// Nobody wants to know any more.
    Over,
}

/// A task that follows; it ends when dropped.
pub(crate) struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Follower {
    /// Answers the bell from now on by asking; `known` is how the last answer was.
    pub(crate) fn start<F>(bell: Arc<Notify>, known: Asked, ask: impl Fn() -> F + Send + 'static) -> Self
    where
        F: Future<Output = Asked> + Send + 'static,
    {
        Self(tokio::spawn(follow(bell, known, ask)))
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

async fn follow<F: Future<Output = Asked>>(bell: Arc<Notify>, mut known: Asked, ask: impl Fn() -> F) {
    while known != Asked::Over {
        if known == Asked::Everything {
            bell.notified().await;
            tokio::time::sleep(CLUMP).await;
        } else {
            // Whether it rings or not, it is time.
            let _rang = tokio::time::timeout(AGAIN, bell.notified()).await.is_ok();
        }
        known = ask().await;
    }
}
