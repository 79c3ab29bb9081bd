//! Health of live objects, asked of the health plugins in batches and remembered by version.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use windlass_cluster::Cached;
use windlass_model::{Health, HealthStatus, ObjectKey};
use windlass_runtime::{CallError, Limits, Plugin, Runtime, Verdict};

/// One live object to be judged.
#[derive(Clone)]
pub(crate) struct Patient {
    pub(crate) place: (Arc<str>, ObjectKey),
    pub(crate) cached: Arc<Cached>,
}

/// Verdicts, by cluster and object, with the version that was judged.
#[derive(Default)]
pub(crate) struct Verdicts {
    known: Mutex<Known>,
}

type Known = HashMap<(Arc<str>, ObjectKey), (String, Option<Health>)>;

impl Verdicts {
    /// A remembered verdict about this very version; the outer `None` where it has not been judged.
    pub(crate) fn find(&self, place: &(Arc<str>, ObjectKey), resource_version: &str) -> Option<Option<Health>> {
        self.lock().get(place).filter(|(version, _)| version == resource_version).map(|(_, health)| health.clone())
    }

    /// Judges objects and remembers the verdicts, which it gives in the same order. Blocks.
    pub(crate) fn judge(
        &self,
        runtime: &Runtime,
        plugins: &[Arc<Plugin>],
        patients: &[Patient],
    ) -> Result<Vec<Option<Health>>, CallError> {
        let mut verdicts = vec![None; patients.len()];
        let mut unhandled: Vec<usize> = (0..patients.len()).collect();
        for plugin in plugins {
            let (ours, rest): (Vec<usize>, Vec<usize>) =
                unhandled.into_iter().partition(|index| handles(plugin, &patients[*index].place.1));
            unhandled = rest;
            if ours.is_empty() {
                continue;
            }
            let bodies: Vec<&[u8]> = ours.iter().map(|index| patients[*index].cached.body()).collect();
            for (index, verdict) in ours.iter().zip(runtime.assess(plugin, &bodies, &Limits::of(plugin.kind()))?) {
                verdicts[*index] = health(verdict);
            }
        }
        let mut known = self.lock();
        for (patient, health) in patients.iter().zip(&verdicts) {
            known.insert(patient.place.clone(), (patient.cached.resource_version().to_owned(), health.clone()));
        }
        Ok(verdicts)
    }

    pub(crate) fn forget(&self, place: &(Arc<str>, ObjectKey)) {
        self.lock().remove(place);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn handles(plugin: &Plugin, key: &ObjectKey) -> bool {
    let fits = |pattern: &str, text: &str| match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
        }
    };
    plugin.manifest().is_some_and(|manifest| {
        manifest
            .handles
            .iter()
            .any(|handled| fits(&handled.group, &key.kind.group) && fits(&handled.kind, &key.kind.kind))
    })
}

fn health(verdict: Verdict) -> Option<Health> {
    use windlass_runtime::HealthStatus as Said;
    let status = match verdict.status? {
        Said::Healthy => HealthStatus::Healthy,
        Said::Suspended => HealthStatus::Suspended,
        Said::Progressing => HealthStatus::Progressing,
        Said::Missing => HealthStatus::Missing,
        Said::Degraded => HealthStatus::Degraded,
        Said::Unknown => HealthStatus::Unknown,
    };
    Some(Health::new(status, verdict.message))
}
