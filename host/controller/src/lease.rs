//! Which of several controllers acts: the one that holds a Lease and renews it in time.
//!
//! The holder begins no write whose timeout would end after its Lease can pass on. A process that was stopped and
//! goes on finds its fence closed, by its own clock and before it has asked anybody.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kube::{
    Api, Client,
    api::{DynamicObject, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle, time::Instant};
use windlass_cluster::{Fence, WRITE_TIMEOUT};

use crate::clock;

/// Which Lease, and who we are.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    pub namespace: String,
    pub name: String,
    /// Different for every process.
    pub identity: String,
    /// How long a Lease counts after it was renewed.
    pub duration: Duration,
}

impl LeaseOptions {
    /// The shortest duration that leaves room for a write and its renewal.
    pub const SHORTEST: Duration = Duration::from_secs(WRITE_TIMEOUT.as_secs() + 5);
}

/// A Lease that is held, and renewed in the background.
pub struct Leadership {
    elector: Arc<Elector>,
    lost: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

struct Elector {
    api: Api<DynamicObject>,
    resource: ApiResource,
    options: LeaseOptions,
    /// Until when the Lease is ours, by our own clock.
    until: Mutex<Option<Instant>>,
}

impl Drop for Leadership {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Leadership {
    /// Waits until the Lease is ours.
    pub async fn acquire(client: Client, options: LeaseOptions) -> Self {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("coordination.k8s.io", "v1", "Lease"));
        let api = Api::namespaced_with(client, &options.namespace, &resource);
        let elector = Arc::new(Elector { api, resource, options, until: Mutex::default() });
        let mut seen = Seen::default();
        while !elector.try_hold(&mut seen).await {
            tokio::time::sleep(elector.pause()).await;
        }
        let (sender, lost) = watch::channel(false);
        let task = tokio::spawn(renew(elector.clone(), seen, sender));
        Self { elector, lost, task }
    }

    /// Lets writes through for as long as they end before the Lease can pass on.
    pub fn fence(&self) -> Fence {
        let elector = self.elector.clone();
        Fence::new(move || match elector.until() {
            Some(until) if Instant::now() + WRITE_TIMEOUT < until => Ok(()),
            _ => Err("another controller may hold the Lease by now".into()),
        })
    }

    /// Returns when the Lease is no longer ours.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // The sender goes only with the task that has told of the loss.
        if lost.wait_for(|lost| *lost).await.is_err() {
            tracing::debug!("the Lease is not renewed any more");
        }
    }

    /// Gives the Lease back, so that the next controller need not wait for its end.
    pub async fn release(self) {
        self.task.abort();
        *self.elector.lock() = None;
        if let Err(error) = self.elector.give_back().await {
            tracing::debug!(%error, "the Lease was not given back");
        }
    }
}

/// Renews until the Lease is lost.
async fn renew(elector: Arc<Elector>, mut seen: Seen, lost: watch::Sender<bool>) {
    loop {
        tokio::time::sleep(elector.pause()).await;
        let holds = elector.try_hold(&mut seen).await;
        let is_over = elector.until().is_none_or(|until| Instant::now() >= until);
        if !holds && (seen.by_other || is_over) {
            *elector.lock() = None;
            lost.send_replace(true);
            return;
        }
    }
}

/// What was last seen of the Lease, and since when.
#[derive(Debug, Default)]
struct Seen {
    version: String,
    since: Option<Instant>,
    by_other: bool,
}

/// What a look at the Lease comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Renew,
    Take,
    Wait,
}

/// Decides by what stands in the Lease and for how long that has not changed. The holder's clock is not trusted.
fn decide(holder: &str, me: &str, unchanged: Duration, duration: Duration) -> Step {
    match holder {
        _ if holder == me => Step::Renew,
        "" => Step::Take,
        _ if unchanged >= duration => Step::Take,
        _ => Step::Wait,
    }
}

impl Elector {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(&self) -> Option<Instant> {
        *self.lock()
    }

    fn pause(&self) -> Duration {
        self.options.duration / 10
    }

    /// One attempt to take or renew the Lease; whether it is ours now.
    async fn try_hold(&self, seen: &mut Seen) -> bool {
        // The Lease counts from before the request: it may have been written at any moment since.
        let began = Instant::now();
        let attempt = tokio::time::timeout(self.options.duration / 3, self.attempt(seen)).await;
        match attempt {
            Ok(Ok(true)) => {
                *self.lock() = Some(began + self.options.duration);
                true
            }
            Ok(Ok(false)) => false,
            Ok(Err(error)) => {
                tracing::warn!(%error, lease = %self.options.name, "cannot take or renew the Lease");
                false
            }
            Err(_) => {
                tracing::warn!(lease = %self.options.name, "no answer about the Lease");
                false
            }
        }
    }

    async fn attempt(&self, seen: &mut Seen) -> Result<bool, kube::Error> {
        let Some(mut lease) = self.api.get_opt(&self.options.name).await? else {
            let mut lease = DynamicObject::new(&self.options.name, &self.resource);
            lease.data = json!({ "spec": self.spec(0, "") });
            return taken(self.api.create(&PostParams::default(), &lease).await);
        };
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        if seen.version != version {
            *seen = Seen { version, since: Some(Instant::now()), ..Seen::default() };
        }
        let spec = &lease.data["spec"];
        let holder = spec["holderIdentity"].as_str().unwrap_or_default();
        let unchanged = seen.since.map_or(Duration::ZERO, |since| since.elapsed());
        let transitions = spec["leaseTransitions"].as_i64().unwrap_or(0);
        let acquired = spec["acquireTime"].as_str().unwrap_or_default().to_owned();
        seen.by_other = holder != self.options.identity;
        lease.data["spec"] = match decide(holder, &self.options.identity, unchanged, self.options.duration) {
            Step::Wait => return Ok(false),
            Step::Renew => self.spec(transitions, &acquired),
            Step::Take => self.spec(transitions + 1, &micro_time()),
        };
        taken(self.api.replace(&self.options.name, &PostParams::default(), &lease).await)
    }

    fn spec(&self, transitions: i64, acquired: &str) -> Value {
        json!({
            "holderIdentity": self.options.identity,
            "leaseDurationSeconds": self.options.duration.as_secs(),
            "acquireTime": if acquired.is_empty() { micro_time() } else { acquired.to_owned() },
            "renewTime": micro_time(),
            "leaseTransitions": transitions,
        })
    }

    async fn give_back(&self) -> Result<(), kube::Error> {
        let mut lease = self.api.get(&self.options.name).await?;
        if lease.data["spec"]["holderIdentity"] == self.options.identity.as_str() {
            lease.data["spec"]["holderIdentity"] = "".into();
            self.api.replace(&self.options.name, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }
}

/// Somebody else was faster: that is no error.
fn taken(answer: Result<DynamicObject, kube::Error>) -> Result<bool, kube::Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error),
    }
}

fn micro_time() -> String {
    clock::now_text().replace('Z', ".000000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_passes_on_only_when_it_is_free_or_has_not_been_renewed_for_its_whole_duration() {
        let step = |holder: &str, unchanged: u64| {
            decide(holder, "me", Duration::from_secs(unchanged), Duration::from_secs(30))
        };
        assert_eq!(step("me", 0), Step::Renew);
        assert_eq!(step("", 0), Step::Take);
        assert_eq!(step("other", 29), Step::Wait);
        assert_eq!(step("other", 30), Step::Take);
    }
}
