//! From pairs of desired and live objects to the ordered tasks of one sync.

use std::collections::{BTreeSet, HashMap};

use windlass_diff::{
    Target,
    hooks::wave_of,
    order::{self, Place, Provides},
    target,
};
use windlass_model::{
    GroupKind, Object, ObjectKey,
    application::{ManagedNamespaceMetadata, SyncOperation, SyncPhase},
    names,
};

use crate::{assess::Pair, live::Observed, run_options::RunOptions, task::Task};

/// An object that cannot be synced, known before anything is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    pub key: ObjectKey,
    pub message: String,
}

/// What a plan asks about the cluster and the project.
pub struct Checks<'a> {
    /// Why an object cannot be applied or pruned: unknown kind, or forbidden by the project.
    pub refuse: &'a dyn Fn(&ObjectKey, Option<&Object>) -> Option<String>,
}

/// Builds the ordered tasks of a sync.
pub fn plan(
    pairs: &[Pair],
    hooks: &[Target],
    operation: &SyncOperation,
    options: &RunOptions,
    observed: &Observed,
    checks: &Checks<'_>,
) -> Vec<Task> {
    let mut tasks: Vec<Task> = pairs
        .iter()
        .filter(|pair| is_selected(pair, operation))
        .filter_map(|pair| resource_task(pair, &options.namespace))
        .collect();
    if runs_hooks(operation) {
        tasks.extend(hooks.iter().flat_map(|hook| hook_tasks(hook, options, observed)));
    }
    if options.sync.create_namespace {
        add_namespace(&mut tasks, options, observed);
    }
    mirror_prune_waves(&mut tasks);
    put_pruning_last(&mut tasks, options);
    in_order(tasks)
        .into_iter()
        .map(|mut task| {
            let object = task.target.as_ref().map(|target| &*target.object);
            if let Some(message) = (checks.refuse)(&task.key, object) {
                task.message = message;
                task.status = Some(windlass_model::application::ResultCode::SyncFailed);
            }
            task
        })
        .collect()
}

/// Hooks run in a full sync with the hook strategy, which is the default.
pub fn runs_hooks(operation: &SyncOperation) -> bool {
    let apply_only = operation.sync_strategy.as_ref().is_some_and(|strategy| strategy.apply.is_some());
    operation.resources.is_empty() && !apply_only
}

fn is_selected(pair: &Pair, operation: &SyncOperation) -> bool {
    operation.resources.is_empty()
        || operation.resources.iter().any(|wanted| {
            pair.key.kind.is(&wanted.group, &wanted.kind)
                && *pair.key.name == *wanted.name
                && (wanted.namespace.is_empty() || *pair.key.namespace == *wanted.namespace)
        })
}

fn resource_task(pair: &Pair, namespace: &str) -> Option<Task> {
    let object = pair.target.as_ref().map(|target| &target.object).or(pair.live.as_ref().map(|live| &live.object))?;
    let hooks = windlass_diff::Hooks::of(object);
    if hooks.is_hook || (pair.target.is_none() && !pair.is_ours) {
        return None;
    }
    let listed = if pair.target.is_some() && pair.key.namespace.is_empty() { namespace } else { &pair.key.namespace };
    Some(Task {
        key: pair.key.clone(),
        listed_namespace: listed.to_owned(),
        version: object.version().to_owned(),
        phase: SyncPhase::Sync,
        wave: wave_of(object),
        hook: None,
        target: pair.target.clone(),
        live: pair.live.clone(),
        in_sync: pair.is_synced(),
        is_made_only: false,
        status: None,
        progress: None,
        message: String::new(),
    })
}

fn hook_tasks(hook: &Target, options: &RunOptions, observed: &Observed) -> Vec<Task> {
    let task = |(hook_type, phase)| {
        let target = named_hook(hook, phase, options);
        Task {
            live: observed.get(&target.key).cloned(),
            listed_namespace: target.key.namespace.to_string(),
            key: target.key.clone(),
            version: target.object.version().to_owned(),
            phase,
            wave: target.wave,
            hook: Some(hook_type),
            target: Some(target),
            in_sync: false,
            is_made_only: false,
            status: None,
            progress: None,
            message: String::new(),
        }
    };
    hook.hooks.sync_phases().map(task).collect()
}

