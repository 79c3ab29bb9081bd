//! Plays what a cluster has besides its API server: scheduler, kubelet, controllers and provisioners.
//!
//! An ordinary API client: it watches and writes status as the real controllers do, on any API server that has
//! none of them. No container runs. Annotations on a workload, or on its Pod template, steer what happens:
//!
//! - `simulator.windlass.dev/delay: 500ms`: how long a Pod takes to become ready, or a Job's Pod to end;
//! - `simulator.windlass.dev/fail: "true"`: its Pods crash, a claim is lost, an address never comes.

mod addresses;
mod autoscaler;
mod children;
mod claim;
mod conditions;
mod daemon_set;
mod deployment;
mod disruption_budget;
mod error;
mod job;
mod kubelet;
mod replica_set;
mod stateful_set;
mod steering;

use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{BoxFuture, join_all};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Service};
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, Resource};

pub use error::Error;

/// Which parts are played, and how fast.
#[derive(Clone, Debug)]
pub struct Options {
    /// Deployments and their ReplicaSets.
    pub deployments: bool,
    pub stateful_sets: bool,
    pub daemon_sets: bool,
    pub jobs: bool,
    /// Scheduler and kubelet: Pods are bound, become ready, end.
    pub kubelet: bool,
    /// Claims are bound, and let go of when they are deleted.
    pub volumes: bool,
    /// LoadBalancer Services and Ingresses get an address.
    pub addresses: bool,
    pub autoscalers: bool,
    pub disruption_budgets: bool,
    /// How long a Pod takes to become ready where no annotation says otherwise.
    pub delay: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            deployments: true,
            stateful_sets: true,
            daemon_sets: true,
            jobs: true,
            kubelet: true,
            volumes: true,
            addresses: true,
            autoscalers: true,
            disruption_budgets: true,
            delay: Duration::from_millis(20),
        }
    }
}

impl Options {
    /// Deployments and ReplicaSets make their children; nothing runs them.
    pub fn without_kubelet() -> Self {
        Options {
            stateful_sets: false,
            daemon_sets: false,
            jobs: false,
            kubelet: false,
            volumes: false,
            addresses: false,
            autoscalers: false,
            disruption_budgets: false,
            ..Options::default()
        }
    }
}

pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) options: Options,
}

type Outcome = Result<Action, Error>;

/// Plays its parts until the future is dropped.
pub async fn run(client: Client, options: Options) {
    let ctx = Arc::new(Context { client, options });
    join_all(parts(&ctx)).await;
}

fn parts(ctx: &Arc<Context>) -> Vec<BoxFuture<'static, ()>> {
    let options = &ctx.options;
    let mut parts: Vec<BoxFuture<'static, ()>> = Vec::new();
    if options.deployments {
        parts.push(Box::pin(drive(ctx, of::<Deployment>(ctx).owns(all::<ReplicaSet>(ctx), any()), deployment::settle)));
        parts.push(Box::pin(drive(ctx, of::<ReplicaSet>(ctx).owns(all::<Pod>(ctx), any()), replica_set::settle)));
    }
    if options.stateful_sets {
        parts.push(Box::pin(drive(ctx, of::<StatefulSet>(ctx).owns(all::<Pod>(ctx), any()), stateful_set::settle)));
    }
    if options.daemon_sets {
        parts.push(Box::pin(drive(ctx, of::<DaemonSet>(ctx).owns(all::<Pod>(ctx), any()), daemon_set::settle)));
    }
    if options.jobs {
        parts.push(Box::pin(drive(ctx, of::<Job>(ctx).owns(all::<Pod>(ctx), any()), job::settle)));
    }
    if options.kubelet {
        parts.push(Box::pin(drive(ctx, of::<Pod>(ctx), kubelet::settle)));
    }
    if options.volumes {
        parts.push(Box::pin(drive(ctx, of::<PersistentVolumeClaim>(ctx), claim::settle)));
    }
    if options.addresses {
        parts.push(Box::pin(drive(ctx, of::<Service>(ctx), addresses::settle_service)));
        parts.push(Box::pin(drive(ctx, of::<Ingress>(ctx), addresses::settle_ingress)));
    }
    if options.autoscalers {
        parts.push(Box::pin(drive(ctx, of::<HorizontalPodAutoscaler>(ctx), autoscaler::settle)));
    }
    if options.disruption_budgets {
        let budgets = of::<PodDisruptionBudget>(ctx);
        let known = budgets.store();
        let budgets = budgets.watches(all::<Pod>(ctx), any(), move |pod| disruption_budget::of_pod(&known, &pod));
        parts.push(Box::pin(drive(ctx, budgets, disruption_budget::settle)));
    }
    parts
}

fn any() -> watcher::Config {
    watcher::Config::default()
}

fn all<K>(ctx: &Context) -> Api<K>
where
    K: Resource<DynamicType = ()>,
{
    Api::all(ctx.client.clone())
}

fn of<K>(ctx: &Context) -> Controller<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    Controller::new(all::<K>(ctx), any())
}

/// Runs one part: settles each object that changes, again after a failure.
fn drive<K, F>(
    ctx: &Arc<Context>,
    controller: Controller<K>,
    settle: fn(Arc<K>, Arc<Context>) -> F,
) -> impl Future<Output = ()> + use<K, F>
where
    K: Resource<DynamicType: Eq + Hash + Clone + Default + Debug + Unpin> + Clone + Debug,
    K: serde::de::DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Send + Sync,
    F: Future<Output = Outcome> + Send + 'static,
{
    let again = |_: Arc<K>, error: &Error, _: Arc<Context>| Action::requeue(error.retry_after());
    controller.run(settle, again, ctx.clone()).for_each(|outcome| {
        if let Err(error) = outcome {
            tracing::debug!(%error, "will be tried again");
        }
        std::future::ready(())
    })
}
