//! Random documents: deployments whose parts collide often, and values of no type at all.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn some<S: Strategy<Value = Value> + 'static>(key: &'static str, value: S) -> BoxedStrategy<Option<(String, Value)>> {
    prop::option::of(value.prop_map(move |value| (key.to_owned(), value))).boxed()
}

fn object(fields: Vec<BoxedStrategy<Option<(String, Value)>>>) -> BoxedStrategy<Value> {
    fields.prop_map(|fields| Value::Object(fields.into_iter().flatten().collect())).boxed()
}

fn word() -> impl Strategy<Value = Value> + Clone {
    prop::sample::select(vec![json!("a"), json!("b"), json!("c")])
}

/// Lists of maps, each key once.
fn keyed(key: &'static str, keys: Vec<Value>, item: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let chosen = prop::sample::subsequence(keys.clone(), 0..=keys.len()).prop_shuffle();
    (chosen, prop::collection::vec(item, keys.len()))
        .prop_map(move |(keys, items)| {
            let named = keys.into_iter().zip(items).map(|(value, mut item)| {
                item[key] = value;
                item
            });
            Value::Array(named.collect())
        })
        .boxed()
}

fn container() -> BoxedStrategy<Value> {
    let names = vec![json!("a"), json!("b"), json!("c")];
    let ports = vec![json!(80), json!(81), json!(443)];
    object(vec![
        some("image", word()),
        some("args", prop::collection::vec(word(), 0..3).prop_map(Value::Array)),
        some("env", keyed("name", names, object(vec![some("value", word())]))),
        some("ports", keyed("containerPort", ports, object(vec![some("hostIP", word())]))),
    ])
}

fn labels() -> BoxedStrategy<Value> {
    object(vec![some("x", word()), some("y", word())])
}

/// A deployment without repeated list items.
pub(crate) fn deployment() -> BoxedStrategy<Value> {
    let names = vec![json!("a"), json!("b"), json!("c"), json!("d")];
    let pod = object(vec![some("containers", keyed("name", names, container())), some("nodeSelector", labels())]);
    let template = object(vec![some("metadata", object(vec![some("labels", labels())])), some("spec", pod)]);
    let strategy = object(vec![some("type", word()), some("rollingUpdate", object(vec![some("maxSurge", word())]))]);
    let spec = object(vec![
        some("replicas", (0..3_i64).prop_map(|count| json!(count))),
        some("selector", object(vec![some("matchLabels", labels())])),
        some("strategy", strategy),
        some("template", template),
    ]);
    (spec, labels())
        .prop_map(|(spec, labels)| {
            let metadata = json!({"name": "web", "labels": labels});
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
        })
        .boxed()
}

/// Any JSON, with keys that mean something to patches and to deployments.
pub(crate) fn anything() -> BoxedStrategy<Value> {
    let keys = ["spec", "metadata", "template", "containers", "name", "ports", "$patch", "$retainKeys", "strategy"];
    let more = ["$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "finalizers", "labels", "."];
    let keys: Vec<&str> = keys.into_iter().chain(more).collect();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (0..3_i64).prop_map(|number| json!(number)),
        prop::sample::select(vec!["a", "b", "delete", "replace", "merge"]).prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(6, 64, 6, move |below| {
        let entries = prop::collection::vec((prop::sample::select(keys.clone()), below.clone()), 0..5);
        let object = |entries: Vec<(&str, Value)>| {
            Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
        };
        prop_oneof![entries.prop_map(object), prop::collection::vec(below, 0..4).prop_map(Value::Array)]
    })
    .boxed()
}
