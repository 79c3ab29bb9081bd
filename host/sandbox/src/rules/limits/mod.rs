//! What the LimitRanges of a namespace fill in and refuse: of containers, Pods and volume claims.
//!
//! A Pod is admitted when it is made and when it is resized; a claim when it is made and when it changes.

mod check;
mod faults;

use serde_json::Value;

use super::amounts::{self, Amounts};
use super::{at, each, inside, pod};
use crate::api::Api;
use crate::catalog::{Resource, shelf_of};
use crate::object::{self, Object};
use crate::store::Range;
use check::Asked;

pub(super) use faults::faults;

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Alone among all kinds, one that is not named is given a name.
pub(super) fn name(object: &mut Object) {
    let metadata = object::metadata_mut(object);
    if ["name", "generateName"].iter().all(|key| object::text(metadata, key).is_empty()) {
        metadata.insert("name".into(), uuid::Uuid::new_v4().to_string().into());
    }
}

/// A default limit comes from the maximum, a default request from the default limit, else from the minimum.
pub(super) fn default(object: &mut Object) {
    let Some(spec) = inside(object, &["spec"]) else { return };
    for item in each(spec, "limits").filter(|item| object::text(item, "type") == "Container") {
        inherit(item, "max", "default");
        inherit(item, "default", "defaultRequest");
        inherit(item, "min", "defaultRequest");
    }
}

/// Each amount of one list that the other lacks.
fn inherit(item: &mut Object, from: &str, to: &str) {
    let Some(Value::Object(amounts)) = item.get(from).cloned() else { return };
    let known = object::child_mut(item, to);
    for (name, amount) in amounts {
        known.entry(name).or_insert(amount);
    }
}

/// The LimitRanges of a namespace.
fn of_namespace(api: &Api, namespace: &str) -> Vec<Object> {
    let range = Range { namespace: Some(namespace), ..Range::default() };
    let Ok(page) = api.store.list(&shelf_of("", "limitranges"), &range) else { return Vec::new() };
    page.items.iter().filter_map(|(_, stored)| object::parse(&stored.body).ok()).collect()
}

/// Gives the containers of a Pod what they lack; an annotation says what that was.
pub(super) fn fill_in(api: &Api, pod: &mut Object) {
    let ranges = of_namespace(api, object::namespace(pod));
    for range in &ranges {
        let defaults = Defaults::of(range);
        let Some(spec) = inside(pod, &["spec"]) else { return };
        let mut said = Vec::new();
        for (list, title) in [("containers", "container"), ("initContainers", "init container")] {
            each(spec, list).for_each(|container| said.extend(defaults.fill(container, title)));
        }
        if !said.is_empty() {
            let said = format!("LimitRanger plugin set: {}", said.join("; "));
            object::child_mut(object::metadata_mut(pod), "annotations").insert(ANNOTATION.into(), said.into());
        }
    }
    if !ranges.is_empty() {
        pod::judge_quality(pod);
    }
}

/// What containers get that do not say it.
struct Defaults {
    requests: Amounts,
    limits: Amounts,
}

impl Defaults {
    fn of(range: &Object) -> Self {
        let mut defaults = Defaults { requests: Amounts::new(), limits: Amounts::new() };
        for item in items(range).filter(|item| item["type"] == "Container") {
            defaults.requests.extend(amounts::read(&item["defaultRequest"]));
            defaults.limits.extend(amounts::read(&item["default"]));
        }
        defaults
    }

    /// Fills in and says what it was.
    fn fill(&self, container: &mut Object, title: &str) -> Vec<String> {
        let name = object::text(container, "name").to_owned();
        let mut said = Vec::new();
        for (defaults, side, word) in [(&self.requests, "requests", "request"), (&self.limits, "limits", "limit")] {
            if defaults.is_empty() {
                continue;
            }
            let known = object::child_mut(object::child_mut(container, "resources"), side);
            let missing: Vec<_> = defaults.iter().filter(|(name, _)| !known.contains_key(*name)).collect();
            known.extend(missing.iter().map(|(name, amount)| ((*name).clone(), amount.to_string().into())));
            let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
            if !names.is_empty() {
                said.push(format!("{} {word} for {title} {name}", names.join(", ")));
            }
        }
        said
    }
}

fn items(range: &Object) -> impl Iterator<Item = &Value> {
    at(range, &["spec", "limits"]).as_array().into_iter().flatten()
}

/// What of an object its namespace does not allow.
///
/// # Errors
/// The breaches of the first LimitRange that is broken.
pub(super) fn check(api: &Api, resource: &Resource, object: &Object) -> Result<(), String> {
    let breaches = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => of_pod,
        ("", "persistentvolumeclaims") => of_claim,
        _ => return Ok(()),
    };
    for range in of_namespace(api, object::namespace(object)) {
        let mut found: Vec<String> = Vec::new();
        for breach in items(&range).flat_map(|item| breaches(item, object)) {
            if !found.contains(&breach) {
                found.push(breach);
            }
        }
        match found.as_slice() {
            [] => {}
            [one] => return Err(one.clone()),
            several => return Err(format!("[{}]", several.join(", "))),
        }
    }
    Ok(())
}

fn of_pod(item: &Value, pod: &Object) -> Vec<String> {
    let spec = object::child(pod, "spec");
    match item["type"].as_str() {
        Some("Container") => {
            let containers = ["containers", "initContainers"].map(|list| spec.get(list).and_then(Value::as_array));
            let asked = containers.into_iter().flatten().flatten().map(|container| {
                let side = |side: &str| amounts::read(&container["resources"][side]);
                Asked { requests: side("requests"), limits: Some(side("limits")) }
            });
            asked.flat_map(|asked| check::breaches(item, &asked)).collect()
        }
        Some("Pod") => {
            let side = |side: &str| pod::total::of(spec, side);
            check::breaches(item, &Asked { requests: side("requests"), limits: Some(side("limits")) })
        }
        _ => Vec::new(),
    }
}

fn of_claim(item: &Value, claim: &Object) -> Vec<String> {
    if item["type"] != "PersistentVolumeClaim" {
        return Vec::new();
    }
    let requests = amounts::read(at(claim, &["spec", "resources", "requests"]));
    check::breaches(item, &Asked { requests, limits: None })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_for_containers_is_taken_from_what_is_there() {
        let item = |kind: &str| {
            let limits = json!([{"type": kind, "max": {"cpu": "2"}, "min": {"cpu": "1", "memory": "1Gi"}}]);
            let Value::Object(mut object) = json!({"spec": {"limits": limits}}) else { unreachable!() };
            default(&mut object);
            object["spec"]["limits"][0].clone()
        };
        assert_eq!(item("Container")["default"], json!({"cpu": "2"}));
        assert_eq!(item("Container")["defaultRequest"], json!({"cpu": "2", "memory": "1Gi"}));
        assert_eq!(item("Pod").get("default"), None);
    }
}
