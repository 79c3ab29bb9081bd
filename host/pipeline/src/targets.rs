//! From manifests to targets: namespaces filled in, marks written, doubles and excluded kinds told.

use std::collections::HashMap;

use serde_json::Value;
use windlass_cluster::Kinds;
use windlass_diff::Target;
use windlass_model::{
    GroupKind, Object, ObjectKey,
    application::{Condition, ConditionType},
};
use windlass_runtime::Location;

use crate::{Influences, Problem, Settings, run::Generation};

/// What Git asks for, ready to compare.
#[derive(Debug, Default)]
pub struct DesiredState {
    /// Ordinary objects.
    pub resources: Vec<Target>,
    /// Hooks, which are run and not compared.
    pub hooks: Vec<Target>,
    pub warnings: Vec<Condition>,
    pub intentionally_empty: bool,
    /// What decides over it beside the sources and the settings.
    pub influences: Influences,
}

/// Whose targets these are.
pub(crate) struct Owner<'a> {
    /// The name in marks.
    pub(crate) instance: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) settings: &'a Settings,
    pub(crate) kinds: &'a Kinds,
}

/// Prepares the objects of all sources. Of two objects with one identity the last counts.
pub(crate) fn prepare<'a>(
    generations: impl IntoIterator<Item = &'a Generation>,
    owner: &Owner<'_>,
) -> Result<DesiredState, Problem> {
    let mut state = DesiredState::default();
    let mut places: HashMap<ObjectKey, usize> = HashMap::new();
    let mut targets: Vec<Target> = Vec::new();
    for generation in generations {
        state.intentionally_empty |= generation.intentionally_empty;
        state.warnings.extend(influenced(generation));
        state.influences.add(&generation.influences);
        for (object, origin) in &generation.objects {
            let Some(target) = target(object, origin.as_ref(), owner, &mut state.warnings)? else { continue };
            match places.get(&target.key).filter(|_| !target.object.name().is_empty()) {
                Some(place) => {
                    state.warnings.push(repeated(&target.key));
                    targets[*place] = target;
                }
                None => {
                    places.insert(target.key.clone(), targets.len());
                    targets.push(target);
                }
            }
        }
    }
    for target in targets {
        if target.hooks.is_hook && !target.hooks.is_skipped() {
            state.hooks.push(target);
        } else {
            state.resources.push(target);
        }
    }
    Ok(state)
}

fn target(
    object: &Object,
    origin: Option<&Location>,
    owner: &Owner<'_>,
    warnings: &mut Vec<Condition>,
) -> Result<Option<Target>, Problem> {
    check_texts(object, origin)?;
    let kind = object.group_kind();
    if owner.settings.is_excluded(&kind) {
        warnings.push(excluded(&kind, object.name()));
        return Ok(None);
    }
    let mut object = object.clone();
    let marked = ObjectKey::new(
        kind.clone(),
        if object.namespace().is_empty() { owner.namespace } else { object.namespace() },
        object.name(),
    );
    match owner.kinds.is_namespaced(&kind) {
        Some(false) => drop(object.metadata_mut().remove("namespace")),
        // Of an unknown kind nothing is known; most kinds live in namespaces.
        Some(true) | None if object.namespace().is_empty() => object.set_namespace(owner.namespace),
        Some(true) | None => {}
    }
    let key = object.key();
    // The mark is written before anybody knows the scope of the kind: it holds a namespace in either case.
    owner.settings.tracker.mark(&mut object, owner.instance, &marked);
    let origin = origin.map(|place| match place.line {
        Some(line) => format!("{}:{line}", place.path),
        None => place.path.clone(),
    });
    Ok(Some(Target::new(key, object, origin)))
}

/// Labels and annotations hold text and nothing else; a number or boolean there is a mistake in the manifest.
fn check_texts(object: &Object, origin: Option<&Location>) -> Result<(), Problem> {
    for field in ["labels", "annotations"] {
        let Some(Value::Object(map)) = object.at(&["metadata", field]) else { continue };
        if let Some((name, value)) = map.iter().find(|(_, value)| !value.is_string() && !value.is_null()) {
            let place = origin.map(|place| format!("{}: ", place.path)).unwrap_or_default();
            return Err(Problem::comparison(format!(
                "{place}{} {}: metadata.{field}[\"{name}\"] is {value}, which is no text: put it in quotes",
                object.kind(),
                object.name(),
            )));
        }
    }
    Ok(())
}

/// What is generated can change while its source stays as it is: that should surprise nobody.
fn influenced(generation: &Generation) -> Option<Condition> {
    let names = generation.influences.names();
    let message = format!("The generated manifests depend on more than their source: on {}.", names.join(", "));
    (!names.is_empty()).then(|| Condition::new(ConditionType::GenerationWarning, message))
}

fn repeated(key: &ObjectKey) -> Condition {
    let ObjectKey { kind, namespace, name } = key;
    Condition::new(
        ConditionType::RepeatedResourceWarning,
        format!(
            "Resource {}/{}/{namespace}/{name} appeared 2 times among application resources.",
            kind.group, kind.kind
        ),
    )
}

fn excluded(kind: &GroupKind, name: &str) -> Condition {
    let GroupKind { group, kind } = kind;
    Condition::new(
        ConditionType::ExcludedResourceWarning,
        format!("Resource {group}/{kind} {name} is excluded in the settings"),
    )
}
