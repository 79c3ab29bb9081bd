//! What the containers of a Pod have to say for themselves where a quota bounds it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::usage;
use crate::object::Object;
use crate::rules::amounts;
use crate::rules::at;

const SAID: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// # Errors
/// The amounts that are bounded and not said, and the containers that lack them.
pub(super) fn check(bounded: &BTreeSet<&str>, pod: &Object) -> Result<(), String> {
    if speaks_for_all(pod) {
        return Ok(());
    }
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let lists = ["containers", "initContainers"].map(|list| at(pod, &["spec", list]).as_array());
    for container in lists.into_iter().flatten().flatten() {
        let side = |side: &str| amounts::read(&container["resources"][side]);
        let said = usage::computed(&side("requests"), &side("limits"));
        for name in SAID.into_iter().filter(|name| bounded.contains(name) && !said.contains_key(*name)) {
            missing.entry(name).or_default().insert(container["name"].as_str().unwrap_or_default());
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let listed = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(",");
    let told: Vec<String> = missing.into_iter().map(|(name, of)| format!("{name} for: {}", listed(of))).collect();
    Err(format!("must specify {}", told.join("; ")))
}

/// Whether the Pod has resources as a whole.
fn speaks_for_all(pod: &Object) -> bool {
    let sides = ["requests", "limits"].map(|side| at(pod, &["spec", "resources", side]));
    let mut names = sides.into_iter().filter_map(Value::as_object).flat_map(|amounts| amounts.keys());
    names.any(|name| matches!(name.as_str(), "cpu" | "memory") || name.starts_with("hugepages-"))
}
