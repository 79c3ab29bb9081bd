//! What of a live object is worth keeping in memory.

use serde_json::Value;
use windlass_model::{Object, names};

/// Managers whose fields are taken over; until that has happened every entry is needed, for the list is
/// written back whole.
pub(crate) const FOREIGN_MANAGERS: [&str; 2] = [names::ARGOCD_MANAGER, names::KUBECTL_MANAGER];

/// Drops the field sets of managers that nobody asks about. `also_kept` are those that ignore rules name.
pub(crate) fn trim(object: &mut Object, also_kept: &[String]) {
    let Some(Value::Array(entries)) = object.metadata_mut().get_mut("managedFields") else { return };
    if entries.iter().any(|entry| FOREIGN_MANAGERS.contains(&manager(entry))) {
        return;
    }
    entries.retain(|entry| {
        let manager = manager(entry);
        manager == names::FIELD_MANAGER || also_kept.iter().any(|kept| kept == manager)
    });
}

fn manager(entry: &Value) -> &str {
    entry.get("manager").and_then(Value::as_str).unwrap_or_default()
}
