//! Who owns what after updates, across versions, and beyond the number of managers that are kept.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use windlass_merge::apply::{
    MAX_UPDATE_MANAGERS, ManagerId, Managers, Operation, Request, Versions, apply, equal_but_times, update,
};
use windlass_merge::fields::{FieldSet, Path};
use windlass_merge::schema::{Schema, TypeRef};

fn request<'a>(manager: &'a str, time: &'a str) -> Request<'a> {
    Request { manager, subresource: "", time, force: false }
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data})
}

fn versions() -> Versions<'static, 'static> {
    Versions::only("v1", Schema::builtin().kind("v1", "ConfigMap").unwrap())
}

fn owned(object: &Value, id: &ManagerId) -> Vec<String> {
    let owners = Managers::of(object).unwrap().owners;
    owners.get(id).map(|owned| owned.fields.paths().iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn the_oldest_update_managers_become_one() {
    let mut live = None;
    for number in 0..MAX_UPDATE_MANAGERS + 5 {
        let mut object = live.clone().unwrap_or_else(|| config_map(json!({})));
        object["data"][format!("key{number}")] = json!("value");
        let (manager, time) = (format!("manager{number}"), format!("2026-01-01T00:00:{number:02}Z"));
        live =
            Some(update(&versions(), live.as_ref(), &object, request(&manager, &time), &FieldSet::default()).unwrap());
    }
    let owners = Managers::of(&live.unwrap()).unwrap().owners;
    let names: BTreeSet<&str> = owners.keys().map(|id| id.manager.as_str()).collect();
    assert_eq!(owners.len(), MAX_UPDATE_MANAGERS);
    assert!(
        names.contains("ancient-changes") && names.contains("manager14") && !names.contains("manager5"),
        "{names:?}"
    );
}

#[test]
fn an_update_takes_what_it_changes_and_a_manager_without_fields_is_dropped() {
    let live =
        apply(&versions(), None, &config_map(json!({"a": "1"})), request("me", "t1"), &FieldSet::default()).unwrap();
    let mut object = live.clone();
    object["data"]["a"] = json!("2");
    let live = update(&versions(), Some(&live), &object, request("editor", "t2"), &FieldSet::default()).unwrap();
    assert_eq!(owned(&live, &ManagerId::updater("editor", "v1", "")), [".data.a"]);
    assert!(!Managers::of(&live).unwrap().owners.contains_key(&ManagerId::applier("me", "")));
}

#[test]
fn an_object_nobody_tracks_stays_untracked_until_it_is_applied_to() {
    let mut live = config_map(json!({"a": "1"}));
    live["metadata"]["uid"] = json!("u");
    let updated = update(&versions(), Some(&live), &live, request("editor", "t1"), &FieldSet::default()).unwrap();
    assert_eq!(updated, live);
    let applied =
        apply(&versions(), Some(&live), &config_map(json!({"b": "2"})), request("me", "t2"), &FieldSet::default())
            .unwrap();
    assert_eq!(owned(&applied, &ManagerId::updater("before-first-apply", "v1", "")), [".data", ".data.a"]);
}

#[test]
fn an_empty_list_of_owners_resets_them() {
    let live =
        apply(&versions(), None, &config_map(json!({"a": "1"})), request("me", "t1"), &FieldSet::default()).unwrap();
    let mut object = live.clone();
    object["metadata"]["managedFields"] = json!([]);
    let reset = update(&versions(), Some(&live), &object, request("editor", "t2"), &FieldSet::default()).unwrap();
    assert!(Managers::of(&reset).unwrap().is_empty());
}

#[test]
fn ignored_fields_are_owned_by_nobody() {
    let ignored: FieldSet = [Path::fields(&["data"])].into_iter().collect();
    let mut object = config_map(json!({"a": "1"}));
    object["immutable"] = json!(true);
    let live = apply(&versions(), None, &object, request("me", "t1"), &ignored).unwrap();
    assert_eq!(owned(&live, &ManagerId::applier("me", "")), [".immutable"]);
}

#[test]
fn applying_in_another_version_removes_what_was_applied_in_the_first() {
    let model = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "size": {"type": "integer"}, "count": {"type": "integer"}, "mode": {"type": "string"}}}}});
    let schemas = ["example.com/v1", "example.com/v2"]
        .map(|version| (version, Schema::from_structural(version, "Widget", &model).unwrap()));
    let type_of = |version: &str| -> Option<TypeRef<'_>> {
        schemas.iter().find(|(name, _)| *name == version).and_then(|(name, schema)| schema.kind(name, "Widget"))
    };
    // `size` of v1 is `count` in v2.
    let convert = |object: &Value, version: &str| {
        let mut object = object.clone();
        let (before, after) = if version.ends_with("v2") { ("size", "count") } else { ("count", "size") };
        object["apiVersion"] = json!(version);
        if let Some(size) = object["spec"].as_object_mut().and_then(|spec| spec.remove(before)) {
            object["spec"][after] = size;
        }
        Ok(type_of(version).map(|of| (of, object)))
    };
    let widget = |version: &str, spec: Value| json!({"apiVersion": version, "kind": "Widget", "metadata": {"name": "w"}, "spec": spec});
    let first = Versions { api_version: "example.com/v1", of: type_of("example.com/v1").unwrap(), convert: &convert };
    let second = Versions { api_version: "example.com/v2", of: type_of("example.com/v2").unwrap(), convert: &convert };
    let config = widget("example.com/v1", json!({"size": 1, "mode": "a"}));
    let live = apply(&first, None, &config, request("me", "t1"), &FieldSet::default()).unwrap();
    let (_, live) = convert(&live, "example.com/v2").unwrap().unwrap();
    let config = widget("example.com/v2", json!({"mode": "a"}));
    let live = apply(&second, Some(&live), &config, request("me", "t2"), &FieldSet::default()).unwrap();
    assert_eq!(live["spec"], json!({"mode": "a"}));
    let owners = Managers::of(&live).unwrap().owners;
    assert!(owners.keys().all(|id| id.operation == Operation::Apply) && owners.len() == 1);
}

