//! Pairs what is wanted with what lives: each target with its live object, the differences and the verdict on it.

use std::{collections::BTreeSet, sync::Arc};

use windlass_cluster::Scope as Keys;
use windlass_diff::{Hooks, IgnoreRules, Target, ignore::with_live};
use windlass_engine::Pair;
use windlass_model::{Digest, Object, ObjectKey, application::HookType};

use crate::{compare::Judge, reconcile::Pipeline, scope::Scope, seen::Seen};

impl Pipeline {
    /// `RespectIgnoreDifferences`: targets that leave alone what the comparison leaves alone.
    pub(crate) async fn respect(&self, scope: &Scope, pairs: &mut [Pair]) {
        let rules =
            IgnoreRules::new(scope.app.spec.ignore_differences.iter().chain(&scope.settings.ignore_differences));
        for pair in pairs {
            let (Some(target), Some(live)) = (&mut pair.target, &pair.live) else { continue };
            let whole = (*target.object).clone();
            let expressions = rules.expressions(&pair.key).map(str::to_owned).collect();
            let mut left = self.filter.strip(&pair.key, expressions, vec![whole.clone()]).await;
            let Some(mut left) = left.pop() else { continue };
            let fetched = match rules.managers(&pair.key).next() {
                Some(_) => scope.cluster.fetch(&whole).await.ok(),
                None => None,
            };
            rules.strip(&mut left, &pair.key, fetched.as_ref().unwrap_or(&live.object).managed_fields());
            let merged = with_live(&whole.to_value(), &left.to_value(), Some(&live.object.to_value()));
            if let Ok(object) = Object::new(merged) {
                target.object = Arc::new(object);
            }
        }
    }

    /// Pairs targets with what lives, and adds what lives and is no longer wanted.
    pub(crate) async fn pairs(self: &Arc<Self>, scope: &Scope, targets: Vec<Target>) -> Vec<Pair> {
        let wanted: BTreeSet<ObjectKey> = targets.iter().map(|target| target.key.clone()).collect();
        let mut extra = scope.cluster.keys(Keys::Application(&scope.instance()));
        extra.retain(|key| !wanted.contains(key));
        extra.sort();
        let all: Vec<ObjectKey> = wanted.iter().chain(&extra).cloned().collect();
        let seen = self.see(scope, &all).await;
        let ignore =
            IgnoreRules::new(scope.app.spec.ignore_differences.iter().chain(&scope.settings.ignore_differences));
        let judge = Judge {
            options: &scope.settings.compare,
            ignore: &ignore,
            rules_digest: rules_digest(scope),
            settled: &self.settled,
            cluster_id: &scope.cluster_id,
            filter: &self.filter,
        };
        let mut pairs = Vec::with_capacity(all.len());
        for target in targets {
            pairs.push(self.pair(scope, &judge, &seen, target).await);
        }
        pairs.extend(extra.iter().filter_map(|key| self.extra_pair(scope, &seen, key)));
        pairs
    }

    async fn pair(&self, scope: &Scope, judge: &Judge<'_>, seen: &Seen, target: Target) -> Pair {
        let key = target.key.clone();
        let differences = match seen.cached(&key) {
            Some(cached) if !target.hooks.is_skipped() => judge.differences(&scope.cluster, &target, cached).await,
            _ => Vec::new(),
        };
        let live = seen.live(&key);
        let is_ours = live.as_ref().is_none_or(|live| scope.settings.tracker.refers_to(&live.object, &key));
        let namespaced = scope.cluster.kinds().is_namespaced(&key.kind).unwrap_or(true);
        let is_permitted = scope.project.permits_kind(&key.kind, &key.name, namespaced);
        Pair { key, target: Some(target), live, differences, is_ours, is_permitted }
    }

    /// A live object of this application that Git no longer has. One whose kind the project forbids is not ours to see.
    fn extra_pair(&self, scope: &Scope, seen: &Seen, key: &ObjectKey) -> Option<Pair> {
        let cached = seen.cached(key)?;
        let namespaced = scope.cluster.kinds().is_namespaced(&key.kind)?;
        if scope.settings.is_excluded(&key.kind) || scope.project.refuses(key, namespaced, &scope.destination).is_some()
        {
            return None;
        }
        // A child that took over its owner's annotations, as ReplicaSets do, is not an object of the application.
        if cached.is_owned() {
            return None;
        }
        let live = seen.live(key)?;
        let hooks = Hooks::of(&live.object);
        if hooks.has(HookType::PreDelete) || hooks.has(HookType::PostDelete) {
            return None;
        }
        let is_ours = scope.settings.tracker.refers_to(&live.object, key);
        Some(Pair {
            key: key.clone(),
            target: None,
            live: Some(live),
            differences: Vec::new(),
            is_ours,
            is_permitted: true,
        })
    }
}

fn rules_digest(scope: &Scope) -> Digest {
    let rules = (&scope.app.spec.ignore_differences, &scope.settings.ignore_differences);
    let compare = format!("{:?}", scope.settings.compare);
    Digest::of_parts([serde_json::to_vec(&rules).unwrap_or_default().as_slice(), compare.as_bytes()])
}
