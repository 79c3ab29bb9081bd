//! Server-side apply: owners, conflicts, removal.

use serde_json::{Value, json};
use windlass_merge::apply::{Error, Request, Versions, apply, update};
use windlass_merge::fields::FieldSet;
use windlass_merge::schema::Schema;

const NOW: &str = "2026-01-01T00:00:00Z";

fn request(manager: &str) -> Request<'_> {
    Request { manager, subresource: "", time: NOW, force: false }
}

fn apply_as(manager: &str, live: Option<&Value>, config: &Value) -> Result<Value, Error> {
    let version = config["apiVersion"].as_str().unwrap();
    let versions = Versions::only(version, Schema::builtin().of(config).unwrap());
    apply(&versions, live, config, request(manager), &FieldSet::default())
}

fn update_as(manager: &str, live: Option<&Value>, object: &Value) -> Value {
    let version = object["apiVersion"].as_str().unwrap();
    let versions = Versions::only(version, Schema::builtin().of(object).unwrap());
    update(&versions, live, object, request(manager), &FieldSet::default()).unwrap()
}

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
}

#[test]
fn an_applied_object_records_what_its_manager_owns() {
    let object = apply_as("me", None, &deployment(json!({"replicas": 1}))).unwrap();
    let expected = json!([{"manager": "me", "operation": "Apply", "apiVersion": "apps/v1", "time": NOW,
        "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]);
    assert_eq!(object["metadata"]["managedFields"], expected);
}

#[test]
fn a_field_of_another_manager_is_a_conflict_that_names_both() {
    let live = apply_as("first", None, &deployment(json!({"replicas": 1, "paused": true}))).unwrap();
    let mut scaled = live.clone();
    scaled["spec"]["replicas"] = json!(5);
    let live = update_as("scaler", Some(&live), &scaled);
    let error = apply_as("second", Some(&live), &deployment(json!({"replicas": 2}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Apply failed with 1 conflict: conflict with \"scaler\" using apps/v1: .spec.replicas"
    );
    let error = apply_as("second", Some(&live), &deployment(json!({"replicas": 2, "paused": false}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Apply failed with 2 conflicts: conflicts with \"first\":\n- .spec.paused\n\
         conflicts with \"scaler\" using apps/v1:\n- .spec.replicas"
    );
}

#[test]
fn what_an_applier_no_longer_states_goes_unless_another_owns_it() {
    let live = apply_as("first", None, &deployment(json!({"replicas": 1, "paused": true}))).unwrap();
    let live = apply_as("second", Some(&live), &deployment(json!({"paused": true}))).unwrap();
    let live = apply_as("first", Some(&live), &deployment(json!({"minReadySeconds": 3}))).unwrap();
    assert_eq!(live["spec"], json!({"paused": true, "minReadySeconds": 3}));
}

#[test]
fn unknown_fields_and_repeated_items_are_refused_with_their_path() {
    let error = apply_as("me", None, &deployment(json!({"replica": 1}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema"
    );
    let ports = json!([{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]);
    let template = json!({"template": {"spec": {"containers": [{"name": "a", "ports": ports}]}}});
    let error = apply_as("me", None, &deployment(template)).unwrap_err();
    assert!(error.to_string().ends_with(
        ".spec.template.spec.containers[name=\"a\"].ports: duplicate entries for key [containerPort=80,protocol=\"TCP\"]"
    ));
}

#[test]
fn errors_about_secrets_do_not_repeat_their_values() {
    let secret = |data: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "ns"}, "stringData": data});
    let error = apply_as("me", None, &secret(json!({"password": 123456}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to create typed patch object (ns/s; /v1, Kind=Secret): .stringData.password: expected string"
    );
}
