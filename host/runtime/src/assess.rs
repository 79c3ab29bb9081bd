//! Calls a health check with a batch of objects. A batch that ends badly is halved until the object that
//! brings the plugin down stands alone; the others get their verdicts.

use crate::{CallError, Grants, Kind, Limits, Plugin, Runtime, Stop, bindings::assess, runtime::session};

/// From best to worst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthStatus {
    Healthy,
    Suspended,
    Progressing,
    Missing,
    Degraded,
    Unknown,
}

/// What a health check says of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// `None` when the object has nothing to judge.
    pub status: Option<HealthStatus>,
    pub message: String,
}

impl Runtime {
    /// One verdict for each object (JSON, as the API server returns it), in order. An object on which the
    /// plugin fails is `Unknown`, with the reason. Fails only when the plugin does not start at all.
    pub fn assess(&self, plugin: &Plugin, objects: &[&[u8]], limits: &Limits) -> Result<Vec<Verdict>, CallError> {
        plugin.expect(Kind::Health)?;
        let mut verdicts = Vec::with_capacity(objects.len());
        let mut batches: Vec<&[&[u8]]> = objects.chunks(batch_size(limits)).rev().collect();
        while let Some(batch) = batches.pop() {
            match self.assess_batch(plugin, batch, limits) {
                Ok(batch) => verdicts.extend(batch),
                Err(CallError::Stopped { .. }) if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second, first]);
                }
                Err(error @ CallError::Stopped { .. }) => {
                    verdicts.push(Verdict { status: Some(HealthStatus::Unknown), message: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(verdicts)
    }

    fn assess_batch(&self, plugin: &Plugin, objects: &[&[u8]], limits: &Limits) -> Result<Vec<Verdict>, CallError> {
        let objects: Vec<Vec<u8>> = objects.iter().map(|object| object.to_vec()).collect();
        let returned = self.call(plugin, &Grants::denied(), session(plugin, limits), async |store, prepared| {
            let instance = prepared.health()?.instantiate_async(&mut *store).await?;
            instance.windlass_plugin_assess().call_run(store, &objects).await
        })?;
        let verdicts = returned.value;
        if verdicts.len() != objects.len() {
            let reason = format!("{} verdicts for {} objects", verdicts.len(), objects.len());
            let stop = Stop::InvalidOutput { reason };
            return Err(CallError::Stopped { plugin: plugin.name().clone(), stop });
        }
        Ok(verdicts.into_iter().map(verdict).collect())
    }
}

/// Objects in one call: few enough that one bad object does not cost many others a second run.
fn batch_size(limits: &Limits) -> usize {
    usize::try_from(limits.results).unwrap_or(usize::MAX).clamp(1, 500)
}

fn verdict(verdict: assess::Verdict) -> Verdict {
    let (status, prefix) = match verdict.status {
        None => (None, None),
        Some(assess::Status::Healthy) => (Some(HealthStatus::Healthy), None),
        Some(assess::Status::Suspended) => (Some(HealthStatus::Suspended), None),
        Some(assess::Status::Progressing) => (Some(HealthStatus::Progressing), None),
        Some(assess::Status::Missing) => (Some(HealthStatus::Missing), None),
        Some(assess::Status::Degraded) => (Some(HealthStatus::Degraded), None),
        Some(assess::Status::Unknown) => (Some(HealthStatus::Unknown), None),
        Some(assess::Status::Other(status)) => (Some(HealthStatus::Unknown), Some(status)),
    };
    let message = prefix.map_or(verdict.message.clone(), |prefix| format!("{prefix}: {}", verdict.message));
    Verdict { status, message }
}
