//! CRDs become served, and end with their instances.

use serde_json::{Value, json};

use crate::api::Api;
use crate::catalog::{Catalog, shelf_of};
use crate::crd::{self, CLEANUP};
use crate::object::{self, Object};
use crate::ownership;
use crate::rules;
use crate::store::{Change, Key, Name, Range, ShelfId};
use crate::verbs::delete::{DeleteOptions, remove};

use super::{Seen, all, apiservices, garbage};

pub(super) fn settle(api: &Api, seen: &Seen<'_>) {
    if seen.deleted {
        return refresh(api);
    }
    if object::is_terminating(seen.object) {
        return clean_up(api, seen);
    }
    establish(api, seen);
    refresh(api);
}

/// Rebuilds the catalog from what is established now, and from what is left to Services.
pub(super) fn refresh(api: &Api) {
    let Some(crds) = all(api, "apiextensions.k8s.io", "customresourcedefinitions") else { return };
    let Some(services) = all(api, "apiregistration.k8s.io", "apiservices") else { return };
    let catalog = Catalog::with_custom(crds.iter().flat_map(crd::resources));
    api.set_catalog(catalog.without(services.iter().filter_map(left_to_a_service)));
    apiservices::follow(api, &crds, &services);
}

/// The group and version of an APIService, where a Service is to serve it: no Service leads anywhere here.
fn left_to_a_service(api_service: &Object) -> Option<(String, String)> {
    let spec = object::child(api_service, "spec");
    let is_left = !rules::is_local_api_service(api_service);
    is_left.then(|| (object::text(spec, "group").to_owned(), object::text(spec, "version").to_owned()))
}

fn establish(api: &Api, seen: &Seen<'_>) {
    let spec = object::child(seen.object, "spec");
    let names = spec.get("names").cloned().unwrap_or(Value::Null);
    let accepted = object::child(seen.object, "status").get("acceptedNames");
    if accepted == Some(&names) && crd::has_condition(seen.object, "Established") {
        return;
    }
    let Some((resource, before, version)) = garbage::load(api, &seen.key) else { return };
    let (mut crd, names) = (before.clone(), Names::of(api, &before));
    write_status(&mut crd, names);
    if crd.get("status") != seen.object.get("status") {
        ownership::record_own(&resource, Some(&before), &mut crd, "kube-apiserver", "status");
        garbage::commit(api, &seen.key, version, Change::Put(crd));
    }
}

/// What of a definition's names nobody else in its group has, and the conflict where somebody has one.
struct Names {
    accepted: Object,
    conflict: Option<(&'static str, String)>,
}

impl Names {
    fn of(api: &Api, crd: &Object) -> Self {
        let spec = object::child(crd, "spec");
        let wanted = object::child(spec, "names");
        let before = object::child(object::child(crd, "status"), "acceptedNames").clone();
        let mut names = Names { accepted: wanted.clone(), conflict: None };
        let catalog = api.catalog();
        let plural = object::text(wanted, "plural");
        let others = catalog.group(object::text(spec, "group")).into_iter().flatten().flat_map(|(_, others)| others);
        let others: Vec<_> = others.filter(|other| other.plural != plural).collect();
        let is_resource = |name: &str| {
            others.iter().any(|other| {
                other.plural == name || other.singular == name || other.short_names.iter().any(|short| short == name)
            })
        };
        let is_kind =
            |name: &str| others.iter().any(|other| other.kind == name || format!("{}List", other.kind) == name);
        names.check(&before, "plural", "PluralConflict", &is_resource);
        names.check(&before, "singular", "SingularConflict", &is_resource);
        names.check(&before, "shortNames", "ShortNamesConflict", &is_resource);
        names.check(&before, "kind", "KindConflict", &is_kind);
        names.check(&before, "listKind", "ListKindConflict", &is_kind);
        names
    }

