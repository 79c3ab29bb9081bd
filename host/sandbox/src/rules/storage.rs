//! Volume claims, volumes and storage classes.

use serde_json::{Value, json};

use super::spot::Spot;
use super::{
    FIELD_IS_IMMUTABLE, difference, fill, fill_anyway, fill_status, formats, golang, inside, quantity, selectors,
};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const CLAIM_IS_FIXED: &str =
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
pub(super) const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        "persistentvolumeclaims" => {
            fill(object::child_mut(object, "spec"), "volumeMode", "Filesystem");
            fill_status(object, json!({ "phase": "Pending" }));
        }
        "persistentvolumes" => {
            let spec = object::child_mut(object, "spec");
            fill(spec, "volumeMode", "Filesystem");
            fill(spec, "persistentVolumeReclaimPolicy", "Retain");
            if let Some(path) = inside(spec, &["hostPath"]) {
                fill_anyway(path, "type", "");
            }
            fill_status(object, json!({ "phase": "Pending" }));
        }
        "csidrivers" => {
            let spec = object::child_mut(object, "spec");
            fill(spec, "attachRequired", true);
            fill(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
            const OFF: [&str; 5] = [
                "podInfoOnMount",
                "storageCapacity",
                "requiresRepublish",
                "seLinuxMount",
                "preventPodSchedulingIfMissing",
            ];
            OFF.iter().for_each(|key| fill(spec, key, false));
            fill(spec, "volumeLifecycleModes", json!(["Persistent"]));
        }
        "storageclasses" => {
            fill(object, "reclaimPolicy", "Delete");
            fill(object, "volumeBindingMode", "Immediate");
        }
        _ => {}
    }
}

/// The old name of the source and the new one say the same.
pub(super) fn mirror_source(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    let source = ["dataSourceRef", "dataSource"].iter().find_map(|key| spec.get(*key).cloned());
    if let Some(source) = source.filter(|source| source.get("namespace").is_none()) {
        fill(spec, "dataSource", source.clone());
        fill(spec, "dataSourceRef", source);
    }
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match (plural, live) {
        ("persistentvolumeclaims", None) => claim_faults(&Spot::of(object, "spec")),
        ("persistentvolumeclaims", Some(live)) => {
            let mut causes = claim_faults(&Spot::of(object, "spec"));
            causes.extend(claim_changes(object, live));
            causes
        }
        ("storageclasses", None) => class_faults(object),
        // What is there already is shown by its pointer, which prints as nothing.
        ("storageclasses", Some(live)) => {
            let changed = ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"].into_iter();
            let changed = changed.filter(|key| object.get(*key) != live.get(*key));
            let missing = Spot::of(object, "provisioner").required_text().into_iter();
            missing.chain(changed.map(|key| Cause::invalid(key, &Value::Null, FIELD_IS_IMMUTABLE))).collect()
        }
        _ => Vec::new(),
    }
}

fn class_faults(object: &Object) -> Vec<Cause> {
    let provisioner = Spot::of(object, "provisioner");
    let mut causes = Vec::new();
    let name = provisioner.text().to_lowercase();
    if name.is_empty() {
        causes.push(provisioner.required(""));
    } else {
        causes
            .extend(formats::qualified(&name).into_iter().map(|detail| provisioner.invalid_as(name.as_str(), detail)));
    }
    if object::child(object, "parameters").contains_key("") {
        causes.push(Cause::invalid("parameters", &"".into(), "field can not be empty."));
    }
    causes.extend(Spot::of(object, "reclaimPolicy").one_of_if_set(&["Delete", "Retain"]));
    causes.extend(Spot::of(object, "volumeBindingMode").one_of(&["Immediate", "WaitForFirstConsumer"]));
    for term in Spot::of(object, "allowedTopologies").items() {
        for one in term.at("matchLabelExpressions").items() {
            if one.at("values").len() == 0 {
                causes.push(one.at("values").required(""));
            }
            causes.extend(one.at("key").breaches(formats::qualified));
        }
    }
    causes
}

