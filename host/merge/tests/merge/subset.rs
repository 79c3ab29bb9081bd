//! The local answer to "would applying this change anything".

use serde_json::{Value, json};
use windlass_merge::apply::{ManagerId, Managers, Request, Versions, apply};
use windlass_merge::fields::{FieldSet, Path};
use windlass_merge::schema::Schema;
use windlass_merge::subset::{Difference, first_difference};

fn service(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
}

/// Applies `first`, lets the cluster add to it, and compares with `second`.
fn difference(first: Value, cluster: impl Fn(&mut Value), second: Value) -> Option<Difference> {
    let of = Schema::builtin().kind("v1", "Service").unwrap();
    let request = Request { manager: "me", subresource: "", time: "2026-01-01T00:00:00Z", force: false };
    let versions = Versions::only("v1", of);
    let mut live = apply(&versions, None, &service(first), request, &FieldSet::default()).unwrap();
    cluster(&mut live);
    let owners = Managers::of(&live).unwrap().owners;
    let owned = owners.get(&ManagerId::applier("me", "")).unwrap();
    first_difference(of, &service(second), &live, &owned.fields).unwrap()
}

#[test]
fn defaults_and_the_fields_of_others_are_in_sync() {
    let ports = json!({"ports": [{"port": 80}, {"port": 443}]});
    let added = |live: &mut Value| {
        live["spec"]["clusterIP"] = json!("10.0.0.1");
        live["spec"]["ports"] =
            json!([{"port": 80, "protocol": "TCP"}, {"port": 8080}, {"port": 443, "targetPort": 443}]);
    };
    assert_eq!(difference(ports.clone(), added, ports), None);
}

#[test]
fn a_changed_value_is_told_by_path() {
    let changed = |live: &mut Value| live["spec"]["type"] = json!("NodePort");
    let spec = json!({"type": "ClusterIP"});
    let expected = Difference::Value(Path::fields(&["spec", "type"]));
    assert_eq!(difference(spec.clone(), changed, spec), Some(expected));
}

#[test]
fn a_field_we_own_but_no_longer_want_is_a_difference() {
    let first = json!({"type": "ClusterIP", "sessionAffinity": "None"});
    let expected = Difference::Ownership(Path::fields(&["spec", "sessionAffinity"]));
    assert_eq!(difference(first, |_| {}, json!({"type": "ClusterIP"})), Some(expected));
}

#[test]
fn list_items_in_another_order_are_a_difference() {
    let first = json!({"ports": [{"port": 80}, {"port": 443}]});
    let found = difference(first, |_| {}, json!({"ports": [{"port": 443}, {"port": 80}]}));
    assert!(matches!(found, Some(Difference::Value(_))), "{found:?}");
}
