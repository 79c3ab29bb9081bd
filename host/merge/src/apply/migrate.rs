//! Owners that client-side tools left behind, handed to the applier that takes over.

use super::entry::ManagerId;
use super::managers::{Managers, Owned};

impl Managers {
    /// Turns what these managers own, by update or by apply, into what `applier` owns by apply, so that it may be
    /// removed when the applier no longer states it.
    ///
    /// As client-go does it for updates: only fields in the version of the applier's entry are taken over, the others
    /// of the same manager are dropped. Returns whether anything changed.
    pub fn hand_over(&mut self, managers: &[&str], applier: &str, subresource: &str) -> bool {
        let before = self.clone();
        for manager in managers {
            self.hand_over_one(manager, &ManagerId::applier(applier, subresource));
        }
        *self != before
    }

    fn hand_over_one(&mut self, manager: &str, applier: &ManagerId) {
        let is_theirs =
            |id: &ManagerId| id.manager == manager && id.subresource == applier.subresource && id != applier;
        let mut theirs: Vec<Owned> =
            self.owners.extract_if(.., |id, _| is_theirs(id)).map(|(_, owned)| owned).collect();
        theirs.sort_by(|left, right| left.time.cmp(&right.time));
        let Some(mut target) = self.owners.remove(applier).or_else(|| theirs.first().cloned()) else { return };
        for owned in theirs.into_iter().filter(|owned| owned.api_version == target.api_version) {
            target.fields = target.fields.union(owned.fields);
        }
        self.owners.insert(applier.clone(), target);
    }
}
