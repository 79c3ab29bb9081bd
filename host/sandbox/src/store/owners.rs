//! Which objects name which uid as their owner: what garbage collection looks up.

use std::collections::{BTreeSet, HashMap};

use super::Key;
use crate::object::{self, Object};

#[derive(Default)]
pub(super) struct Owners {
    by_owner: HashMap<Box<str>, BTreeSet<Key>>,
    by_dependent: HashMap<Key, Vec<Box<str>>>,
}

impl Owners {
    pub(super) fn dependents(&self, uid: &str) -> Vec<Key> {
        self.by_owner.get(uid).into_iter().flatten().cloned().collect()
    }

    pub(super) fn learn(&mut self, key: &Key, object: &Object) {
        let has_owners = object::metadata(object).contains_key("ownerReferences");
        if !has_owners && !self.by_dependent.contains_key(key) {
            return;
        }
        self.forget(key);
        let owners: Vec<Box<str>> = object::owners(object).into_iter().map(|owner| owner.uid.into()).collect();
        for owner in &owners {
            self.by_owner.entry(owner.clone()).or_default().insert(key.clone());
        }
        if !owners.is_empty() {
            self.by_dependent.insert(key.clone(), owners);
        }
    }

    pub(super) fn forget(&mut self, key: &Key) {
        for owner in self.by_dependent.remove(key).unwrap_or_default() {
            let Some(dependents) = self.by_owner.get_mut(&owner) else { continue };
            dependents.remove(key);
            if dependents.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
    }
}
