//! Which field sets of managers are worth keeping in memory.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use windlass_model::names;

/// Managers whose fields are taken over; until that has happened every entry is needed, for the list is
/// written back whole.
pub(crate) const FOREIGN_MANAGERS: [&str; 2] = [names::ARGOCD_MANAGER, names::KUBECTL_MANAGER];
/// Our own, and one whose entries say when Argo CD's controller was at work last.
const KEPT: [&str; 2] = [names::FIELD_MANAGER, names::ARGOCD_CONTROLLER];

/// Leaves out the entries that nobody asks about. `also_kept` are the managers that ignore rules name.
pub(crate) fn worth_keeping<'a>(mut entries: Vec<&'a RawValue>, also_kept: &[String]) -> Vec<&'a RawValue> {
    if entries.iter().any(|entry| FOREIGN_MANAGERS.contains(&&*manager(entry))) {
        return entries;
    }
    entries.retain(|entry| {
        let manager = manager(entry);
        KEPT.contains(&&*manager) || also_kept.iter().any(|kept| **kept == *manager)
    });
    entries
}

fn manager(entry: &RawValue) -> Cow<'_, str> {
    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow, default)]
        manager: Cow<'a, str>,
    }
    serde_json::from_str::<Entry<'_>>(entry.get()).map(|entry| entry.manager).unwrap_or_default()
}
