//! Rules of CRDs, against objects and their former state.

use serde_json::{Value, json};

use crate::asking::{Asking, started};

const THINGS: &str = "/apis/example.com/v1/namespaces/default/things";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn definition(spec: Value) -> Value {
    let schema = json!({ "type": "object", "properties": { "spec": spec } });
    json!({
        "metadata": { "name": "things.example.com" },
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": { "plural": "things", "kind": "Thing" },
            "versions": [
                { "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } },
            ],
        },
    })
}

async fn define(admin: &Asking<'_>, spec: Value) {
    let mut watch =
        admin.watch(&format!("{DEFINITIONS}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan")).await;
    let (code, answer) = admin.post(DEFINITIONS, definition(spec)).await;
    assert_eq!(code, 201, "{answer}");
    loop {
        let event = watch.next().await.expect("an event");
        let conditions = event["object"]["status"]["conditions"].as_array().cloned().unwrap_or_default();
        if conditions.iter().any(|entry| entry["type"] == "Established" && entry["status"] == "True") {
            break;
        }
    }
    while admin.get(THINGS).await.0 != 200 {
        tokio::task::yield_now().await;
    }
}

fn thing(spec: Value) -> Value {
    json!({ "apiVersion": "example.com/v1", "kind": "Thing", "metadata": { "name": "a" }, "spec": spec })
}

#[tokio::test]
async fn a_broken_rule_is_told_in_the_words_of_the_api_server() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let rules = json!([
        { "rule": "self.min <= self.max" },
        { "rule": "self.min > 0", "message": "min must be positive", "fieldPath": ".min", "reason": "FieldValueForbidden" },
    ]);
    let color = json!({ "type": "string", "x-kubernetes-validations": [
        { "rule": "self == oldSelf", "message": "color is immutable" },
    ]});
    let integer = json!({ "type": "integer" });
    let properties = json!({ "min": integer, "max": integer, "color": color });
    define(&admin, json!({ "type": "object", "x-kubernetes-validations": rules, "properties": properties })).await;
    let refused = async |spec: Value| {
        let message = admin.refused("POST", THINGS, thing(spec), 422).await;
        message.strip_prefix("Thing.example.com \"a\" is invalid: ").unwrap_or(&message).to_owned()
    };
    assert_eq!(refused(json!({ "min": 5, "max": 3 })).await, "spec: Invalid value: failed rule: self.min <= self.max");
    assert_eq!(refused(json!({ "min": 0, "max": 3 })).await, "spec.min: Forbidden: min must be positive");
    let missing = "spec: Invalid value: \"object\": no such key: max evaluating rule: self.min <= self.max";
    assert_eq!(refused(json!({ "min": 5 })).await, missing);
    let mistyped = refused(json!({ "min": 5, "max": "x" })).await;
    assert!(mistyped.contains("some validation rules were not checked because the object was invalid"), "{mistyped}");
    assert_eq!(admin.post(THINGS, thing(json!({ "min": 1, "max": 2, "color": "red" }))).await.0, 201);
    let change = json!({ "spec": { "color": "blue" } });
    let message = admin.refused("PATCH", &format!("{THINGS}/a"), change, 422).await;
    assert!(message.ends_with("spec.color: Invalid value: \"blue\": color is immutable"), "{message}");
}

#[tokio::test]
async fn a_rule_that_cannot_be_compiled_refuses_its_definition() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let rules = json!([{ "rule": "self.mox > 1" }]);
    let spec =
        json!({ "type": "object", "x-kubernetes-validations": rules, "properties": { "max": { "type": "integer" } } });
    let message = admin.refused("POST", DEFINITIONS, definition(spec), 422).await;
    assert!(
        message.contains("spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"),
        "{message}"
    );
    assert!(message.contains("compilation failed: ERROR: <input>:1:5: undefined field 'mox'"), "{message}");
}

#[tokio::test]
async fn a_rule_whose_loops_may_go_on_too_long_refuses_its_definition() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let rules = json!([{ "rule": "self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))" }]);
    let list = |most: Value| json!({ "type": "array", "items": { "type": "integer" }, "maxItems": most });
    let of =
        |list: Value| json!({ "type": "object", "x-kubernetes-validations": rules, "properties": { "list": list } });
    let message = admin.refused("POST", DEFINITIONS, definition(of(list(100_000.into()))), 422).await;
    assert!(message.contains("estimated rule cost exceeds budget by factor of more than 100x"), "{message}");
    define(&admin, of(list(10.into()))).await;
}

#[tokio::test]
async fn a_rule_that_costs_too_much_when_it_runs_ends_and_says_so() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    // No loop tells beforehand that the text doubles at each step.
    let doubled = format!("[self.word]{}.size() > 0", ".map(s, s + s)".repeat(60));
    let rules = json!([{ "rule": doubled }]);
    let word = json!({ "type": "string" });
    define(&admin, json!({ "type": "object", "x-kubernetes-validations": rules, "properties": { "word": word } }))
        .await;
    let message = admin.refused("POST", THINGS, thing(json!({ "word": "x" })), 422).await;
    assert!(message.contains("call cost exceeds limit for rule"), "{message}");
}

#[tokio::test]
async fn names_that_another_definition_has_are_not_accepted() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    define(&admin, json!({ "type": "object" })).await;
    let mut second = definition(json!({ "type": "object" }));
    second["metadata"]["name"] = "others.example.com".into();
    second["spec"]["names"] = json!({ "plural": "others", "kind": "Thing", "listKind": "OtherList" });
    let path = format!("{DEFINITIONS}?watch=1&fieldSelector=metadata.name%3Dothers.example.com");
    let mut watch = admin.watch(&path).await;
    assert_eq!(admin.post(DEFINITIONS, second).await.0, 201);
    let status = loop {
        let event = watch.next().await.expect("an event");
        if event["object"]["status"]["conditions"].as_array().is_some_and(|list| !list.is_empty()) {
            break event["object"]["status"].clone();
        }
    };
    let told = |index: usize| json!([status["conditions"][index]["reason"], status["conditions"][index]["message"]]);
    assert_eq!(told(0), json!(["KindConflict", "\"Thing\" is already in use"]));
    assert_eq!(told(1), json!(["NotAccepted", "not all names are accepted"]));
    assert_eq!(status["acceptedNames"]["plural"], "others");
    assert_eq!(status["acceptedNames"]["kind"], "", "as it was before: nothing");
    assert_eq!(admin.get("/apis/example.com/v1/namespaces/default/others").await.0, 404);
}
