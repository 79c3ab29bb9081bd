//! ResourceQuotas: what they count, whom they refuse, and what their status says is used.
//!
//! What is made or grows is held against the quotas of its namespace, stored, and then charged, all under one lock; what
//! shrinks or goes is counted again later, under the same lock. So the sum is never above the bound.

mod constraints;
mod count;
mod faults;
mod scopes;
mod usage;

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;

use super::amounts::{self, Amounts};
use super::{Change, at};
use crate::api::Api;
use crate::catalog::{Resource, shelf_of};
use crate::object::{self, Object};
use crate::ownership;
use crate::store::{self, Expected, Key, Name, Range, ShelfId, Stored};
use usage::Counted;

pub(super) use faults::{faults, status_faults};

pub use count::{all_quotas, count_again, quotas_to_count};

/// What is to be charged once the object is stored. Nobody else is admitted to a namespace with quotas meanwhile.
#[must_use]
pub struct Admitted<'a> {
    api: &'a Api,
    charges: Vec<(Name, Amounts)>,
    _turn: Option<MutexGuard<'a, ()>>,
}

fn shelf() -> ShelfId {
    shelf_of("", "resourcequotas")
}

fn of_namespace(api: &Api, namespace: &str) -> Vec<(Name, Stored)> {
    let range = Range { namespace: Some(namespace), ..Range::default() };
    api.store.list(&shelf(), &range).map_or_else(|_| Vec::new(), |page| page.items)
}

/// # Errors
/// The quota that does not allow it.
pub(super) fn admit<'a>(api: &'a Api, change: &Change<'_>) -> Result<Admitted<'a>, String> {
    let nothing = Admitted { api, charges: Vec::new(), _turn: None };
    let namespace = object::namespace(change.object);
    let Some(asked) = Asked::of(change).filter(|_| !namespace.is_empty()) else { return Ok(nothing) };
    if of_namespace(api, namespace).is_empty() {
        return Ok(nothing);
    }
    let turn = api.quotas.lock().unwrap_or_else(PoisonError::into_inner);
    let mut charges = Vec::new();
    for (name, stored) in of_namespace(api, namespace) {
        let Ok(quota) = object::parse(&stored.body) else { continue };
        let charge = asked.charge(&quota)?;
        charges.extend(charge.filter(|amounts| !amounts.is_empty()).map(|amounts| (name, amounts)));
    }
    Ok(Admitted { charges, _turn: Some(turn), ..nothing })
}

impl Admitted<'_> {
    /// Writes into the quotas what is used now.
    pub fn charge(self) {
        for (name, amounts) in &self.charges {
            let used = |quota: &Object| {
                let mut used = amounts::read(at(quota, &["status", "used"]));
                amounts::add(&mut used, amounts);
                object::child(quota, "status")
                    .clone()
                    .into_iter()
                    .chain([("used".into(), amounts::json(&used))])
                    .collect()
            };
            write_status(self.api, name, "kube-apiserver", used);
        }
    }
}

/// Gives a quota another status; nobody else writes what is used, but anybody may change the quota meanwhile.
fn write_status(api: &Api, name: &Name, manager: &str, status: impl Fn(&Object) -> Object) {
    let key = Key { shelf: shelf(), name: name.clone() };
    let written = api.store.until_it_fits(&key.shelf, || {
        let found = api.store.get(&key).and_then(|stored| Some((object::parse(&stored.body).ok()?, stored.version)));
        let (Some((before, version)), Some(resource)) = (found, api.catalog().of_shelf(&key.shelf).cloned()) else {
            return Ok(Some(()));
        };
        let mut quota = before.clone();
        quota.insert("status".into(), Value::Object(status(&before)));
        ownership::record_own(&resource, Some(&before), &mut quota, manager, "status");
        match api.store.commit(&key, Expected::At(version), store::Change::Put(quota)) {
            Ok(_) => Ok(Some(())),
            Err(store::CommitError::Collision(_)) => Ok(None),
            Err(error) => Err(error),
        }
    });
    if let Err(error) = written {
        tracing::error!(%error, ?key, "what a quota's namespace uses cannot be written");
    }
}

/// An object that is made or changed, as quotas look at it.
struct Asked<'a> {
    resource: &'a Resource,
    object: &'a Object,
    live: Option<&'a Object>,
    counted: Counted,
}

impl<'a> Asked<'a> {
    /// `None` where no quota has a say.
    fn of(change: &Change<'a>) -> Option<Self> {
        let &Change { resource, object, live, subresource, .. } = change;
        let counted = Counted::of(resource)?;
        let is_asked = match (live, counted, subresource) {
            (None, _, "") => true,
            (Some(_), Counted::Pod, "resize") => true,
            (Some(live), Counted::Pod, "") => scopes::has_deadline(live) != scopes::has_deadline(object),
            (Some(_), Counted::Service | Counted::Claim, "") => true,
            _ => false,
        };
        is_asked.then_some(Asked { resource, object, live, counted })
    }

    /// What a quota is charged with; `None` where it is not about the object.
    fn charge(&self, quota: &Object) -> Result<Option<Amounts>, String> {
        let name = object::name(quota);
        let [hard, used] = ["hard", "used"].map(|key| amounts::read(at(quota, &["status", key])));
        let concerned: BTreeSet<&str> =
            hard.keys().map(String::as_str).filter(|name| self.counted.concerns(self.resource, name)).collect();
        if concerned.is_empty() || !scopes::take_in(quota, self.counted, self.object) {
            return Ok(None);
        }
        if self.counted == Counted::Pod {
            constraints::check(&concerned, self.object)
                .map_err(|problem| format!("failed quota: {name}: {problem}"))?;
        }
        if concerned.iter().any(|name| !used.contains_key(*name)) {
            let told: Vec<&str> = concerned.into_iter().collect();
            return Err(format!("status unknown for quota: {name}, resources: {}", told.join(",")));
        }
        let more = amounts::only(&self.more(quota), |name| hard.contains_key(name));
        let mut after = used.clone();
        amounts::add(&mut after, &more);
        let is_over = |name: &str| more.contains_key(name) && after[name].nano() > hard[name].nano();
        if hard.keys().any(|name| is_over(name)) {
            let told = |amounts: &Amounts| amounts::told(&amounts::only(amounts, is_over));
            let (more, used, hard) = (told(&more), told(&used), told(&hard));
            return Err(format!("exceeded quota: {name}, requested: {more}, used: {used}, limited: {hard}"));
        }
        Ok(Some(more))
    }

    /// How much more is used than before; less is counted when it has come about.
    fn more(&self, quota: &Object) -> Amounts {
        let mut more = self.counted.usage(self.resource, self.object);
        if let Some(live) = self.live.filter(|live| scopes::take_in(quota, self.counted, live)) {
            for (name, before) in self.counted.usage(self.resource, live) {
                more.entry(name).and_modify(|amount| *amount = amount.minus(before));
            }
        }
        more.retain(|_, amount| amount.nano() > 0);
        more
    }
}
