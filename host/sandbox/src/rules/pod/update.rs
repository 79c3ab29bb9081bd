//! What of a Pod may change once it is there.

use serde_json::Value;

use super::scheduling;
use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::spot::Spot;
use crate::rules::{difference, each, golang};

const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
                          `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions \
                          to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                          previously negative)";

pub(super) fn faults(object: &Object, live: &Object) -> Vec<Cause> {
    let (spec, before) = (Spot::of(object, "spec"), Spot::of(live, "spec"));
    for list in ["containers", "initContainers"] {
        if spec.at(list).len() != before.at(list).len() {
            return vec![spec.at(list).forbidden("pod updates may not add or remove containers")];
        }
    }
    let mut causes = Vec::new();
    match deadline(&spec.at("activeDeadlineSeconds"), &before.at("activeDeadlineSeconds")) {
        Some((fault, true)) => return vec![fault],
        Some((fault, false)) => causes.push(fault),
        None => {}
    }
    causes.extend(tolerations(&spec.at("tolerations"), &before.at("tolerations")));
    causes.extend(gates(&spec.at("schedulingGates"), &before.at("schedulingGates")));
    let (kept, wanted) = (object::child(live, "spec"), without_changes(object, live));
    if *kept != wanted {
        let print = |spec: &Object| golang::lines("core.PodSpec", &Value::Object(spec.clone()));
        let difference = difference::unified(&print(kept), &print(&wanted));
        causes.push(spec.forbidden(format!("{CHANGEABLE}\n{difference}")));
    }
    causes
}

/// What is wrong with a change of the containers for debugging.
pub(super) fn ephemeral(object: &Object, live: &Object) -> Vec<Cause> {
    let list = Spot::of(object, "spec").at("ephemeralContainers");
    let mut causes = Vec::new();
    for old in Spot::of(live, "spec").at("ephemeralContainers").items() {
        let name = old.at("name").text();
        match list.items().find(|new| new.at("name").text() == name) {
            None => causes.push(list.forbidden(format!("existing ephemeral containers {name:?} may not be removed\n"))),
            Some(new) if new.value != old.value => {
                let print = |spot: &Spot<'_>| golang::lines("core.EphemeralContainer", spot.value);
                let difference = difference::unified(&print(&old), &print(&new));
                let detail = format!("existing ephemeral containers {name:?} may not be changed\n{difference}");
                causes.push(list.forbidden(detail));
            }
            Some(_) => {}
        }
    }
    causes
}

/// The fault of a changed deadline, and whether it is the last that is looked for.
fn deadline(after: &Spot<'_>, before: &Spot<'_>) -> Option<(Cause, bool)> {
    match (before.int(), after.int()) {
        (_, Some(seconds)) if !(0..=i64::from(i32::MAX)).contains(&seconds) => {
            Some((after.invalid("must be between 0 and 2147483647, inclusive"), true))
        }
        (Some(old), Some(new)) if old < new => {
            Some((after.invalid("must be less than or equal to previous value"), true))
        }
        (Some(_), None) => Some((after.invalid("must not update from a positive integer to nil value"), false)),
        _ => None,
    }
}

fn tolerations(after: &Spot<'_>, before: &Spot<'_>) -> Vec<Cause> {
    let timeless = |one: &Spot<'_>| {
        let mut entry = one.map().clone();
        entry.remove("tolerationSeconds");
        entry
    };
    let kept: Vec<Object> = after.items().map(|one| timeless(&one)).collect();
    if before.items().any(|old| !kept.contains(&timeless(&old))) {
        return vec![after.forbidden("existing toleration can not be modified except its tolerationSeconds")];
    }
    scheduling::tolerations(after)
}

fn gates(after: &Spot<'_>, before: &Spot<'_>) -> Vec<Cause> {
    let known: Vec<&str> = before.items().map(|gate| gate.at("name").text()).collect();
    let added = after.items().map(|gate| gate.at("name")).filter(|name| !known.contains(&name.text()));
    let detail = |name: &Spot<'_>| format!("only deletion is allowed, but found new scheduling gate '{}'", name.text());
    added.map(|name| name.forbidden(detail(&name))).collect()
}

/// The new spec with everything that may change set back, so that what remains different may not.
fn without_changes(object: &Object, live: &Object) -> Object {
    let (mut spec, before) = (object::child(object, "spec").clone(), object::child(live, "spec"));
    for key in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        put_back(&mut spec, before, key);
    }
    let grace = |spec: &Object| spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if grace(before).is_some_and(|seconds| seconds < 0) && grace(&spec) == Some(1) {
        put_back(&mut spec, before, "terminationGracePeriodSeconds");
    }
    for list in ["containers", "initContainers"] {
        let old = before.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (container, old) in each(&mut spec, list).zip(old) {
            container.insert("image".into(), old["image"].clone());
        }
    }
    // A Pod that waits at a gate may still be given to fewer nodes.
    if before.get("schedulingGates").and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        for key in ["nodeSelector", "affinity"] {
            put_back(&mut spec, before, key);
        }
    }
    spec
}

fn put_back(spec: &mut Object, before: &Object, key: &str) {
    match before.get(key) {
        Some(value) => spec.insert(key.into(), value.clone()),
        None => spec.remove(key),
    };
}
