//! What the cluster looks like to one decision.

use std::{collections::HashMap, sync::Arc};

use windlass_model::{Health, HealthStatus, Object, ObjectKey, application::OperationPhase, names};

/// A live object with its verdict. `health` is `None` for kinds that have no health check.
#[derive(Clone, Debug)]
pub struct Live {
    pub object: Arc<Object>,
    pub health: Option<Health>,
}

impl Live {
    pub fn is_deleting(&self) -> bool {
        self.object.is_deleting()
    }

    pub fn has_hook_finalizer(&self) -> bool {
        self.object.finalizers().any(|name| name == names::HOOK_FINALIZER)
    }

    /// Health of an ordinary object: one that is being deleted is progressing, whatever its check says, and so is
    /// one whose status is about an earlier generation.
    pub fn resource_health(&self) -> Option<Health> {
        if self.is_deleting() && !self.has_hook_finalizer() {
            return Some(Health::new(HealthStatus::Progressing, "Pending deletion"));
        }
        let health = self.health.clone()?;
        let is_verdict = matches!(health.status, HealthStatus::Healthy | HealthStatus::Degraded);
        if is_verdict && self.is_unobserved() {
            return Some(Health::new(HealthStatus::Progressing, "Waiting for the change to be observed"));
        }
        Some(health)
    }

    /// Whether the kind keeps `observedGeneration`, and it lags behind.
    fn is_unobserved(&self) -> bool {
        let generation = |path| self.object.at(path).and_then(serde_json::Value::as_i64);
        match (generation(&["status", "observedGeneration"]), generation(&["metadata", "generation"])) {
            (Some(observed), Some(present)) => observed < present,
            _ => false,
        }
    }

    /// How far a hook has come, by its health. A kind without a check is done once it exists.
    pub fn hook_phase(&self) -> (OperationPhase, String) {
        match self.resource_health() {
            None => (OperationPhase::Succeeded, format!("{} created", self.object.name())),
            Some(Health { status, message }) => (
                match status {
                    HealthStatus::Healthy => OperationPhase::Succeeded,
                    HealthStatus::Progressing | HealthStatus::Suspended | HealthStatus::Missing => {
                        OperationPhase::Running
                    }
                    HealthStatus::Degraded | HealthStatus::Unknown => OperationPhase::Failed,
                },
                message,
            ),
        }
    }
}

/// The live objects that a run can see.
#[derive(Clone, Debug, Default)]
pub struct Observed(pub HashMap<ObjectKey, Live>);

impl Observed {
    pub fn get(&self, key: &ObjectKey) -> Option<&Live> {
        self.0.get(key)
    }
}