#[test]
fn objects_that_differ_in_time_stamps_only_are_the_same() {
    let config = config_map(json!({"a": "1"}));
    let at = |time: &str| apply(&versions(), None, &config, request("me", time), &FieldSet::default()).unwrap();
    let same = |left: &Value, right: &Value| equal_but_times(left.as_object().unwrap(), right.as_object().unwrap());
    assert!(same(&at("t1"), &at("t2")));
    assert!(!same(&at("t1"), &config));

    // Owners are listed by time, so that another time may be another order.
    let both = |me: &str, other: &str| {
        let live = update(&versions(), None, &config, request("me", me), &FieldSet::default()).unwrap();
        let mut wanted = live.clone();
        wanted["data"]["b"] = "2".into();
        update(&versions(), Some(&live), &wanted, request("other", other), &FieldSet::default()).unwrap()
    };
    assert!(same(
        &both("2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"),
        &both("2026-01-01T00:00:03Z", "2026-01-01T00:00:02Z")
    ));
}

#[test]
fn what_a_client_left_behind_is_handed_to_the_applier() {
    let object = config_map(json!({"a": "1", "b": "2"}));
    let live = update(&versions(), None, &object, request("kubectl", "t1"), &FieldSet::default()).unwrap();
    let mut managers = Managers::of(&live).unwrap();
    assert!(managers.hand_over(&["kubectl"], "me", ""));
    assert!(!managers.hand_over(&["kubectl"], "me", ""));
    let mut migrated = live.clone();
    managers.write_to(&mut migrated);
    assert_eq!(owned(&migrated, &ManagerId::applier("me", "")), [".data", ".data.a", ".data.b"]);
    let config = config_map(json!({"a": "1"}));
    let live = apply(&versions(), Some(&migrated), &config, request("me", "t2"), &FieldSet::default()).unwrap();
    assert_eq!(live["data"], json!({"a": "1"}));
}

#[test]
fn what_another_applier_owned_is_handed_over_too() {
    let config = config_map(json!({"a": "1", "b": "2"}));
    let live = apply(&versions(), None, &config, request("former", "t1"), &FieldSet::default()).unwrap();
    let mut managers = Managers::of(&live).unwrap();
    assert!(managers.hand_over(&["former", "me"], "me", ""));
    assert!(!managers.hand_over(&["former", "me"], "me", ""));
    let mut migrated = live.clone();
    managers.write_to(&mut migrated);
    assert_eq!(migrated["metadata"]["managedFields"].as_array().unwrap().len(), 1);
    let config = config_map(json!({"a": "1"}));
    let live = apply(&versions(), Some(&migrated), &config, request("me", "t2"), &FieldSet::default()).unwrap();
    assert_eq!(live["data"], json!({"a": "1"}));
}
