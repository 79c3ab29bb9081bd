//! Where desired and live differ. What cannot be settled locally is asked of the API server once,
//! and remembered for as long as neither side changes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use windlass_cluster::{ApplyMode, Cached, Cluster};
use windlass_diff::{
    IgnoreRules, Target,
    compare::{Rules, compare, compare_predicted},
    normalize::CompareOptions,
};
use windlass_model::{Digest, ObjectKey, names};

/// Managers whose fields are ours, now or after they have been taken over.
const OUR_MANAGERS: [&str; 3] = [names::FIELD_MANAGER, names::ARGOCD_MANAGER, names::KUBECTL_MANAGER];

/// What was found for a desired body and a live version.
#[derive(Default)]
pub(crate) struct Settled {
    known: Mutex<HashMap<(Arc<str>, ObjectKey), (Digest, Vec<String>)>>,
}

impl Settled {
    fn find(&self, place: &(Arc<str>, ObjectKey), question: Digest) -> Option<Vec<String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(place).filter(|(asked, _)| *asked == question).map(|(_, differences)| differences.clone())
    }

    fn keep(&self, place: (Arc<str>, ObjectKey), question: Digest, differences: Vec<String>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(place, (question, differences));
    }
}

/// The rules of one application's comparison.
pub(crate) struct Judge<'a> {
    pub(crate) options: &'a CompareOptions,
    pub(crate) ignore: &'a IgnoreRules,
    /// Changes when a rule does.
    pub(crate) rules_digest: Digest,
    pub(crate) settled: &'a Settled,
    pub(crate) cluster_id: &'a Arc<str>,
}

impl Judge<'_> {
    /// The paths in which `target` and `live` differ; empty when they are equal.
    pub(crate) async fn differences(&self, cluster: &Cluster, target: &Target, live: &Cached) -> Vec<String> {
        let desired = target.object.to_bytes();
        let question = Digest::of_parts([
            desired.as_slice(),
            live.uid.as_bytes(),
            live.resource_version.as_bytes(),
            self.rules_digest.as_bytes(),
        ]);
        let place = (self.cluster_id.clone(), target.key.clone());
        if let Some(differences) = self.settled.find(&place, question) {
            return differences;
        }
        let differences = self.settle(cluster, target, live).await;
        self.settled.keep(place, question, differences.clone());
        differences
    }

    async fn settle(&self, cluster: &Cluster, target: &Target, live: &Cached) -> Vec<String> {
        let mut live = live.object();
        if live.api_version() != target.object.api_version()
            && let Ok(converted) = cluster.fetch(&target.object).await
        {
            live = converted;
        }
        let rules = Rules { options: self.options, ignore: self.ignore, our_managers: &OUR_MANAGERS };
        let local = compare(&target.key, &target.object, &live, rules);
        if local.is_equal() {
            return Vec::new();
        }
        match cluster.apply(&target.object, ApplyMode::ServerSide { force: false }, true).await {
            Ok(predicted) => {
                compare_predicted(&target.key, &target.object, &predicted.object, &live, rules).differences
            }
            // An object that the server would refuse is not in sync; the sync will say why.
            Err(_) => local.differences,
        }
    }
}
