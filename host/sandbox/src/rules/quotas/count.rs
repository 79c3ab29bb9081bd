//! Counts what a namespace uses, as the quota controller does: when a quota is new or bounds something else, and when
//! what it counts has gone or shrunk.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use serde_json::json;

use super::usage::Counted;
use super::{of_namespace, scopes, shelf, write_status};
use crate::api::Api;
use crate::catalog::Resource;
use crate::object::{self, Object};
use crate::rules::amounts::{self, Amounts};
use crate::rules::at;
use crate::rules::quantity::Quantity;
use crate::store::{Event, EventKind, Key, Name, Range, ShelfId, Stored};

/// All quotas.
pub fn all_quotas(api: &Api) -> BTreeSet<Name> {
    let Ok(page) = api.store.list(&shelf(), &Range::default()) else { return BTreeSet::new() };
    page.items.into_iter().map(|(name, _)| name).collect()
}

/// The quotas that have to be counted again after a change.
pub fn quotas_to_count(api: &Api, shelf_id: &ShelfId, event: &Event) -> Vec<Name> {
    let namespace = &*event.name.namespace;
    let quotas = if namespace.is_empty() { Vec::new() } else { of_namespace(api, namespace) };
    if quotas.is_empty() {
        return Vec::new();
    }
    if *shelf_id == shelf() && event.kind != EventKind::Deleted {
        return bounds_anew(event).then(|| event.name.clone()).into_iter().collect();
    }
    let Some(resource) = api.catalog().of_shelf(shelf_id).cloned() else { return Vec::new() };
    let counted = Counted::of(&resource).filter(|counted| uses_less(event, &resource, *counted));
    let Some(counted) = counted else { return Vec::new() };
    let concerns = |stored: &Stored| {
        let quota = object::parse(&stored.body).unwrap_or_default();
        object::child(object::child(&quota, "spec"), "hard").keys().any(|name| counted.concerns(&resource, name))
    };
    quotas.into_iter().filter(|(_, stored)| concerns(stored)).map(|(name, _)| name).collect()
}

/// The object before and after a change.
fn sides(event: &Event) -> [Option<Object>; 2] {
    [event.previous.as_ref().map(|stored| &stored.body), Some(&event.body)]
        .map(|body| body.and_then(|body| object::parse(body).ok()))
}

/// Whether a quota is new or bounds something else than before.
fn bounds_anew(event: &Event) -> bool {
    let [before, now] = sides(event).map(|object| object.and_then(|object| object.get("spec").cloned()));
    event.kind == EventKind::Added || before != now
}

fn uses_less(event: &Event, resource: &Resource, counted: Counted) -> bool {
    match event.kind {
        EventKind::Added => false,
        EventKind::Deleted => true,
        EventKind::Modified => {
            let [before, now] = sides(event).map(|object| counted.usage(resource, &object.unwrap_or_default()));
            before.iter().any(|(name, amount)| now.get(name).is_none_or(|now| now.nano() < amount.nano()))
        }
    }
}

/// Brings the status of a quota in line with what is there.
pub fn count_again(api: &Api, name: &Name) {
    let _turn = api.quotas.lock().unwrap_or_else(PoisonError::into_inner);
    let stored = api.store.get(&Key { shelf: shelf(), name: name.clone() });
    let Some(quota) = stored.and_then(|stored| object::parse(&stored.body).ok()) else { return };
    let (hard, used) = Count { api, namespace: &name.namespace, quota: &quota }.result();
    let is_said = |key: &str, amounts: &Amounts| {
        let said = at(&quota, &["status", key]);
        said.is_object() && *said == amounts::json(amounts)
    };
    if !is_said("hard", &hard) || !is_said("used", &used) {
        let status = json!({ "hard": amounts::json(&hard), "used": amounts::json(&used) });
        let status = status.as_object().cloned().unwrap_or_default();
        write_status(api, name, "kube-controller-manager", |_| status.clone());
    }
}

/// One quota and what it is about.
struct Count<'a> {
    api: &'a Api,
    namespace: &'a str,
    quota: &'a Object,
}

impl Count<'_> {
    /// What is allowed and what of that is used. Of what nobody can count, it stays open how much.
    fn result(&self) -> (Amounts, Amounts) {
        let hard = amounts::read(at(self.quota, &["spec", "hard"]));
        let mut used = amounts::read(at(self.quota, &["status", "used"]));
        let mut counted = Amounts::new();
        for resource in self.countable() {
            let Some(kind) = Counted::of(&resource) else { continue };
            let names = hard.keys().filter(|name| kind.concerns(&resource, name));
            let zeros: Amounts = names.map(|name| (name.clone(), Quantity::ZERO)).collect();
            if !zeros.is_empty() {
                amounts::add(&mut counted, &zeros);
                self.add(&resource, kind, &mut counted);
            }
        }
        used.extend(counted);
        used.retain(|name, _| hard.contains_key(name));
        (hard, used)
    }

    fn countable(&self) -> Vec<Arc<Resource>> {
        let catalog = self.api.catalog();
        let all = catalog.groups().iter().flat_map(|(_, versions)| versions).flat_map(|(_, resources)| resources);
        all.filter(|resource| resource.version == resource.storage_version).cloned().collect()
    }

    fn add(&self, resource: &Resource, kind: Counted, used: &mut Amounts) {
        let range = Range { namespace: Some(self.namespace), ..Range::default() };
        let Ok(page) = self.api.store.list(&resource.shelf, &range) else { return };
        for object in page.items.iter().filter_map(|(_, stored)| object::parse(&stored.body).ok()) {
            if scopes::take_in(self.quota, kind, &object) {
                amounts::add(used, &kind.usage(resource, &object));
            }
        }
    }
}
