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
use windlass_model::{Digest, Object, ObjectKey, names};

use crate::strip::Filter;

/// Managers whose fields are ours: our own, and then those that we take over from.
pub(crate) const OUR_MANAGERS: [&str; 3] = [names::FIELD_MANAGER, names::ARGOCD_MANAGER, names::KUBECTL_MANAGER];

/// A cluster and an object of it.
type Place = (Arc<str>, ObjectKey);

/// What was found for a desired body and a live version.
#[derive(Default)]
pub(crate) struct Settled {
    known: Mutex<HashMap<Place, (Digest, Vec<String>)>>,
}

impl Settled {
    fn find(&self, place: &Place, question: Digest) -> Option<Vec<String>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(place).filter(|(asked, _)| *asked == question).map(|(_, differences)| differences.clone())
    }

    fn keep(&self, place: Place, question: Digest, differences: Vec<String>) {
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
    pub(crate) filter: &'a Filter,
}

impl Judge<'_> {
    /// The paths in which `target` and `live` differ; empty when they are equal.
    pub(crate) async fn differences(&self, cluster: &Cluster, target: &Target, live: &Cached) -> Vec<String> {
        let desired = target.object.to_bytes();
        let question = Digest::of_parts([
            desired.as_slice(),
            live.uid().as_bytes(),
            live.resource_version().as_bytes(),
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
        // The cache holds one version of an object, and of managedFields no more than what is ours.
        let is_partial =
            live.api_version() != target.object.api_version() || self.ignore.managers(&target.key).next().is_some();
        if is_partial && let Ok(converted) = cluster.fetch(&target.object).await {
            live = converted;
        }
        let rules = Rules { options: self.options, ignore: self.ignore, our_managers: &OUR_MANAGERS };
        let [desired, live] = self.stripped(&target.key, [(*target.object).clone(), live]).await;
        let local = compare(&target.key, &desired, &live, rules);
        if local.is_equal() {
            return Vec::new();
        }
        match cluster.apply(&target.object, ApplyMode::ServerSide { force: false }, true).await {
            Ok(predicted) => {
                let [predicted] = self.stripped(&target.key, [predicted.object]).await;
                compare_predicted(&target.key, &desired, &predicted, &live, rules).differences
            }
            // An object that the server would refuse is not in sync; the sync will say why.
            Err(_) => local.differences,
        }
    }

    async fn stripped<const N: usize>(&self, key: &ObjectKey, objects: [Object; N]) -> [Object; N] {
        let expressions: Vec<String> = self.ignore.expressions(key).map(str::to_owned).collect();
        if expressions.is_empty() {
            return objects;
        }
        let left = self.filter.strip(key, expressions, objects.to_vec()).await;
        left.try_into().unwrap_or(objects)
    }
}
