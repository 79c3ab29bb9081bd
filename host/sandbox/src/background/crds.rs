//! CRDs become served, and end with their instances.

use serde_json::{Value, json};

use crate::api::Api;
use crate::catalog::{Catalog, shelf_of};
use crate::crd::{self, CLEANUP};
use crate::object::{self, Object};
use crate::store::{Change, Key, Name, Range, ShelfId};
use crate::verbs::delete::{DeleteOptions, remove};

use super::{Seen, garbage};

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

/// Rebuilds the catalog from what is established now.
fn refresh(api: &Api) {
    let Ok(page) = api.store.list(&shelf_of("apiextensions.k8s.io", "customresourcedefinitions"), &Range::default())
    else {
        return;
    };
    let crds = page.items.iter().filter_map(|(_, stored)| object::parse(&stored.body).ok());
    api.set_catalog(Catalog::with_custom(crds.flat_map(|crd| crd::resources(&crd))));
}

fn establish(api: &Api, seen: &Seen<'_>) {
    let spec = object::child(seen.object, "spec");
    let names = spec.get("names").cloned().unwrap_or(Value::Null);
    let accepted = object::child(seen.object, "status").get("acceptedNames");
    if accepted == Some(&names) && crd::has_condition(seen.object, "Established") {
        return;
    }
    let Some((_, mut crd, version)) = garbage::load(api, &seen.key) else { return };
    let conflict = conflict(api, &crd);
    let before = timeless_status(&crd);
    write_status(&mut crd, names, conflict.as_deref());
    // A conflict lasts: a write that tells nothing new would call for the next one.
    if timeless_status(&crd) == before {
        return;
    }
    garbage::commit(api, &seen.key, version, Change::Put(crd));
}

fn timeless_status(crd: &Object) -> Object {
    let mut status = object::child(crd, "status").clone();
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten();
    for condition in conditions.filter_map(Value::as_object_mut) {
        condition.remove("lastTransitionTime");
    }
    status
}

/// A name of this CRD that another resource of its group already has.
fn conflict(api: &Api, crd: &Object) -> Option<String> {
    let spec = object::child(crd, "spec");
    let names = object::child(spec, "names");
    let (group, plural) = (object::text(spec, "group"), object::text(names, "plural"));
    let catalog = api.catalog();
    let others = catalog.group(group)?.iter().flat_map(|(_, resources)| resources);
    let mut others = others.filter(|resource| resource.plural != plural);
    let taken = others.find(|resource| resource.kind == object::text(names, "kind"))?;
    Some(format!("\"{}\" is already in use", taken.kind))
}

fn write_status(crd: &mut Object, names: Value, conflict: Option<&str>) {
    let spec = object::child(crd, "spec");
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    let stored: Vec<Value> =
        versions.filter(|version| version["storage"] == true).map(|version| version["name"].clone()).collect();
    let now = object::now();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({ "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now });
    let conditions = match conflict {
        None => json!([
            condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
            condition("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
        ]),
        Some(message) => json!([
            condition("NamesAccepted", "False", "KindConflict", message),
            condition("Established", "False", "NotAccepted", "not all names are accepted"),
        ]),
    };
    let status = object::child_mut(crd, "status");
    status.insert("conditions".into(), conditions);
    status.insert("acceptedNames".into(), if conflict.is_some() { json!({}) } else { names });
    let before = status.get("storedVersions").and_then(Value::as_array).cloned().unwrap_or_default();
    let more = stored.into_iter().filter(|version| !before.contains(version)).collect::<Vec<_>>();
    status.insert("storedVersions".into(), before.iter().cloned().chain(more).collect());
}

fn clean_up(api: &Api, seen: &Seen<'_>) {
    if !object::has_finalizer(seen.object, CLEANUP) {
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
