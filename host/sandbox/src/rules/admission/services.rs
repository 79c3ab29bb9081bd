//! APIServices: what one must be, and whether one is available.

use serde_json::{Value, json};

use crate::error::Cause;
use crate::object::{self, Object};
use crate::rules::formats;
use crate::rules::spot::Spot;

pub(super) fn faults(object: &Object) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let (group, version, service) = (spec.at("group"), spec.at("version"), spec.at("service"));
    let (bundle, insecure) = (spec.at("caBundle"), spec.at("insecureSkipTLSVerify"));
    let mut causes = Vec::new();
    if !group.has_text() && version.text() != "v1" {
        causes.push(group.required("only v1 may have an empty group and it better be legacy kube"));
    }
    causes.extend(group.breaches_if_set(formats::subdomain));
    causes.extend(version.breaches(formats::old_label));
    for (key, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let priority = spec.at(key);
        if !(1..=most).contains(&priority.number()) {
            causes.push(priority.invalid_as(priority.number(), format!("must be positive and less than {most}")));
        }
    }
    if !service.is_set() {
        if bundle.has_text() {
            let size = format!("{} bytes", bundle.text().len() / 4 * 3);
            causes.push(bundle.invalid_as(size, "local APIServices may not have a caBundle"));
        }
        if insecure.is_true() {
            causes.push(insecure.invalid("local APIServices may not have insecureSkipTLSVerify"));
        }
        return causes;
    }
    causes.extend(["namespace", "name"].iter().filter_map(|key| service.at(key).required_text()));
    let port = service.at("port");
    if !(1..=65_535).contains(&port.number()) {
        causes.push(port.invalid("port is not valid: must be between 1 and 65535, inclusive"));
    }
    if insecure.is_true() && bundle.has_text() {
        causes.push(insecure.invalid("may not be true if caBundle is present"));
    }
    causes
}

/// What this server says of a group that it would serve itself. Of one that a Service serves it says nothing, since no
/// Service here leads anywhere.
pub fn judge(object: &mut Object) {
    let is_judged = Spot::of(object, "status").at("conditions").items().any(|one| one.at("type").text() == AVAILABLE);
    if is_local(object) && !is_judged {
        call_available(object);
    }
}

/// Whether this server would serve the group itself.
pub fn is_local(object: &Object) -> bool {
    object::child(object, "spec").get("service").is_none_or(Value::is_null)
}

const AVAILABLE: &str = "Available";

/// Says that a group is served; since when, if that was said already.
pub fn call_available(object: &mut Object) {
    let mut condition = json!({
        "type": AVAILABLE,
        "status": "True",
        "reason": "Local",
        "message": "Local APIServices are always available",
        "lastTransitionTime": object::now(),
    });
    let conditions = object::child_mut(object, "status").entry("conditions").or_insert_with(|| json!([]));
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(list) = conditions.as_array_mut() else { return };
    match list.iter_mut().find(|one| one["type"] == AVAILABLE) {
        None => list.push(condition),
        Some(before) => {
            if before["status"] == condition["status"] {
                condition["lastTransitionTime"] = before["lastTransitionTime"].clone();
            }
            *before = condition;
        }
    }
}
