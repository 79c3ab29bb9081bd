//! Takes an application down, a stage for each of its finalizers: PreDelete hooks, the objects it made, wave by
//! wave in reverse, and PostDelete hooks.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use windlass_cluster::Deletion;
use windlass_diff::{
    Hooks, ResourceOptions, SyncOptions,
    hooks::wave_of,
    options::{Permission, Propagation, keeps_on_cascade},
};
use windlass_model::{
    Application, Object, ObjectKey,
    application::{ConditionType, HookType},
    names,
};
use windlass_pipeline::{Pipeline, Reconciled, Scope};

use crate::{
    clock,
    deletion_hooks::{self, Progress},
};

/// How long a failed hook stays to be looked at before it is tried again.
const HOOK_RETRY: Duration = Duration::from_secs(10);

/// How soon it is asked again whether a kind can be seen.
const BLIND_RETRY: Duration = Duration::from_secs(1);

/// What is left to do.
pub(crate) enum Remaining {
    /// Objects are on their way out.
    Waiting,
    /// A person has to confirm first.
    Confirmation { object: String },
    /// It has failed; after a while it is tried again.
    Failed { message: String, again: Duration },
    /// These finalizers have done their work.
    Done(&'static [&'static str]),
}

/// What is to be done first, by the finalizers that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Hooks(HookType),
    Objects(Propagation),
    CleanUp(HookType),
}

impl Stage {
    fn of(finalizers: &[String]) -> Option<Self> {
        let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
        Some(if has(names::PRE_DELETE_FINALIZER) {
            Self::Hooks(HookType::PreDelete)
        } else if has(names::BACKGROUND_FINALIZER) {
            Self::Objects(Propagation::Background)
        } else if has(names::RESOURCES_FINALIZER) || has(names::FOREGROUND_FINALIZER) {
            Self::Objects(Propagation::Foreground)
        } else if has(names::PRE_DELETE_CLEANUP_FINALIZER) {
            Self::CleanUp(HookType::PreDelete)
        } else if has(names::POST_DELETE_FINALIZER) {
            Self::Hooks(HookType::PostDelete)
        } else if has(names::POST_DELETE_CLEANUP_FINALIZER) {
            Self::CleanUp(HookType::PostDelete)
        } else {
            return None;
        })
    }

    /// The finalizers that stand for it.
    fn finalizers(self) -> &'static [&'static str] {
        match self {
            Self::Hooks(HookType::PreDelete) => &[names::PRE_DELETE_FINALIZER],
            Self::Hooks(_) => &[names::POST_DELETE_FINALIZER],
            Self::Objects(_) => &[names::RESOURCES_FINALIZER, names::FOREGROUND_FINALIZER, names::BACKGROUND_FINALIZER],
            Self::CleanUp(HookType::PreDelete) => &[names::PRE_DELETE_CLEANUP_FINALIZER],
            Self::CleanUp(_) => &[names::POST_DELETE_CLEANUP_FINALIZER],
        }
    }
}

/// Finalizers that are ours to work off.
const OURS: [&str; 7] = [
    names::PRE_DELETE_FINALIZER,
    names::RESOURCES_FINALIZER,
    names::FOREGROUND_FINALIZER,
    names::BACKGROUND_FINALIZER,
    names::PRE_DELETE_CLEANUP_FINALIZER,
    names::POST_DELETE_FINALIZER,
    names::POST_DELETE_CLEANUP_FINALIZER,
];

pub(crate) fn is_ours(finalizer: &str) -> bool {
    OURS.contains(&finalizer)
}

/// The finalizers that an application has to have for its PreDelete and PostDelete hooks to run; `None` when it
/// has them, and when nobody knows what hooks there are.
pub(crate) fn finalizers(app: &Application, state: &Reconciled) -> Option<Vec<String>> {
    if app.is_deleting() || state.problem.is_some() {
        return None;
    }
    let mut finalizers = app.metadata.finalizers.clone();
    for (hook, names) in [
        (HookType::PreDelete, [names::PRE_DELETE_FINALIZER, names::PRE_DELETE_CLEANUP_FINALIZER]),
        (HookType::PostDelete, [names::POST_DELETE_FINALIZER, names::POST_DELETE_CLEANUP_FINALIZER]),
    ] {
        finalizers.retain(|finalizer| !names.contains(&finalizer.as_str()));
        if state.hooks.iter().any(|target| target.hooks.has(hook)) {
            finalizers.extend(names.map(str::to_owned));
        }
    }
    let same = finalizers.len() == app.metadata.finalizers.len()
        && finalizers.iter().all(|finalizer| app.metadata.finalizers.contains(finalizer));
    (!same).then_some(finalizers)
}

/// Takes the deletion one step further.
pub(crate) async fn advance(pipeline: &Arc<Pipeline>, scope: &Scope) -> Result<Remaining, windlass_cluster::Error> {
    let Some(stage) = Stage::of(&scope.app.metadata.finalizers) else { return Ok(Remaining::Waiting) };
    let done = match stage {
        Stage::Objects(propagation) => return cascade(scope, propagation).await,
        Stage::CleanUp(hook) => deletion_hooks::clean_up(pipeline, scope, hook).await?,
        Stage::Hooks(hook) => {
            let waited = since_failed(&scope.app);
            let again = waited.is_some_and(|waited| waited >= HOOK_RETRY);
            match deletion_hooks::run(pipeline, scope, hook, again).await? {
                Progress::Waiting => false,
                Progress::Done => true,
                Progress::Failed(message) => {
                    let again = HOOK_RETRY.saturating_sub(waited.unwrap_or_default());
                    return Ok(Remaining::Failed { message, again });
                }
            }
        }
    };
    Ok(if done { Remaining::Done(stage.finalizers()) } else { Remaining::Waiting })
}

