//! The APIServices of what this server serves itself: one for each group and version, built in or of CRDs.
//!
//! Those of built-in groups are looked after once, at the start; those of CRDs always. One whose label was taken off is
//! left alone. What is not left to a Service is available, whatever somebody has written into its status.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Seen, all, garbage, start};
use crate::api::Api;
use crate::catalog::{self, shelf_of};
use crate::object::{self, Object};
use crate::ownership;
use crate::rules;
use crate::store::{Change, Key, Name};
use crate::verbs::delete::{DeleteOptions, remove};

const LABEL: &str = "kube-aggregator.kubernetes.io/automanaged";
const AT_START: &str = "onstart";
const ALWAYS: &str = "true";
const MANAGER: &str = "kube-apiserver";

/// The specs that are wanted, by the name of their APIService.
type Wanted = BTreeMap<String, Value>;

/// What is to be done about one APIService.
#[derive(Debug, PartialEq)]
enum Step {
    Make(String, Value),
    Mend(String, Value),
    Remove(String),
}

/// Makes and mends those of built-in groups; a kept store may have those of another release.
pub(super) fn furnish(api: &Api) {
    let found = all(api, "apiregistration.k8s.io", "apiservices").unwrap_or_default();
    carry_out(api, AT_START, plan(AT_START, builtin(), &found));
}

fn builtin() -> Wanted {
    let specs = catalog::priorities().map(|(group, version, [of_group, of_version])| {
        let mut spec = json!({ "groupPriorityMinimum": of_group, "version": version, "versionPriority": of_version });
        if !group.is_empty() {
            spec["group"] = group.into();
        }
        (format!("{version}.{group}"), spec)
    });
    specs.collect()
}

/// Brings those of CRDs in line with the versions that are served.
pub(super) fn follow(api: &Api, definitions: &[Object], found: &[Object]) {
    carry_out(api, ALWAYS, plan(ALWAYS, of_definitions(definitions), found));
}

fn of_definitions(definitions: &[Object]) -> Wanted {
    const OF_GROUP: i64 = 1000;
    const OF_VERSION: i64 = 100;
    let mut wanted = Wanted::new();
    for spec in definitions.iter().map(|definition| object::child(definition, "spec")) {
        let group = object::text(spec, "group");
        let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
        let served = versions.filter(|version| version["served"] == true).filter_map(|one| one["name"].as_str());
        wanted.extend(served.map(|version| {
            let spec = json!({
                "group": group,
                "groupPriorityMinimum": OF_GROUP,
                "version": version,
                "versionPriority": OF_VERSION,
            });
            (format!("{version}.{group}"), spec)
        }));
    }
    wanted
}

/// What has to be done so that those with this label are the wanted ones.
fn plan(label: &str, mut wanted: Wanted, found: &[Object]) -> Vec<Step> {
    let mut steps = Vec::new();
    for service in found {
        let name = object::name(service).to_owned();
        let spec = wanted.remove(&name);
        if label_of(service) != label {
            continue;
        }
        match spec {
            None => steps.push(Step::Remove(name)),
            Some(spec) if service.get("spec") != Some(&spec) => steps.push(Step::Mend(name, spec)),
            Some(_) => {}
        }
    }
    steps.extend(wanted.into_iter().map(|(name, spec)| Step::Make(name, spec)));
    steps
}

fn label_of(service: &Object) -> &str {
    object::text(object::child(object::metadata(service), "labels"), LABEL)
}

fn carry_out(api: &Api, label: &str, steps: Vec<Step>) {
    for step in steps {
        match step {
            Step::Make(name, spec) => make(api, &name, label, spec),
            Step::Mend(name, spec) => mend(api, &name, spec),
            Step::Remove(name) => take_away(api, &name),
        }
    }
}

fn key(name: &str) -> Key {
    Key { shelf: shelf_of("apiregistration.k8s.io", "apiservices"), name: Name::new("", name) }
}

fn make(api: &Api, name: &str, label: &str, spec: Value) {
    let service = json!({
        "kind": "APIService",
        "apiVersion": "apiregistration.k8s.io/v1",
        "metadata": { "name": name, "labels": { LABEL: label } },
        "spec": spec,
    });
    start::make_then(api, key(name), service, rules::judge_api_service);
}

fn mend(api: &Api, name: &str, spec: Value) {
    let key = key(name);
    let Some((resource, before, version)) = garbage::load(api, &key) else { return };
    let mut service = before.clone();
    service.insert("spec".into(), spec);
    ownership::record_own(&resource, Some(&before), &mut service, MANAGER, "");
    garbage::commit(api, &key, version, Change::Put(service));
}

fn take_away(api: &Api, name: &str) {
    let key = key(name);
    let Some((resource, service, _)) = garbage::load(api, &key) else { return };
    let options = DeleteOptions { uid: Some(object::uid(&service).into()), ..DeleteOptions::default() };
    if let Err(error) = remove(api, &resource, &key, &options) {
        tracing::debug!(%error, ?key, "not taken away now");
    }
}

/// An APIService came, changed or went.
pub(super) fn settle(api: &Api, seen: &Seen<'_>) {
    if !seen.deleted {
        keep_available(api, &seen.key);
    }
}

/// Whether something else is to be served now. Most are of groups that are served anyway, and say nothing new.
pub(super) fn changes_what_is_served(api: &Api, seen: &Seen<'_>) -> bool {
    let is_local = rules::is_local_api_service(seen.object);
    !is_local || seen.deleted || label_of(seen.object) == ALWAYS || api.catalog().leaves_any()
}

fn keep_available(api: &Api, key: &Key) {
    let Some((resource, before, version)) = garbage::load(api, key) else { return };
    if !rules::is_local_api_service(&before) {
        return;
    }
    let mut service = before.clone();
    rules::call_available(&mut service);
    if service != before {
        ownership::record_own(&resource, Some(&before), &mut service, MANAGER, "status");
        garbage::commit(api, key, version, Change::Put(service));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, label: &str, spec: Value) -> Object {
        let object = json!({ "metadata": { "name": name, "labels": { LABEL: label } }, "spec": spec });
        object.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn only_those_with_the_label_are_mended_and_removed() {
        let wanted = Wanted::from(["a", "b", "c", "d"].map(|name| (name.to_owned(), json!({ "wanted": name }))));
        let found = [
            service("a", ALWAYS, json!({ "wanted": "a" })),
            service("b", ALWAYS, json!({ "changed": true })),
            service("c", "", json!({ "changed": true })),
            service("e", ALWAYS, json!({})),
            service("f", AT_START, json!({})),
        ];
        let expected = [
            Step::Mend("b".into(), json!({ "wanted": "b" })),
            Step::Remove("e".into()),
            Step::Make("d".into(), json!({ "wanted": "d" })),
        ];
        assert_eq!(plan(ALWAYS, wanted, &found), expected);
    }
}
