//! Paths and `FieldsV1`.

use serde_json::{Value, json};
use windlass_merge::fields::FieldSet;

fn printed(fields: &Value) -> Vec<String> {
    FieldSet::from_json(fields).unwrap().paths().iter().map(ToString::to_string).collect()
}

#[test]
fn paths_print_as_the_api_server_prints_them() {
    let fields = json!({"f:spec": {
        "f:containers": {"k:{\"name\":\"x\"}": {".": {}, "f:image": {}}},
        "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {}},
        "f:finalizers": {"v:\"a\"": {}},
        "f:list": {"i:3": {}}
    }});
    let expected = [
        ".spec.containers[name=\"x\"]",
        ".spec.containers[name=\"x\"].image",
        ".spec.finalizers[=\"a\"]",
        ".spec.list[3]",
        ".spec.ports[port=80,protocol=\"TCP\"]",
    ];
    assert_eq!(printed(&fields), expected);
}

#[test]
fn elements_of_a_later_kind_are_dropped_and_their_parent_stays() {
    assert_eq!(printed(&json!({"f:a": {"q:later": {}}})), [".a"]);
}

#[test]
fn keys_that_are_no_elements_are_refused() {
    for key in ["", "f", "name", "k:[]", "v:", "i:x"] {
        assert!(FieldSet::from_json(&json!({ key: {} })).is_err(), "{key:?}");
    }
}

#[test]
fn keys_are_escaped_as_the_api_server_escapes_them() {
    let set = FieldSet::from_json(&json!({"v:\"<&>\"": {}})).unwrap();
    assert_eq!(set.to_json(), json!({"v:\"\\u003c\\u0026\\u003e\"": {}}));
}

#[test]
fn numbers_are_equal_by_value() {
    let whole = FieldSet::from_json(&json!({"k:{\"port\":80}": {}})).unwrap();
    let fraction = FieldSet::from_json(&json!({"k:{\"port\":80.0}": {}})).unwrap();
    assert_eq!(whole, fraction);
}