    /// A name that is taken stays as it was accepted before.
    fn check(&mut self, before: &Object, key: &str, reason: &'static str, taken: &dyn Fn(&str) -> bool) {
        let wanted = self.accepted.get(key);
        let words = wanted.and_then(Value::as_array).into_iter().flatten().chain(wanted).filter_map(Value::as_str);
        let found = words.filter(|word| taken(word)).map(|word| format!("\"{word}\" is already in use")).next();
        let Some(message) = found else { return };
        self.conflict = Some((reason, message));
        match before.get(key) {
            Some(kept) => self.accepted.insert(key.into(), kept.clone()),
            None => self.accepted.remove(key),
        };
    }
}

fn write_status(crd: &mut Object, names: Names) {
    let spec = object::child(crd, "spec");
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    let stored: Vec<Value> =
        versions.filter(|version| version["storage"] == true).map(|version| version["name"].clone()).collect();
    let before = object::child(crd, "status").get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        // The time of a condition is that of its last change of status: without one there is nothing to write.
        let since = before.iter().find(|entry| entry["type"] == kind && entry["status"] == status);
        let since = since.map_or_else(|| object::now().into(), |entry| entry["lastTransitionTime"].clone());
        json!({ "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since })
    };
    let established = crd::has_condition(crd, "Established");
    let conditions = match names.conflict {
        None => json!([
            condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
            condition("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
        // What is served stays served, under the names that were accepted first.
        Some((reason, message)) if established => json!([
            condition("NamesAccepted", "False", reason, &message),
            condition("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
        Some((reason, message)) => json!([
            condition("NamesAccepted", "False", reason, &message),
            condition("Established", "False", "NotAccepted", "not all names are accepted"),
        ]),
    };
    let status = object::child_mut(crd, "status");
    status.insert("conditions".into(), conditions);
    status.insert("acceptedNames".into(), Value::Object(names.accepted));
    let before = status.get("storedVersions").and_then(Value::as_array).cloned().unwrap_or_default();
    let more = stored.into_iter().filter(|version| !before.contains(version)).collect::<Vec<_>>();
    status.insert("storedVersions".into(), before.iter().cloned().chain(more).collect());
}

fn clean_up(api: &Api, seen: &Seen<'_>) {
    // The condition is a write of its own, which is seen again here.
    if !object::has_finalizer(seen.object, CLEANUP) || begin_clean_up(api, &seen.key) {
        return;
    }
    let shelf = instances_of(seen.object);
    let Some(resource) = api.catalog().of_shelf(&shelf).cloned() else {
        return garbage::drop_finalizer(api, &seen.key, CLEANUP);
    };
    let Ok(page) = api.store.list(&shelf, &Range::default()) else { return };
    for (name, _) in page.items {
        let key = Key { shelf: shelf.clone(), name };
        if let Err(error) = remove(api, &resource, &key, &DeleteOptions::default()) {
            tracing::debug!(%error, ?key, "not deleted with its definition now");
        }
    }
    end_if_empty(api, &seen.key, &shelf);
}

/// Says that instances are being deleted; returns whether that was still to be said.
fn begin_clean_up(api: &Api, key: &Key) -> bool {
    let Some((resource, before, version)) = garbage::load(api, key) else { return false };
    let mut crd = before.clone();
    let conditions = object::child_mut(&mut crd, "status").get_mut("conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten().filter(|condition| condition["type"] == "Terminating") {
        condition["reason"] = "InstanceDeletionInProgress".into();
        condition["message"] = "CustomResource deletion is in progress".into();
    }
    if crd == before {
        return false;
    }
    ownership::record_own(&resource, Some(&before), &mut crd, "kube-apiserver", "status");
    garbage::commit(api, key, version, Change::Put(crd));
    true
}

fn instances_of(crd: &Object) -> ShelfId {
    let spec = object::child(crd, "spec");
    shelf_of(object::text(spec, "group"), object::text(object::child(spec, "names"), "plural"))
}

fn end_if_empty(api: &Api, key: &Key, shelf: &ShelfId) {
    let left = api.store.list(shelf, &Range { limit: 1, ..Range::default() });
    if left.is_ok_and(|page| page.items.is_empty()) {
        garbage::drop_finalizer(api, key, CLEANUP);
    }
}

/// An instance is gone: its definition may have waited for it. A CRD has the name of its shelf.
pub(super) fn instance_gone(api: &Api, seen: &Seen<'_>) {
    let definitions = shelf_of("apiextensions.k8s.io", "customresourcedefinitions");
    let key = Key { shelf: definitions, name: Name::new("", seen.key.shelf.as_str()) };
    if let Some((_, crd, _)) = garbage::load(api, &key)
        && object::is_terminating(&crd)
        && object::has_finalizer(&crd, CLEANUP)
    {
        end_if_empty(api, &key, &seen.key.shelf);
    }
}