/// Gives a hook the name and the mark that it has in this operation, and the finalizer that keeps it observable.
pub fn named_hook(hook: &Target, phase: SyncPhase, options: &RunOptions) -> Target {
    let mut object = (*hook.object).clone();
    let mut key = hook.key.clone();
    name_hook(&mut object, &mut key, phase, &options.revision, options.started_at);
    object.set_annotation(names::OPERATION, &format!("{}/{phase:?}", options.attempt));
    let finalizers = object.metadata_mut().entry("finalizers").or_insert_with(|| serde_json::json!([]));
    if let Some(list) = finalizers.as_array_mut()
        && !list.iter().any(|name| name == names::HOOK_FINALIZER)
    {
        list.push(names::HOOK_FINALIZER.into());
    }
    target::Target { key, object: object.into(), ..hook.clone() }
}

/// Gives a hook that has only the beginning of a name the rest of it: the same within one operation, another in the next.
pub fn name_hook(object: &mut Object, key: &mut ObjectKey, phase: SyncPhase, revision: &str, started_at: i64) {
    if !object.name().is_empty() {
        return;
    }
    let revision = if revision.len() >= 8 { revision.get(..7).unwrap_or(revision) } else { revision };
    let suffix = format!("{revision}-{phase:?}-{started_at}").to_lowercase();
    let name = format!("{}{suffix}", object.generate_name());
    key.name = name.as_str().into();
    let metadata = object.metadata_mut();
    metadata.insert("name".into(), name.into());
    metadata.remove("generateName");
}

/// `CreateNamespace`: a task before everything else, unless the namespace is among the objects or there already
/// and has no metadata to manage.
fn add_namespace(tasks: &mut Vec<Task>, options: &RunOptions, observed: &Observed) {
    let key = ObjectKey::new(GroupKind::new("", "Namespace"), "", &options.namespace);
    let live = observed.get(&key).cloned();
    let managed = options.namespace_metadata.is_some();
    if options.namespace.is_empty() || tasks.iter().any(|task| task.key == key) || (live.is_some() && !managed) {
        return;
    }
    let object = namespace_object(&options.namespace, options.namespace_metadata.as_ref());
    let target = Target::new(key.clone(), object, None);
    tasks.push(Task {
        key,
        listed_namespace: String::new(),
        version: "v1".into(),
        phase: SyncPhase::PreSync,
        wave: 0,
        hook: None,
        target: Some(target),
        live,
        in_sync: false,
        is_made_only: !managed,
        status: None,
        progress: None,
        message: String::new(),
    });
}

/// The namespace that `CreateNamespace` wants. It carries no tracking mark.
pub fn namespace_object(name: &str, metadata: Option<&ManagedNamespaceMetadata>) -> Object {
    let mut object =
        Object::new(serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
            .unwrap_or_else(|_| unreachable!("the literal is an object"));
    if let Some(metadata) = metadata {
        for (label, value) in &metadata.labels {
            object.set_label(label, value);
        }
        for (annotation, value) in &metadata.annotations {
            object.set_annotation(annotation, value);
        }
        object.set_annotation(names::SYNC_OPTIONS, "ServerSideApply=true");
    }
    object
}

/// Things are taken down in the reverse of the order in which they were put up: the i-th smallest wave
/// among the prunes changes places with the i-th largest.
fn mirror_prune_waves(tasks: &mut [Task]) {
    let waves: BTreeSet<i64> = tasks.iter().filter(|task| task.is_prune()).map(|task| task.wave).collect();
    let mirrored: HashMap<i64, i64> = waves.iter().copied().zip(waves.iter().rev().copied()).collect();
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        task.wave = mirrored[&task.wave];
    }
}

fn put_pruning_last(tasks: &mut [Task], options: &RunOptions) {
    let last =
        tasks.iter().filter(|task| task.phase == SyncPhase::Sync).map(|task| task.wave).max().unwrap_or(0).max(0);
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        if options.sync.prune_last || task.live_options().prune_last {
            task.wave = last + 1;
        }
    }
}

fn in_order(tasks: Vec<Task>) -> Vec<Task> {
    let mut placed: Vec<(Place, Task)> = tasks
        .into_iter()
        .map(|task| (Place { phase: task.phase, wave: task.wave, key: task.key.clone() }, task))
        .collect();
    order::sort(&mut placed, |(place, _)| place, |(_, task)| provides(task));
    placed
        .into_iter()
        .map(|(place, mut task)| {
            (task.phase, task.wave) = (place.phase, place.wave);
            task
        })
        .collect()
}

fn provides(task: &Task) -> Option<Provides> {
    let object = &task.target.as_ref()?.object;
    if task.key.kind.is("", "Namespace") {
        return Some(Provides::Namespace(task.key.name.to_string()));
    }
    (&*task.key.kind.kind == "CustomResourceDefinition").then(|| Provides::Kind {
        group: object.str_at(&["spec", "group"]).to_owned(),
        kind: object.str_at(&["spec", "names", "kind"]).to_owned(),
    })
}
