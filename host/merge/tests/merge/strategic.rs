//! Strategic merge patches: directives, keys and order.

use serde_json::{Value, json};
use windlass_merge::schema::Schema;
use windlass_merge::strategic::{apply, diff, three_way};

fn pod(containers: Value) -> Value {
    json!({"spec": {"containers": containers}})
}

fn check(document: Value, patch: Value, expected: Value) {
    let of = Schema::builtin().kind("v1", "Pod").unwrap();
    assert_eq!(apply(of, &document, &patch).unwrap(), expected, "{patch} over {document}");
}

fn refused(document: Value, patch: Value) -> String {
    let of = Schema::builtin().kind("v1", "Pod").unwrap();
    apply(of, &document, &patch).unwrap_err().to_string()
}

#[test]
fn containers_merge_by_name_and_args_are_replaced() {
    check(
        pod(json!([{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}])),
        pod(json!([{"name": "a", "args": ["y"]}])),
        pod(json!([{"name": "a", "image": "1", "args": ["y"]}, {"name": "b"}])),
    );
}

#[test]
fn directives_delete_and_replace_items_and_maps() {
    let two = || pod(json!([{"name": "a"}, {"name": "b"}]));
    check(two(), pod(json!([{"name": "a", "$patch": "delete"}])), pod(json!([{"name": "b"}])));
    check(two(), pod(json!([{"name": "c"}, {"$patch": "replace"}])), pod(json!([{"name": "c"}])));
    check(two(), json!({"spec": {"$patch": "replace", "hostNetwork": true}}), json!({"spec": {"hostNetwork": true}}));
    check(two(), json!({"spec": {"$patch": "delete"}}), json!({"spec": {}}));
}

#[test]
fn primitive_lists_merge_and_are_deleted_from() {
    let finalizers = |list: Value| json!({"metadata": {"finalizers": list}});
    check(finalizers(json!(["a", "b"])), finalizers(json!(["c"])), finalizers(json!(["c", "a", "b"])));
    let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}});
    check(finalizers(json!(["a", "b"])), patch, finalizers(json!(["b"])));
}

#[test]
fn the_order_directive_places_patched_items_and_keeps_the_others_between_them() {
    let patch = json!({"spec": {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        "containers": [{"name": "c", "image": "2"}]
    }});
    check(
        pod(json!([{"name": "a"}, {"name": "theirs"}, {"name": "c"}])),
        patch,
        pod(json!([{"name": "theirs"}, {"name": "c", "image": "2"}, {"name": "a"}])),
    );
}

#[test]
fn retained_keys_drop_the_others() {
    let volumes = |volume: Value| json!({"spec": {"volumes": [volume]}});
    check(
        volumes(json!({"name": "v", "emptyDir": {}})),
        volumes(json!({"name": "v", "hostPath": {"path": "/"}, "$retainKeys": ["name", "hostPath"]})),
        volumes(json!({"name": "v", "hostPath": {"path": "/"}})),
    );
}

#[test]
fn patches_that_make_no_sense_say_why() {
    let one = || pod(json!([{"name": "a"}]));
    assert_eq!(
        refused(one(), pod(json!([{"image": "x"}]))),
        "map: map[image:x] does not contain declared merge key: name"
    );
    assert_eq!(refused(one(), json!({"$patch": "turn"})), "unknown patch type: turn in map: map[$patch:turn]");
    assert_eq!(
        refused(json!({"spec": {"nope": {}}}), json!({"spec": {"nope": {}}})),
        "unable to find api field in struct PodSpec for the json field \"nope\""
    );
}

#[test]
fn a_switched_strategy_is_cleared_by_retained_keys() {
    let of = Schema::builtin().kind("apps/v1", "Deployment").unwrap();
    let strategy = |strategy: Value| json!({"spec": {"strategy": strategy}});
    let patch = diff(
        of,
        &strategy(json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})),
        &strategy(json!({"type": "Recreate"})),
    );
    let expected = json!({"type": "Recreate", "rollingUpdate": null, "$retainKeys": ["type"]});
    assert_eq!(patch.unwrap(), strategy(expected));
}

#[test]
fn three_ways_delete_ours_and_keep_theirs() {
    let of = Schema::builtin().kind("v1", "Pod").unwrap();
    let original = pod(json!([{"name": "a"}, {"name": "gone"}]));
    let modified = pod(json!([{"name": "a", "image": "2"}]));
    let live = pod(json!([{"name": "a", "image": "1"}, {"name": "gone"}, {"name": "theirs"}]));
    let patch = three_way(of, &original, &modified, &live).unwrap();
    let expected = json!({"spec": {
        "$setElementOrder/containers": [{"name": "a"}],
        "containers": [{"name": "a", "image": "2"}, {"name": "gone", "$patch": "delete"}]
    }});
    assert_eq!(patch, expected);
    let applied = apply(of, &live, &patch).unwrap();
    assert_eq!(applied, pod(json!([{"name": "a", "image": "2"}, {"name": "theirs"}])));
}