/// How long the application has said that its deletion failed.
fn since_failed(app: &Application) -> Option<Duration> {
    let told = app.status.conditions.iter().find(|condition| condition.kind == ConditionType::DeletionError)?;
    let since = told.last_transition_time.as_deref().and_then(clock::parse)?;
    Some(Duration::from_millis((clock::now_ms() - since).max(0).unsigned_abs()))
}

/// Deletes the objects of the highest wave that is left.
async fn cascade(scope: &Scope, propagation: Propagation) -> Result<Remaining, windlass_cluster::Error> {
    let app = &scope.app;
    let stage = Stage::Objects(propagation);
    // What cannot be seen may still be there.
    if let Some(problem) = scope.blindness(std::iter::empty()) {
        return Ok(Remaining::Failed { message: problem.message, again: BLIND_RETRY });
    }
    let mut doomed = doomed(scope);
    if let Some((key, _)) = doomed.iter().find(|(_, object)| needs_confirmation(app, object)) {
        return Ok(Remaining::Confirmation { object: key.to_string() });
    }
    if doomed.iter().any(|(_, object)| object.is_deleting()) {
        return Ok(Remaining::Waiting);
    }
    let Some(wave) = doomed.iter().map(|(_, object)| wave_of(object)).max() else {
        return Ok(Remaining::Done(stage.finalizers()));
    };
    doomed.retain(|(_, object)| wave_of(object) == wave);
    for (key, object) in &doomed {
        let (uid, resource_version) = (object.uid(), object.resource_version());
        scope.cluster.delete(&Deletion { key, uid, resource_version, propagation }).await?;
    }
    let gone = doomed.iter().all(|(key, _)| scope.cluster.get(key).is_none());
    if gone { Box::pin(cascade(scope, propagation)).await } else { Ok(Remaining::Waiting) }
}

/// The live objects that go with the application: its own, permitted by the project, and not protected.
fn doomed(scope: &Scope) -> Vec<(ObjectKey, Object)> {
    let instance = scope.instance();
    let mut keys = scope.cluster.keys(windlass_cluster::Scope::Application(&instance));
    keys.sort();
    keys.into_iter()
        .filter_map(|key| {
            let object = scope.cluster.get(&key)?.object();
            is_doomed(scope, &key, &object).then_some((key, object))
        })
        .collect()
}

fn is_doomed(scope: &Scope, key: &ObjectKey, object: &Object) -> bool {
    let app = &scope.app;
    let own = ObjectKey::new(key.kind.clone(), &app.metadata.namespace, &app.metadata.name);
    let is_self = key.kind.is("argoproj.io", "Application") && *key == own;
    let namespaced = scope.cluster.kinds().is_namespaced(&key.kind).unwrap_or(true);
    let kept = permission(app, object) == Permission::Refused || keeps_on_cascade(object);
    let is_definition = &*key.kind.kind == "CustomResourceDefinition";
    !is_self
        && !is_definition
        && !Hooks::of(object).has(HookType::PostDelete)
        && !kept
        && scope.settings.tracker.is_proof(object, key)
        && scope.project.refuses(key, namespaced, &scope.destination).is_none()
}

fn permission(app: &Application, object: &Object) -> Permission {
    let of_application = SyncOptions::parse(app.spec.sync_options().iter().map(String::as_str)).delete;
    ResourceOptions::of(object).delete.unwrap_or(of_application)
}

fn needs_confirmation(app: &Application, object: &Object) -> bool {
    permission(app, object) == Permission::AfterConfirmation && !is_confirmed(app) && !Hooks::of(object).is_hook
}

/// Whether somebody has approved after the deletion was asked for.
fn is_confirmed(app: &Application) -> bool {
    let approved = app.annotation(names::DELETION_APPROVED).and_then(clock::parse);
    let asked = app.metadata.deletion_timestamp.as_deref().and_then(clock::parse);
    approved.is_some_and(|approved| asked.is_none_or(|asked| approved >= asked))
}

/// The patch that takes away the finalizers for which `is_done` holds.
pub(crate) fn release(app: &Application, is_done: impl Fn(&str) -> bool) -> serde_json::Value {
    let rest: Vec<&String> = app.metadata.finalizers.iter().filter(|name| !is_done(name)).collect();
    json!({"metadata": {"finalizers": rest, "resourceVersion": app.metadata.resource_version}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_one_another_by_the_finalizers_that_are_left() {
        let mut left: Vec<String> = [
            names::POST_DELETE_CLEANUP_FINALIZER,
            "example.com/theirs",
            names::POST_DELETE_FINALIZER,
            names::RESOURCES_FINALIZER,
            names::PRE_DELETE_CLEANUP_FINALIZER,
            names::PRE_DELETE_FINALIZER,
        ]
        .map(str::to_owned)
        .to_vec();
        let mut stages = Vec::new();
        while let Some(stage) = Stage::of(&left) {
            left.retain(|name| !stage.finalizers().contains(&name.as_str()));
            stages.push(stage);
        }
        assert_eq!(left, ["example.com/theirs"]);
        assert_eq!(
            stages,
            [
                Stage::Hooks(HookType::PreDelete),
                Stage::Objects(Propagation::Foreground),
                Stage::CleanUp(HookType::PreDelete),
                Stage::Hooks(HookType::PostDelete),
                Stage::CleanUp(HookType::PostDelete),
            ]
        );
    }
}
