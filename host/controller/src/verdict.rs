//! Where our verdict on an application differs from the one that its status holds.

use std::collections::BTreeMap;

use windlass_model::{
    GroupKind, HealthStatus, ObjectKey,
    application::{Condition, ResourceStatus, Status, SyncStatus},
};

/// One point on which two verdicts differ: theirs stands in the status, ours was found just now.
#[derive(Clone, Debug, PartialEq)]
pub enum Disagreement {
    Sync {
        theirs: SyncStatus,
        ours: SyncStatus,
    },
    Health {
        theirs: HealthStatus,
        ours: HealthStatus,
    },
    Revision {
        theirs: String,
        ours: String,
    },
    /// `None` where a side does not have the resource.
    Resource {
        key: ObjectKey,
        theirs: Option<Row>,
        ours: Option<Row>,
    },
    /// An error that only we have.
    Error {
        message: String,
    },
}

/// What a verdict says of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub status: Option<SyncStatus>,
    pub requires_pruning: bool,
}

/// Compares two verdicts. An application that nobody has looked at has no verdict to differ from.
pub fn disagreements(theirs: &Status, ours: &Status) -> Vec<Disagreement> {
    let mut found = Vec::new();
    let (their_sync, our_sync) = (theirs.sync.clone().unwrap_or_default(), ours.sync.clone().unwrap_or_default());
    if their_sync.status != our_sync.status {
        found.push(Disagreement::Sync { theirs: their_sync.status, ours: our_sync.status });
    }
    let health = |status: &Status| status.health.as_ref().map_or(HealthStatus::Unknown, |health| health.status);
    if health(theirs) != health(ours) {
        found.push(Disagreement::Health { theirs: health(theirs), ours: health(ours) });
    }
    if (&their_sync.revision, &their_sync.revisions) != (&our_sync.revision, &our_sync.revisions) {
        let text = |one: String, many: Vec<String>| if many.is_empty() { one } else { many.join(", ") };
        found.push(Disagreement::Revision {
            theirs: text(their_sync.revision, their_sync.revisions),
            ours: text(our_sync.revision, our_sync.revisions),
        });
    }
    found.extend(resources(&theirs.resources, &ours.resources));
    found.extend(errors(&theirs.conditions, &ours.conditions));
    found
}

fn resources(theirs: &[ResourceStatus], ours: &[ResourceStatus]) -> Vec<Disagreement> {
    let (theirs, ours) = (by_key(theirs), by_key(ours));
    let keys: std::collections::BTreeSet<&ObjectKey> = theirs.keys().chain(ours.keys()).collect();
    keys.into_iter()
        .map(|key| (key, theirs.get(key).copied(), ours.get(key).copied()))
        .filter(|(_, theirs, ours)| theirs != ours)
        .map(|(key, theirs, ours)| Disagreement::Resource { key: key.clone(), theirs, ours })
        .collect()
}

fn by_key(rows: &[ResourceStatus]) -> BTreeMap<ObjectKey, Row> {
    let key = |row: &ResourceStatus| ObjectKey::new(GroupKind::new(&row.group, &row.kind), &row.namespace, &row.name);
    rows.iter().map(|row| (key(row), Row { status: row.status, requires_pruning: row.requires_pruning })).collect()
}

fn errors(theirs: &[Condition], ours: &[Condition]) -> Vec<Disagreement> {
    // The words of two controllers differ; that both complain of the same thing is agreement.
    let is_new =
        |condition: &&Condition| condition.kind.is_error() && !theirs.iter().any(|known| known.kind == condition.kind);
    ours.iter().filter(is_new).map(|condition| Disagreement::Error { message: condition.message.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn between(theirs: Value, ours: Value) -> Vec<Disagreement> {
        disagreements(&serde_json::from_value(theirs).unwrap(), &serde_json::from_value(ours).unwrap())
    }

    fn status(sync: &str, rows: Value) -> Value {
        json!({"sync": {"status": sync, "revision": "one"}, "health": {"status": "Healthy"}, "resources": rows})
    }

    #[test]
    fn equal_verdicts_agree_whatever_else_the_status_holds() {
        let rows = json!([{"kind": "ConfigMap", "name": "a", "status": "Synced", "syncWave": 3}]);
        let mut theirs = status("Synced", rows.clone());
        theirs["reconciledAt"] = "2026-01-01T00:00:00Z".into();
        assert_eq!(between(theirs, status("Synced", rows)), []);
    }

    #[test]
    fn each_point_is_told_by_itself() {
        let theirs = status(
            "Synced",
            json!([{"kind": "ConfigMap", "name": "a", "status": "Synced"}, {"kind": "ConfigMap", "name": "b", "status": "Synced"}]),
        );
        let mut ours = status("OutOfSync", json!([{"kind": "ConfigMap", "name": "a", "status": "OutOfSync"}]));
        ours["conditions"] = json!([{"type": "ComparisonError", "message": "no"}]);
        let key = |name: &str| ObjectKey::new(GroupKind::new("", "ConfigMap"), "", name);
        let row = |status: SyncStatus| Some(Row { status: Some(status), requires_pruning: false });
        assert_eq!(
            between(theirs, ours),
            [
                Disagreement::Sync { theirs: SyncStatus::Synced, ours: SyncStatus::OutOfSync },
                Disagreement::Resource {
                    key: key("a"),
                    theirs: row(SyncStatus::Synced),
                    ours: row(SyncStatus::OutOfSync)
                },
                Disagreement::Resource { key: key("b"), theirs: row(SyncStatus::Synced), ours: None },
                Disagreement::Error { message: "no".into() },
            ]
        );
    }
}
