//! Volume claims, volumes and storage classes.

use serde_json::{Value, json};

use super::{at, fill, fill_status};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
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
            fill_status(object, json!({ "phase": "Pending" }));
        }
        "storageclasses" => {
            fill(object, "reclaimPolicy", "Delete");
            fill(object, "volumeBindingMode", "Immediate");
        }
        _ => {}
    }
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match (plural, live) {
        ("persistentvolumeclaims", None) => validate_claim(object),
        ("storageclasses", None) => validate_class(object),
        ("persistentvolumeclaims", Some(live)) if fixed(object) != fixed(live) => vec![Cause::forbidden(
            "spec",
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
        )],
        ("storageclasses", Some(live)) => {
            const FORBIDDEN: &str = "updates to parameters are forbidden.";
            let changed = ["parameters", "provisioner"].into_iter().filter(|key| object.get(*key) != live.get(*key));
            changed.map(|key| Cause::forbidden(key, &FORBIDDEN.replace("parameters", key))).collect()
        }
        _ => Vec::new(),
    }
}

fn validate_class(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if object::text(object, "provisioner").is_empty() {
        causes.push(Cause::required("provisioner", ""));
    }
    if object::child(object, "parameters").contains_key("") {
        causes.push(Cause::invalid("parameters", &"".into(), "field can not be empty."));
    }
    let one_of = |key: &str, allowed: &[&str]| {
        let known = allowed.contains(&object::text(object, key));
        (!known).then(|| Cause::unsupported(key, at(object, &[key]), allowed))
    };
    causes.extend(one_of("reclaimPolicy", &["Delete", "Retain"]));
    causes.extend(one_of("volumeBindingMode", &["Immediate", "WaitForFirstConsumer"]));
    causes
}

fn validate_claim(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if at(object, &["spec", "accessModes"]).as_array().is_none_or(Vec::is_empty) {
        causes.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    if at(object, &["spec", "resources", "requests", "storage"]).is_null() {
        causes.push(Cause::required("spec.resources[storage]", ""));
    }
    causes
}

fn fixed(claim: &Object) -> Object {
    let mut spec = object::child(claim, "spec").clone();
    spec.remove("volumeAttributesClassName");
    // A binder fills these in once.
    spec.remove("volumeName");
    if let Some(Value::Object(resources)) = spec.get_mut("resources") {
        resources.remove("requests");
    }
    spec
}
