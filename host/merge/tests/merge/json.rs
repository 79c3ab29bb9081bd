//! Patches without a schema.

use serde_json::{Value, json};
use windlass_merge::json::{diff, merge, patch, three_way};

#[test]
fn merge_patches_follow_the_examples_of_rfc_7386() {
    let check = |document: Value, patch: Value, expected: Value| {
        assert_eq!(merge(&document, &patch).unwrap(), expected, "{patch} over {document}");
    };
    check(json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"}));
    check(json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"}));
    check(json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"}));
    check(json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}}));
    check(json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1}));
    check(json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"}));
    check(json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}}));
}

#[test]
fn nulls_below_lists_are_dropped_as_the_api_server_drops_them() {
    assert_eq!(merge(&json!({}), &json!({"a": [{"b": null}, null]})).unwrap(), json!({"a": [{}, null]}));
}

#[test]
fn a_merge_patch_states_changes_and_removals_only() {
    let patch = diff(&json!({"a": 1, "b": {"c": 1, "d": 2}, "e": []}), &json!({"b": {"c": 1}, "e": [1]})).unwrap();
    assert_eq!(patch, json!({"a": null, "b": {"d": null}, "e": [1]}));
}

#[test]
fn three_ways_keep_what_others_added() {
    let patch = three_way(
        &json!({"spec": {"ours": 1, "gone": 1}}),
        &json!({"spec": {"ours": 2}}),
        &json!({"spec": {"ours": 1, "gone": 1, "theirs": 1}}),
    );
    assert_eq!(patch.unwrap(), json!({"spec": {"ours": 2, "gone": null}}));
}

#[test]
fn a_three_way_patch_may_not_rename() {
    let (first, second) = (json!({"metadata": {"name": "a"}}), json!({"metadata": {"name": "b"}}));
    assert_eq!(
        three_way(&first, &second, &first).unwrap_err().to_string(),
        "at least one of apiVersion, kind and name was changed"
    );
}

#[test]
fn a_failing_operation_leaves_nothing_behind() {
    let document = json!({"a": 1});
    let operations = json!([{"op": "add", "path": "/b", "value": 2}, {"op": "test", "path": "/a", "value": 2}]);
    assert!(patch(&document, &operations).is_err());
    let operations = json!([{"op": "add", "path": "/b", "value": 2}, {"op": "remove", "path": "/a"}]);
    assert_eq!(patch(&document, &operations).unwrap(), json!({"b": 2}));
}

#[test]
fn that_an_entry_is_absent_is_tested_with_null() {
    let absent = |path: &str| json!([{ "op": "test", "path": path, "value": null }]);
    let document = json!({ "metadata": { "name": "a" } });
    assert_eq!(patch(&document, &absent("/metadata/finalizers")).unwrap(), document);
    assert!(patch(&document, &absent("/metadata/name")).is_err());
    assert!(patch(&document, &absent("/spec/replicas")).is_err());
}

#[test]
fn copies_that_double_the_document_are_stopped() {
    let double = json!({"op": "copy", "from": "/a", "path": "/a/-"});
    let operations = Value::Array(vec![double; 64]);
    let error = patch(&json!({"a": ["0123456789"]}), &operations).unwrap_err();
    assert!(error.to_string().contains("copies"), "{error}");
}
