//! What every object's metadata must be: names, labels, annotations, owners, finalizers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::spot::Spot;
use super::{Change, formats, golang};
use crate::catalog::Resource;
use crate::error::Cause;
use crate::object::{self, Object};

const MAX_ANNOTATIONS: usize = 256 * 1024;

pub(super) fn validate(change: &Change<'_>) -> Vec<Cause> {
    let root = Spot::of(change.object, "metadata");
    let (first, rest) = rounds(change);
    let mut causes: Vec<Cause> = match change.live {
        None => name_faults(change.resource, change.object, &root),
        Some(live) => times(first, identity_faults(change, live, &root)).collect(),
    };
    if change.live.is_some() && change.resource.group == "apiregistration.k8s.io" {
        causes.extend(name_faults(change.resource, change.object, &root));
    }
    let labels = root.at("labels");
    let mut carried = if is_declared(change.resource) { label_faults(&labels) } else { all_label_faults(&labels) };
    carried.extend(annotation_faults(&root.at("annotations")));
    carried.extend(owner_faults(&root.at("ownerReferences")));
    causes.extend(times(rest, carried));
    if change.live.is_none() {
        causes.extend(
            root.at("finalizers").items().flat_map(|one| one.named("metadata.finalizers").breaches(formats::qualified)),
        );
    }
    if has_known_finalizers(change.resource) {
        causes.extend(root.at("finalizers").items().filter_map(|one| finalizer_fault(&one)));
    }
    causes
}

/// How often the real server looks at what an object is, and at what it carries: its list of causes shows it.
fn rounds(change: &Change<'_>) -> (usize, usize) {
    match change.resource.group.as_str() {
        "apiextensions.k8s.io" if change.live.is_some() => (2, 3),
        "apiregistration.k8s.io" if change.live.is_some() => (2, 4),
        _ => (1, 1),
    }
}

fn times(count: usize, causes: Vec<Cause>) -> impl Iterator<Item = Cause> {
    std::iter::repeat_n(causes, count).flatten()
}

fn name_faults(resource: &Resource, object: &Object, root: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let stem = root.at("generateName");
    if stem.has_text() {
        let faults = name_form(resource, object, &without_last_dash(stem.text()));
        causes.extend(faults.into_iter().map(|detail| stem.invalid(detail)));
    }
    let name = root.at("name");
    causes.extend(name_form(resource, object, name.text()).into_iter().map(|detail| name.invalid(detail)));
    causes
}

/// A stem may end in a dash, since something follows.
fn without_last_dash(stem: &str) -> String {
    match stem.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let kept: String = rest.chars().take(rest.chars().count() - 1).collect();
            format!("{kept}a")
        }
        _ => stem.to_owned(),
    }
}

fn name_form(resource: &Resource, object: &Object, name: &str) -> Vec<String> {
    let spec = |keys: &[&str]| super::at(object, keys).as_str().unwrap_or_default();
    match (resource.group.as_str(), resource.plural.as_str()) {
        _ if resource.is_custom() => formats::subdomain(name),
        // Colons and the like are usual here; only what a path cannot carry is refused.
        ("rbac.authorization.k8s.io", _) => formats::path_segment(name),
        ("", "services" | "namespaces") | ("apps", "statefulsets") => formats::label(name),
        // Named by whoever sends or makes them.
        ("", "events") | ("policy", "poddisruptionbudgets") => Vec::new(),
        ("apiregistration.k8s.io", _) => {
            let wanted = format!("{}.{}", spec(&["spec", "version"]), spec(&["spec", "group"]));
            let detail = format!("must be `spec.version+\".\"+spec.group`: {wanted:?}");
            if name == wanted { Vec::new() } else { vec![detail] }
        }
        ("apiextensions.k8s.io", _) => {
            let wanted = format!("{}.{}", spec(&["spec", "names", "plural"]), spec(&["spec", "group"]));
            let mut faults = formats::subdomain(name);
            faults.extend((name != wanted).then(|| "must be spec.names.plural+\".\"+spec.group".into()));
            faults
        }
        _ => formats::subdomain(name),
    }
}

