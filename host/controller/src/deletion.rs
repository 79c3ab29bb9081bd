//! Takes an application down: the objects it made, wave by wave in reverse, then its finalizers.

use serde_json::json;
use windlass_cluster::Deletion;
use windlass_diff::{
    Hooks, ResourceOptions, SyncOptions,
    hooks::wave_of,
    options::{Permission, Propagation, keeps_on_cascade},
    tracking::was_applied_by_us,
};
use windlass_model::{Application, Object, ObjectKey, names};
use windlass_pipeline::Scope;

use crate::clock;

/// What is left to do.
pub(crate) enum Remaining {
    /// Objects are on their way out.
    Waiting,
    /// A person has to confirm first.
    Confirmation { object: String },
    /// Every finalizer of ours has done its work.
    Nothing,
}

/// Whether a finalizer is one of ours.
pub(crate) fn is_ours(finalizer: &str) -> bool {
    finalizer.starts_with(names::RESOURCES_FINALIZER)
        || finalizer.starts_with(names::PRE_DELETE_FINALIZER)
        || finalizer.starts_with(names::POST_DELETE_FINALIZER)
}

/// Takes the cascade one step further.
pub(crate) async fn cascade(scope: &Scope) -> Result<Remaining, windlass_cluster::Error> {
    let app = &scope.app;
    let Some(propagation) = propagation(app) else { return Ok(Remaining::Nothing) };
    let mut doomed = doomed(scope);
    if let Some((key, _)) = doomed.iter().find(|(_, object)| needs_confirmation(app, object)) {
        return Ok(Remaining::Confirmation { object: key.to_string() });
    }
    if doomed.iter().any(|(_, object)| object.is_deleting()) {
        return Ok(Remaining::Waiting);
    }
    let Some(wave) = doomed.iter().map(|(_, object)| wave_of(object)).max() else { return Ok(Remaining::Nothing) };
    doomed.retain(|(_, object)| wave_of(object) == wave);
    for (key, object) in &doomed {
        let (uid, resource_version) = (object.uid(), object.resource_version());
        scope.cluster.delete(&Deletion { key, uid, resource_version, propagation }).await?;
    }
    let gone = doomed.iter().all(|(key, _)| scope.cluster.get(key).is_none());
    if gone { Box::pin(cascade(scope)).await } else { Ok(Remaining::Waiting) }
}

/// How objects are deleted; `None` when they are left where they are.
fn propagation(app: &Application) -> Option<Propagation> {
    let has = |name: &str| app.metadata.finalizers.iter().any(|finalizer| finalizer == name);
    if has(names::BACKGROUND_FINALIZER) {
        Some(Propagation::Background)
    } else if has(names::RESOURCES_FINALIZER) || has(names::FOREGROUND_FINALIZER) {
        Some(Propagation::Foreground)
    } else {
        None
    }
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
        && !kept
        && scope.settings.tracker.refers_to(object, key)
        && was_applied_by_us(object)
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

/// The patch that lets the application go.
pub(crate) fn release(app: &Application) -> serde_json::Value {
    let rest: Vec<&String> = app.metadata.finalizers.iter().filter(|name| !is_ours(name)).collect();
    json!({"metadata": {"finalizers": rest, "resourceVersion": app.metadata.resource_version}})
}
