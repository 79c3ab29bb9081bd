//! Applications as the API tells of them: every status, with the moment at which it was there.

use std::{collections::HashMap, time::Instant};

use serde_json::Value;
use tokio::sync::mpsc;
use windlass_tests_support::PATIENCE;

use crate::{Failure, watch::Watch};

/// What an application's status says.
#[derive(Clone, Debug)]
pub struct Told {
    pub name: String,
    pub at: Instant,
    pub is_synced: bool,
    /// Whether its last operation has succeeded.
    pub has_succeeded: bool,
    pub health: String,
    pub revision: String,
}

impl Told {
    fn of(application: &Value) -> Self {
        let text = |pointer: &str| application.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            name: text("/metadata/name"),
            at: Instant::now(),
            is_synced: text("/status/sync/status") == "Synced",
            has_succeeded: text("/status/operationState/phase") == "Succeeded",
            health: text("/status/health/status"),
            revision: text("/status/sync/revision"),
        }
    }

    pub fn is_settled(&self) -> bool {
        self.is_synced && self.has_succeeded
    }
}

/// The latest of every application.
pub struct Statuses {
    events: mpsc::UnboundedReceiver<Told>,
    latest: HashMap<String, Told>,
}

impl Statuses {
    /// Watches from now on.
    pub async fn watch(client: &kube::Client) -> Result<Self, Failure> {
        let mut watch = Watch::of(client, "/apis/argoproj.io/v1alpha1/applications", "").await?;
        let (sender, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(application)) = watch.next().await {
                if sender.send(Told::of(&application)).is_err() {
                    break;
                }
            }
        });
        Ok(Self { events, latest: HashMap::new() })
    }

    /// The next one that is told.
    pub async fn next(&mut self) -> Result<Told, Failure> {
        let told = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        let told = told.map_err(|_| "no status was written for a long time")?.ok_or("the watch has ended")?;
        Ok(self.remember(told))
    }

    /// The next one that has been told already.
    pub fn told_by_now(&mut self) -> Option<Told> {
        let told = self.events.try_recv().ok()?;
        Some(self.remember(told))
    }

    fn remember(&mut self, told: Told) -> Told {
        self.latest.insert(told.name.clone(), told.clone());
        told
    }

    /// Waits until an application's status passes the test; gives the moment.
    pub async fn until(&mut self, name: &str, test: impl Fn(&Told) -> bool) -> Result<Instant, Failure> {
        loop {
            if let Some(told) = self.latest.get(name).filter(|told| test(told)) {
                return Ok(told.at);
            }
            self.next().await?;
        }
    }
}