/// What a change may not touch.
fn identity_faults(change: &Change<'_>, live: &Object, root: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let before: BTreeSet<&str> = object::finalizers(live).collect();
    let mut added: Vec<String> = object::finalizers(change.object)
        .filter(|finalizer| !before.contains(finalizer))
        .map(|finalizer| format!("{finalizer:?}"))
        .collect();
    added.sort();
    if object::is_terminating(live) && !added.is_empty() {
        let found = added.join(", ");
        causes.push(root.at("finalizers").forbidden(format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{found}}}"
        )));
    }
    if !change.uid.is_empty() && change.uid != object::uid(live) {
        causes.push(root.at("uid").invalid_as(change.uid, super::FIELD_IS_IMMUTABLE));
    }
    causes
}

/// Labels, and whatever else is a map of label keys to label values: the first bad key, and the first bad value.
pub(super) fn label_faults(labels: &Spot<'_>) -> Vec<Cause> {
    let entries = labels.map().iter();
    let key = entries.clone().flat_map(|(key, _)| key_faults(labels, key)).next();
    let value = entries.flat_map(|(_, value)| value_faults(labels, value)).next();
    key.into_iter().chain(value).collect()
}

fn all_label_faults(labels: &Spot<'_>) -> Vec<Cause> {
    labels
        .map()
        .iter()
        .flat_map(|(key, value)| [key_faults(labels, key), value_faults(labels, value)].concat())
        .collect()
}

fn key_faults(labels: &Spot<'_>, key: &str) -> Vec<Cause> {
    formats::qualified(key).into_iter().map(|detail| labels.invalid_as(key, detail)).collect()
}

fn value_faults(labels: &Spot<'_>, value: &Value) -> Vec<Cause> {
    let text = value.as_str().unwrap_or_default();
    formats::label_value(text).into_iter().map(|detail| labels.invalid_as(text, detail)).collect()
}

/// Where validation is declared with the type, the real server tells faults of one sort once for each field.
fn is_declared(resource: &Resource) -> bool {
    !resource.is_custom() && !matches!(resource.group.as_str(), "apiextensions.k8s.io" | "apiregistration.k8s.io")
}

pub(super) fn annotation_faults(annotations: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for key in annotations.map().keys() {
        let faults = formats::qualified(&key.to_lowercase());
        causes.extend(faults.into_iter().map(|detail| annotations.invalid_as(key.as_str(), detail)));
    }
    let size: usize = annotations.map().iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > MAX_ANNOTATIONS {
        causes.push(Cause::too_long(annotations.path.as_str(), MAX_ANNOTATIONS));
    }
    causes
}

/// Who owns an object has to be named in full, and at most one may control it.
fn owner_faults(owners: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut controller: Option<String> = None;
    for owner in owners.items() {
        causes.extend(single_owner_faults(&owner));
        if !owner.at("controller").is_true() {
            continue;
        }
        let name = format!("{}/{}", owner.at("kind").text(), owner.at("name").text());
        match &controller {
            Some(first) => {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                );
                let shown = golang::line("[]OwnerReference", owners.value);
                causes.push(Cause::invalid_shown(owners.path.as_str(), &shown, &detail));
            }
            None => controller = Some(name),
        }
    }
    causes
}

fn single_owner_faults(owner: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let version = owner.at("apiVersion");
    if version.text().matches('/').count() > 1 {
        causes.push(version.invalid("must be <group>/<version> or <version>"));
    }
    let missing =
        ["apiVersion", "kind", "name", "uid"].into_iter().map(|key| owner.at(key)).filter(|spot| !spot.has_text());
    causes.extend(missing.map(|spot| spot.required("must not be empty")));
    if version.text() == "v1" && owner.at("kind").text() == "Event" {
        let shown = golang::line("OwnerReference", owner.value);
        let detail = "/v1, Kind=Event is disallowed from being an owner";
        causes.push(Cause::invalid_shown(owner.path.as_str(), &shown, detail));
    }
    causes
}

/// Some kinds take any name for a finalizer, most one that is qualified or known.
fn has_known_finalizers(resource: &Resource) -> bool {
    const ANY_NAME: [&str; 7] = [
        "apiservices",
        "customresourcedefinitions",
        "events",
        "leases",
        "mutatingwebhookconfigurations",
        "poddisruptionbudgets",
        "validatingwebhookconfigurations",
    ];
    !resource.is_custom() && !ANY_NAME.contains(&resource.plural.as_str())
}

fn finalizer_fault(finalizer: &Spot<'_>) -> Option<Cause> {
    const STANDARD: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    let known = finalizer.text().contains('/') || STANDARD.contains(&finalizer.text());
    (!known).then(|| finalizer.invalid("name is neither a standard finalizer name nor is it fully qualified"))
}
