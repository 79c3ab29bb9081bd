//! What a sync sets out with: its options, its tasks, and what forbids it from the start.

use std::collections::HashMap;

use windlass_cluster::Scope as Keys;
use windlass_diff::SyncOptions;
use windlass_engine::{
    Observed, Pair, PruneCap, RunOptions, Task,
    plan::{Checks, plan},
};
use windlass_model::{
    Object, ObjectKey,
    application::{Condition, ConditionType},
};

use super::SyncRequest;
use crate::{reconcile::Reconciled, scope::Scope};

pub(super) fn shared_resource(state: &Reconciled) -> Option<&str> {
    let is_shared = |condition: &&Condition| condition.kind == ConditionType::SharedResourceWarning;
    state.conditions.iter().find(is_shared).map(|condition| condition.message.as_str())
}

pub(super) fn run_options(scope: &Scope, state: &Reconciled, request: &SyncRequest<'_>) -> RunOptions {
    let operation = request.operation;
    let sync = SyncOptions::parse(operation.sync_options.iter().map(String::as_str));
    RunOptions {
        propagation: sync.propagation,
        prune: operation.prune,
        dry_run: operation.dry_run,
        force: sync.force || operation.sync_strategy.as_ref().is_some_and(|strategy| strategy.force()),
        revision: state.revision.clone(),
        started_at: request.started_at,
        attempt: format!("{}/{}/{}", scope.instance(), request.started_at, request.attempt),
        namespace: scope.app.spec.destination.namespace.clone(),
        namespace_metadata: scope
            .app
            .spec
            .sync_policy
            .as_ref()
            .and_then(|policy| policy.managed_namespace_metadata.clone()),
        wave_delay_ms: i64::try_from(scope.settings.wave_delay.as_millis()).unwrap_or(i64::MAX),
        confirmed: request.confirmed,
        prune_cap: prune_cap(scope, &state.pairs),
        sync,
    }
}

pub(super) fn tasks(
    scope: &Scope,
    state: &Reconciled,
    request: &SyncRequest<'_>,
    options: &RunOptions,
    observed: &Observed,
) -> Vec<Task> {
    let kinds = scope.cluster.kinds();
    let defined = |key: &ObjectKey| {
        state.pairs.iter().filter_map(|pair| pair.target.as_ref()).any(|target| {
            &*target.key.kind.kind == "CustomResourceDefinition"
                && key
                    .kind
                    .is(target.object.str_at(&["spec", "group"]), target.object.str_at(&["spec", "names", "kind"]))
        })
    };
    let refuse = |key: &ObjectKey, object: Option<&Object>| {
        let Some(namespaced) = kinds.is_namespaced(&key.kind) else {
            let may_come = defined(key)
                || options.sync.skip_dry_run_on_missing_resource
                || object
                    .is_some_and(|object| windlass_diff::ResourceOptions::of(object).skip_dry_run_on_missing_resource);
            return (!may_come).then(|| unknown_kind(key, object));
        };
        if object.is_some_and(|object| kinds.find(object.api_version(), object.kind()).is_none()) && !defined(key) {
            return Some(unknown_kind(key, object));
        }
        scope.project.refuses(key, namespaced, &scope.destination)
    };
    let checks = Checks { refuse: &refuse };
    plan(&state.pairs, &state.hooks, request.operation, options, observed, &checks)
}

fn unknown_kind(key: &ObjectKey, object: Option<&Object>) -> String {
    let version = object.map_or("", Object::api_version);
    format!(
        "The Kubernetes API could not find {} for requested resource {}/{}. Make sure the \"{}\" CRD is installed on the destination cluster: {version}",
        key.kind, key.namespace, key.name, key.kind.kind,
    )
}

/// With a Namespace goes all that is in it.
fn prune_cap(scope: &Scope, pairs: &[Pair]) -> PruneCap {
    let Some(percent) = scope.settings.prune_cap else { return PruneCap::default() };
    let doomed = pairs.iter().filter(|pair| pair.target.is_none() && pair.key.kind.is("", "Namespace"));
    let inside = |pair: &Pair| scope.cluster.keys(Keys::Namespace(&pair.key.name)).len();
    let contents: HashMap<ObjectKey, usize> = doomed.map(|pair| (pair.key.clone(), inside(pair))).collect();
    let own = pairs.iter().filter(|pair| pair.target.is_some() || pair.is_ours).count();
    PruneCap { percent: Some(percent), objects: own + contents.values().sum::<usize>(), contents }
}
