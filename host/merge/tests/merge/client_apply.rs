//! What `kubectl apply` would send and leave behind.

use serde_json::json;
use windlass_merge::client_apply::{PatchForm, annotated, last_applied, plan};
use windlass_merge::schema::Schema;

#[test]
fn the_annotation_remembers_the_configuration_without_itself() {
    let config = json!({"kind": "ConfigMap", "data": {"b": "<", "a": "1"}});
    let once = annotated(&config).unwrap();
    let twice = annotated(&once).unwrap();
    assert_eq!(once, twice);
    let text = &once["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    let expected =
        "{\"data\":{\"a\":\"1\",\"b\":\"\\u003c\"},\"kind\":\"ConfigMap\",\"metadata\":{\"annotations\":{}}}\n";
    assert_eq!(text, expected);
    assert_eq!(last_applied(&once).unwrap()["data"], config["data"]);
}

#[test]
fn custom_resources_take_merge_patches_and_replace_lists() {
    let live = json!({"spec": {"list": [{"name": "a"}], "theirs": 1}});
    let modified = json!({"spec": {"list": [{"name": "b"}]}});
    let plan = plan(None, None, &modified, &live).unwrap();
    assert_eq!(plan.form, PatchForm::Merge);
    assert_eq!(plan.predicted, json!({"spec": {"list": [{"name": "b"}], "theirs": 1}}));
}

#[test]
fn an_unchanged_configuration_makes_an_empty_patch() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80, "name": "http"}]}});
    let of = Schema::builtin().of(&service);
    let mut live = service.clone();
    live["spec"]["clusterIP"] = json!("10.0.0.1");
    let plan = plan(of, Some(&service), &service, &live).unwrap();
    assert_eq!((plan.form, plan.patch), (PatchForm::Strategic, json!({})));
    assert_eq!(plan.predicted, live);
}
