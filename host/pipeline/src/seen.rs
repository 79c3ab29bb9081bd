//! What lives, seen once and judged: one look decides by one state of each object, whatever the watches bring meanwhile.

use std::{collections::HashMap, sync::Arc};

use windlass_cluster::Cached;
use windlass_engine::{Live, Observed};
use windlass_model::{Health, HealthStatus, ObjectKey};

use crate::{reconcile::Pipeline, scope::Scope, verdicts::Patient};

/// Live objects with the verdict on the very version that was seen.
#[derive(Default)]
pub(crate) struct Seen(HashMap<ObjectKey, (Arc<Cached>, Option<Health>)>);

impl Seen {
    pub(crate) fn cached(&self, key: &ObjectKey) -> Option<&Arc<Cached>> {
        self.0.get(key).map(|(cached, _)| cached)
    }

    pub(crate) fn live(&self, key: &ObjectKey) -> Option<Live> {
        let (cached, health) = self.0.get(key)?;
        Some(Live { object: Arc::new(cached.object()), health: health.clone() })
    }
}

impl Pipeline {
    /// What lives of these objects, judged.
    pub async fn look(self: &Arc<Self>, scope: &Scope, keys: &[ObjectKey]) -> Observed {
        let seen = self.see(scope, keys).await;
        Observed(keys.iter().filter_map(|key| Some((key.clone(), seen.live(key)?))).collect())
    }

    pub(crate) async fn see(self: &Arc<Self>, scope: &Scope, keys: &[ObjectKey]) -> Seen {
        let mut seen = Seen::default();
        let mut patients = Vec::new();
        for key in keys {
            let place = scope.place(key);
            let Some(cached) = scope.cluster.get(key) else {
                self.verdicts.forget(&place);
                continue;
            };
            match self.verdicts.find(&place, cached.resource_version()) {
                Some(health) => drop(seen.0.insert(key.clone(), (cached, health))),
                None => patients.push(Patient { place, cached }),
            }
        }
        for (patient, health) in self.judge(patients).await {
            seen.0.insert(patient.place.1, (patient.cached, health));
        }
        seen
    }

    /// An object that could not be judged is in an unknown state, and not one that needs no judging.
    async fn judge(self: &Arc<Self>, patients: Vec<Patient>) -> Vec<(Patient, Option<Health>)> {
        if patients.is_empty() {
            return Vec::new();
        }
        let patients = Arc::new(patients);
        let (pipeline, judged) = (self.clone(), patients.clone());
        let work = tokio::task::spawn_blocking(move || {
            pipeline.verdicts.judge(&pipeline.options.runtime, &pipeline.options.health, &judged)
        });
        let failure = match work.await {
            Ok(Ok(verdicts)) => return patients.iter().cloned().zip(verdicts).collect(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => format!("it was cut off: {error}"),
        };
        tracing::error!(error = failure, "health check failed");
        let unknown = Health::new(HealthStatus::Unknown, format!("the health check failed: {failure}"));
        patients.iter().map(|patient| (patient.clone(), Some(unknown.clone()))).collect()
    }
}
