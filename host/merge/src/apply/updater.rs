//! Who owns what after a change: the rules themselves, over typed values.

use std::collections::BTreeMap;

use super::conflict::Conflicts;
use super::entry::ManagerId;
use super::managers::{Managers, Owned};
use super::versions::{Typed, Versions};
use super::{Error, Request};
use crate::fields::FieldSet;
use crate::schema::TypeRef;
use crate::typed::{Comparison, compare, field_set, merge, reconcile, remove};
use crate::value::equal;

pub(super) struct Updater<'u, 'a> {
    pub(super) versions: &'u Versions<'u, 'a>,
    /// Fields that nobody can own through this endpoint, with all below them.
    pub(super) ignored: &'u FieldSet,
}

impl<'a> Updater<'_, 'a> {
    /// After an update: everyone loses what changed; returns what changed or is new.
    pub(super) fn update(
        &self,
        live: &Typed<'a>,
        new: &Typed<'a>,
        managers: Managers,
    ) -> Result<(Managers, FieldSet), Error> {
        let mut managers = self.reconciled(live, managers)?;
        let changes = self.settle(live, new, &mut managers, None, true)?;
        let changed = changes.modified.union(changes.added);
        Ok((managers, changed.recursive_difference(self.ignored)))
    }

    /// Merges a configuration into the live object; no object when that changes nothing.
    pub(super) fn apply(
        &self,
        live: &Typed<'a>,
        config: &Typed<'a>,
        managers: Managers,
        request: Request<'_>,
    ) -> Result<(Option<Typed<'a>>, Managers), Error> {
        let mut managers = self.reconciled(live, managers)?;
        let merged = live.with(merge(live.of, &live.value, &config.value).map_err(Error::Merge)?);
        let fields = field_set(config.of, &config.value).recursive_difference(self.ignored);
        let id = ManagerId::applier(request.manager, request.subresource);
        let last = managers.owners.remove(&id);
        let time = last.as_ref().and_then(|last| last.time.clone());
        managers.owners.insert(id.clone(), Owned { fields, api_version: config.version.clone(), time });
        let merged = match last {
            // An applier that states all it stated before leaves nothing behind.
            Some(last) if !self.states_all_of(&last, &managers, &id) => self.prune(merged, &managers, &last)?,
            _ => merged,
        };
        self.settle(live, &merged, &mut managers, Some(&id), request.force)?;
        let changed = !equal(&live.value, &merged.value);
        Ok((changed.then_some(merged), managers))
    }

    fn states_all_of(&self, last: &Owned, managers: &Managers, id: &ManagerId) -> bool {
        let now = managers.owners.get(id).filter(|now| now.api_version == last.api_version);
        now.map_or(last.fields.is_empty(), |now| last.fields.difference(&now.fields).is_empty())
    }

    /// Takes changed and removed fields from every manager but the acting one; conflicts unless forced.
    fn settle(
        &self,
        live: &Typed<'a>,
        new: &Typed<'a>,
        managers: &mut Managers,
        acting: Option<&ManagerId>,
        force: bool,
    ) -> Result<Comparison, Error> {
        let changes = self.changes(live, new)?;
        let others = self.changes_elsewhere(live, new, managers)?;
        let at = |version: &str| if version == live.version { Some(&changes) } else { others.get(version) };
        let mut conflicts: BTreeMap<ManagerId, FieldSet> = BTreeMap::new();
        for (id, owned) in managers.owners.iter().filter(|(id, _)| Some(*id) != acting) {
            let Some(changes) = at(&owned.api_version) else { continue };
            let taken = owned.fields.intersection(&changes.modified).union(owned.fields.intersection(&changes.added));
            if !taken.is_empty() {
                conflicts.insert(id.clone(), taken);
            }
        }
        if !force && !conflicts.is_empty() {
            return Err(Error::Conflict(Conflicts::new(&conflicts)));
        }
        managers.owners.retain(|id, owned| {
            if Some(id) != acting {
                let Some(changes) = at(&owned.api_version) else { return false };
                let lost = conflicts.remove(id).unwrap_or_default();
                if !lost.is_empty() || !changes.removed.is_empty() {
                    owned.fields = owned.fields.difference(&lost).difference(&changes.removed);
                }
            }
            !owned.fields.is_empty()
        });
        Ok(changes)
    }

    /// The changes in the other versions that owners record; those that are no longer served are left out.
    fn changes_elsewhere(
        &self,
        live: &Typed<'a>,
        new: &Typed<'a>,
        managers: &Managers,
    ) -> Result<BTreeMap<String, Comparison>, Error> {
        let mut found = BTreeMap::new();
        for version in managers.owners.values().map(|owned| &owned.api_version) {
            if *version != live.version
                && !found.contains_key(version)
                && let Some(changes) = self.changes_at(live, new, version)?
            {
                found.insert(version.clone(), changes);
            }
        }
        Ok(found)
    }

    fn changes(&self, live: &Typed<'a>, new: &Typed<'a>) -> Result<Comparison, Error> {
        let changes = compare(live.of, &live.value, &new.value).map_err(Error::Compare)?;
        Ok(changes.without(self.ignored))
    }

    /// `None` when the version is no longer served: what was owned in it is forgotten.
    fn changes_at(&self, live: &Typed<'a>, new: &Typed<'a>, version: &str) -> Result<Option<Comparison>, Error> {
        match (self.versions.at(live, version)?, self.versions.at(new, version)?) {
            (Some(live), Some(new)) => self.changes(&live, &new).map(Some),
            _ => Ok(None),
        }
    }

    /// Owners in line with the types as they are now; owners in versions that are gone are dropped.
    fn reconciled(&self, live: &Typed<'a>, managers: Managers) -> Result<Managers, Error> {
        let mut out = Managers::default();
        for (id, owned) in managers.owners {
            if let Some(typed) = self.type_at(live, &owned.api_version)? {
                let fields = reconcile(typed, owned.fields);
                out.owners.insert(id, Owned { fields, ..owned });
            }
        }
        Ok(out)
    }

    /// The type of the object in a version; `None` when that is no longer served.
    fn type_at(&self, live: &Typed<'a>, version: &str) -> Result<Option<TypeRef<'a>>, Error> {
        if live.version == version {
            return Ok(Some(live.of));
        }
        Ok(self.versions.at(live, version)?.map(|typed| typed.of))
    }

    /// Removes what the applier owned before, states no longer, and nobody else owns.
    fn prune(&self, merged: Typed<'a>, managers: &Managers, last: &Owned) -> Result<Typed<'a>, Error> {
        let Some(at_last) = self.versions.at(&merged, &last.api_version)? else { return Ok(merged) };
        let last_fields = declared(&at_last, &last.fields);
        let pruned = at_last.with(remove(at_last.of, &at_last.value, &last_fields));
        let pruned = self.add_back_owned(&at_last, pruned, managers)?;
        let pruned = match self.versions.at(&pruned, &last.api_version)? {
            None => at_last.clone(),
            Some(pruned) => {
                let lost = all_fields(&at_last).difference(&all_fields(&pruned));
                at_last.with(remove(at_last.of, &at_last.value, &lost.intersection(&last_fields)))
            }
        };
        let back = self.versions.at(&pruned, &merged.version)?;
        back.ok_or_else(|| Error::Convert { version: merged.version, reason: "version is not served".to_owned() })
    }

    /// Puts back what pruning took and someone owns, version by version, starting with the version pruned in.
    fn add_back_owned(&self, merged: &Typed<'a>, pruned: Typed<'a>, managers: &Managers) -> Result<Typed<'a>, Error> {
        let mut by_version: BTreeMap<&str, FieldSet> = BTreeMap::new();
        for owned in managers.owners.values() {
            let fields = by_version.entry(&owned.api_version).or_default();
            *fields = std::mem::take(fields).union(owned.fields.clone());
        }
        let first = by_version.remove_entry(merged.version.as_str());
        let (mut merged, mut pruned) = (merged.clone(), pruned);
        for (version, owned) in first.into_iter().chain(by_version) {
            let Some(merged_here) = self.versions.at(&merged, version)? else { continue };
            let Some(pruned_here) = self.versions.at(&pruned, version)? else { continue };
            let kept = all_fields(&pruned_here).union(declared(&merged_here, &owned));
            let gone = all_fields(&merged_here).difference(&kept);
            pruned = merged_here.with(remove(merged_here.of, &merged_here.value, &gone));
            merged = merged_here;
        }
        Ok(pruned)
    }
}

fn all_fields(object: &Typed<'_>) -> FieldSet {
    declared(object, &field_set(object.of, &object.value))
}

fn declared(object: &Typed<'_>, fields: &FieldSet) -> FieldSet {
    fields.with_declared_parents(Some(object.of))
}
