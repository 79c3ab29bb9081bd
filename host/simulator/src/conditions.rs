//! Status conditions: their time of change moves only when their status does.

use serde::Serialize;
use serde_json::{Value, json};

/// The present, to the second.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) struct Condition {
    pub(crate) kind: &'static str,
    pub(crate) holds: bool,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Condition {
    pub(crate) fn new(kind: &'static str, holds: bool, reason: &'static str, message: impl Into<String>) -> Self {
        Condition { kind, holds, reason, message: message.into() }
    }
}

/// The conditions as a list, with times kept from the former list; `updated` adds `lastUpdateTime`.
pub(crate) fn list(before: &impl Serialize, conditions: &[Condition], updated: bool) -> Value {
    let before = serde_json::to_value(before).unwrap_or_default();
    let former = |kind: &str| before.as_array().into_iter().flatten().find(|entry| entry["type"] == kind).cloned();
    let entry = |condition: &Condition| {
        let status = if condition.holds { "True" } else { "False" };
        let former = former(condition.kind).filter(|entry| entry["status"] == status);
        let kept = |key: &str| former.as_ref().map(|entry| entry[key].clone()).filter(Value::is_string);
        let mut entry = json!({ "type": condition.kind, "status": status });
        entry["lastTransitionTime"] = kept("lastTransitionTime").unwrap_or_else(|| now().into());
        if updated {
            let same = former.as_ref().is_some_and(|entry| entry["reason"] == condition.reason);
            entry["lastUpdateTime"] = kept("lastUpdateTime").filter(|_| same).unwrap_or_else(|| now().into());
        }
        if !condition.reason.is_empty() {
            entry["reason"] = condition.reason.into();
            entry["message"] = condition.message.clone().into();
        }
        entry
    };
    Value::Array(conditions.iter().map(entry).collect())
}
