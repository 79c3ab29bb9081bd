//! `events.k8s.io/v1` and core `v1`: one object under two vocabularies.

use crate::object::Object;

/// `(core, events.k8s.io)` names of the fields that differ.
const RENAMED: [(&str, &str); 6] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
];

pub(super) fn to_events_group(object: &mut Object) {
    for (core, group) in RENAMED {
        rename(object, core, group);
    }
    rename(object, "count", "deprecatedCount");
    // Core events always have both; here what is empty is left out.
    for key in ["reportingController", "reportingInstance"] {
        if object.get(key).is_some_and(|value| value == "") {
            object.remove(key);
        }
    }
}

pub(super) fn from_events_group(object: &mut Object) {
    for (core, group) in RENAMED {
        rename(object, group, core);
    }
    rename(object, "deprecatedCount", "count");
}

fn rename(object: &mut Object, from: &str, to: &str) {
    if let Some(value) = object.remove(from) {
        object.insert(to.into(), value);
    }
}
