//! Pairs what is wanted with what lives: each target with its live object, the differences and the verdict on it.

use std::{collections::BTreeSet, sync::Arc};

use windlass_cluster::{Cached, Scope as Keys};
use windlass_diff::{Hooks, IgnoreRules, Target, ignore::with_live};
use windlass_engine::{Live, Pair};
use windlass_model::{Digest, Object, ObjectKey, application::HookType};

use crate::{compare::Judge, reconcile::Pipeline, scope::Scope, verdicts::Patient};

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
        let all: Vec<&ObjectKey> = wanted.iter().chain(&extra).collect();
        self.judge(scope, &all).await;
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
            pairs.push(self.pair(scope, &judge, target).await);
        }
        pairs.extend(extra.iter().filter_map(|key| self.extra_pair(scope, key)));
        pairs
    }

    async fn pair(&self, scope: &Scope, judge: &Judge<'_>, target: Target) -> Pair {
        let key = target.key.clone();
        let cached = scope.cluster.get(&key);
        let differences = match &cached {
            Some(cached) if !target.hooks.is_skipped() => judge.differences(&scope.cluster, &target, cached).await,
            _ => Vec::new(),
        };
        let live = cached.map(|cached| self.live(scope, &key, &cached));
        let is_ours = live.as_ref().is_none_or(|live| scope.settings.tracker.refers_to(&live.object, &key));
        let namespaced = scope.cluster.kinds().is_namespaced(&key.kind).unwrap_or(true);
        let is_permitted = scope.project.permits_kind(&key.kind, &key.name, namespaced);
        Pair { key, target: Some(target), live, differences, is_ours, is_permitted }
    }

    /// A live object of this application that Git no longer has. One whose kind the project forbids is not ours to see.
    fn extra_pair(&self, scope: &Scope, key: &ObjectKey) -> Option<Pair> {
        let cached = scope.cluster.get(key)?;
        let namespaced = scope.cluster.kinds().is_namespaced(&key.kind)?;
        if scope.settings.is_excluded(&key.kind) || scope.project.refuses(key, namespaced, &scope.destination).is_some()
        {
            return None;
        }
        // A child that took over its owner's annotations, as ReplicaSets do, is not an object of the application.
        if cached.is_owned() {
            return None;
        }
        let live = self.live(scope, key, &cached);
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

    /// A live object with the verdict that `judge` has left.
    pub(crate) fn live(&self, scope: &Scope, key: &ObjectKey, cached: &Cached) -> Live {
        let health = self.verdicts.find(&scope.place(key), cached.resource_version()).flatten();
        Live { object: Arc::new(cached.object()), health }
    }

    /// Makes sure that each object's present version has been judged.
    pub(crate) async fn judge(self: &Arc<Self>, scope: &Scope, keys: &[&ObjectKey]) {
        let mut patients = Vec::new();
        for key in keys {
            let place = scope.place(key);
            match scope.cluster.get(key) {
                None => self.verdicts.forget(&place),
                Some(cached) if self.verdicts.find(&place, cached.resource_version()).is_none() => {
                    patients.push(Patient {
                        place,
                        resource_version: cached.resource_version().to_owned(),
                        body: cached.body().to_vec(),
                    });
                }
                Some(_) => {}
            }
        }
        if patients.is_empty() {
            return;
        }
        let pipeline = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            pipeline.verdicts.judge(&pipeline.options.runtime, &pipeline.options.health, &patients)
        });
        match work.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "health check failed"),
            Err(error) => tracing::error!(%error, "health check was cut off"),
        }
    }
}

fn rules_digest(scope: &Scope) -> Digest {
    let rules = (&scope.app.spec.ignore_differences, &scope.settings.ignore_differences);
    let compare = format!("{:?}", scope.settings.compare);
    Digest::of_parts([serde_json::to_vec(&rules).unwrap_or_default().as_slice(), compare.as_bytes()])
}
