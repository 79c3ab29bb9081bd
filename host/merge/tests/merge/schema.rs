//! The committed table and schemas of custom resources.

use serde_json::json;
use windlass_merge::schema::{ListRelation, MapRelation, Scalar, Schema};

#[test]
fn the_committed_table_reads_and_writes_back_the_same() {
    let table = include_str!("../../src/schema/kubernetes.txt");
    let (_, body) = table.split_once('\n').unwrap();
    assert_eq!(Schema::from_table(table).unwrap().to_table(), body);
}

#[test]
fn containers_merge_by_name_and_their_ports_by_number_and_protocol() {
    let schema = Schema::builtin();
    let template = schema.kind("apps/v1", "Deployment").unwrap().field("spec").unwrap().of().field("template").unwrap();
    let containers = template.of().field("spec").unwrap().of().field("containers").unwrap();
    assert_eq!(containers.patch().merge_key.as_deref(), Some("name"));
    assert!(containers.required());
    let list = containers.of().list().unwrap();
    assert_eq!(*list.relation(), ListRelation::Map(vec!["name".into()]));
    let ports = list.element().field("ports").unwrap().of().list().unwrap();
    assert_eq!(*ports.relation(), ListRelation::Map(vec!["containerPort".into(), "protocol".into()]));
    let protocol = ports.element().field("protocol").unwrap();
    assert_eq!((protocol.default(), protocol.of().scalar()), (Some(&json!("TCP")), Some(Scalar::String)));
}

#[test]
fn a_place_may_override_how_a_shared_map_merges() {
    let schema = Schema::builtin();
    let reference = schema.named("io.k8s.api.core.v1.ObjectReference").unwrap().map().unwrap();
    assert_eq!(reference.relation(), MapRelation::Atomic);
    let claim = schema.named("io.k8s.api.core.v1.PersistentVolumeSpec").unwrap().field("claimRef").unwrap();
    assert_eq!(claim.of().map().unwrap().relation(), MapRelation::Granular);
}

#[test]
fn custom_resources_get_the_fields_that_every_object_has() {
    let model = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "port": {"x-kubernetes-int-or-string": true},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"a": {"type": "string"}}},
        "rules": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"],
                  "items": {"type": "object", "properties": {"id": {"type": "integer", "default": 1}}}},
        "template": {"type": "object", "x-kubernetes-embedded-resource": true}
    }}}});
    let schema = Schema::from_structural("example.com/v1", "Widget", &model).unwrap();
    let widget = schema.kind("example.com/v1", "Widget").unwrap();
    let labels = widget.field("metadata").unwrap().of().field("labels").unwrap().of();
    assert_eq!(labels.map().unwrap().rest().unwrap().scalar(), Some(Scalar::String));
    let spec = widget.field("spec").unwrap().of();
    assert_eq!(spec.field("port").unwrap().of().scalar(), Some(Scalar::IntOrString));
    assert!(spec.field("free").unwrap().of().map().unwrap().rest().is_some());
    assert!(spec.map().unwrap().rest().is_none());
    assert!(spec.field("template").unwrap().of().field("metadata").is_some());
    let rules = spec.field("rules").unwrap().of().list().unwrap();
    assert_eq!(*rules.relation(), ListRelation::Map(vec!["id".into()]));
}

#[test]
fn a_map_list_without_keys_is_refused_by_place() {
    let model = json!({"type": "object", "properties": {
        "rules": {"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object"}}}});
    let error = Schema::from_structural("example.com/v1", "Widget", &model).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Widget.rules: x-kubernetes-list-type is map but x-kubernetes-list-map-keys is missing"
    );
}

#[test]
fn the_table_holds_every_published_merge_rule() {
    let fields = || Schema::builtin().types().filter_map(|of| of.map()).flat_map(|map| map.fields());
    let lists = |wanted: fn(&ListRelation) -> bool| {
        fields().filter_map(|field| field.of().list()).filter(|list| wanted(list.relation())).count()
    };
    // Counted in the published documents of the version that the table names.
    assert_eq!(lists(|relation| matches!(relation, ListRelation::Map(_))), 108);
    assert_eq!(lists(|relation| *relation == ListRelation::Set), 26);
    assert_eq!(fields().filter(|field| field.patch().merge_key.is_some()).count(), 88);
}