/// The faults of a claim's spec, wherever it stands.
pub(super) fn claim_faults(spec: &Spot<'_>) -> Vec<Cause> {
    const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    let modes = spec.at("accessModes");
    let mut causes = Vec::new();
    if modes.len() == 0 {
        causes.push(modes.required("at least 1 access mode is required"));
    }
    causes.extend(selectors::faults(&spec.at("selector")));
    causes.extend(modes.items().filter_map(|mode| mode.named(modes.path.as_str()).one_of_if_set(&MODES)));
    let alone = modes.items().filter(|mode| mode.text() == "ReadWriteOncePod").count();
    if alone > 0 && alone < modes.len() {
        causes.push(modes.forbidden("may not use ReadWriteOncePod with other access modes"));
    }
    let size = spec.down(&["resources", "requests", "storage"]).named(format!("{}.resources[storage]", spec.path));
    match quantity::amount(size.text()) {
        _ if !size.is_set() => causes.push(size.required("")),
        Some(amount) if amount <= 0 => causes.push(size.invalid("must be greater than zero")),
        _ => {}
    }
    causes.extend(spec.at("storageClassName").breaches_if_set(formats::subdomain));
    causes.extend(spec.at("volumeMode").one_of_if_set(&["Block", "Filesystem"]));
    for source in ["dataSource", "dataSourceRef"].map(|key| spec.at(key)) {
        if source.is_set() {
            causes.extend(source_faults(&source));
        }
    }
    let sources = ["dataSource", "dataSourceRef"].map(|key| spec.at(key));
    if sources.iter().all(Spot::is_set)
        && ["apiGroup", "kind", "name"].iter().any(|key| sources[0].at(key).value != sources[1].at(key).value)
    {
        causes.push(spec.invalid_as(json!({}), "must match dataSourceRef"));
    }
    causes.extend(spec.at("volumeAttributesClassName").breaches_if_set(formats::subdomain));
    causes
}

fn source_faults(source: &Spot<'_>) -> Vec<Cause> {
    let (group, kind) = (source.at("apiGroup"), source.at("kind"));
    let mut causes: Vec<Cause> = ["name", "kind"].iter().filter_map(|key| source.at(key).required_text()).collect();
    if !group.has_text() && kind.text() != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        causes.push(source.invalid_as(kind.text(), detail));
    }
    causes.extend(group.breaches_if_set(formats::subdomain));
    causes
}

fn claim_changes(object: &Object, live: &Object) -> Vec<Cause> {
    let (spec, before) = (Spot::of(object, "spec"), Spot::of(live, "spec"));
    let bound = Spot::of(object, "status").at("phase").text() == "Bound";
    let (mut old, mut new) = (before.map().clone(), spec.map().clone());
    // A binder chooses the volume once.
    if !before.at("volumeName").has_text() {
        copy(&new, &mut old, "volumeName");
    }
    if !before.at("storageClassName").is_set() {
        copy(&old, &mut new, "storageClassName");
    }
    if bound {
        copy(&old, &mut new, "volumeAttributesClassName");
        let size = before.down(&["resources", "requests", "storage"]).value.clone();
        if let Some(requests) = super::inside(&mut new, &["resources", "requests"]) {
            requests.insert("storage".into(), size);
        }
    }
    let mut causes = Vec::new();
    if old != new {
        let print = |spec: Object| golang::lines("core.PersistentVolumeClaimSpec", &Value::Object(spec));
        let difference = difference::unified(&print(old), &print(new));
        causes.push(spec.forbidden(format!("{CLAIM_IS_FIXED}\n{difference}")));
    }
    let amount = |spot: Spot<'_>| quantity::amount(spot.text()).unwrap_or(0);
    let size = spec.down(&["resources", "requests", "storage"]);
    let (now, then) = (amount(size.clone()), amount(before.down(&["resources", "requests", "storage"])));
    if now < then && now <= amount(Spot::of(live, "status").down(&["capacity", "storage"])) {
        causes.push(size.forbidden("field can not be less than status.capacity"));
    }
    causes.extend(spec.at("volumeMode").named("volumeMode").unchanged(&before.at("volumeMode")));
    causes
}

fn copy(from: &Object, to: &mut Object, key: &str) {
    match from.get(key) {
        Some(value) => to.insert(key.into(), value.clone()),
        None => to.remove(key),
    };
}
