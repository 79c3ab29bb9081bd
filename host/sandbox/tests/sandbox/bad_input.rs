//! Requests that no client should send: a status each, and a server that goes on.

use serde_json::{Value, json};

use crate::asking::{Asking, started};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused_and_the_server_goes_on() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let cases: [(&str, Vec<u8>, u16); 10] = [
        (JSON, vec![b' '; 10 << 20], 413),
        (JSON, nested("[", "]").into(), 400),
        (JSON, format!("{{\"data\":{}}}", nested("{\"a\":", "}")).into(), 400),
        (JSON, b"{\"metadata\":".to_vec(), 400),
        (JSON, b"\xff\xfe".to_vec(), 400),
        ("application/yaml", nested("[", "]").into(), 400),
        ("application/yaml", b"a: &a [*a, *a]\nb: *c".to_vec(), 400),
        ("application/vnd.kubernetes.protobuf", b"k8s\0\xff\xff\xff\xff".to_vec(), 400),
        ("application/cbor", vec![0xa0], 415),
        ("text/plain", b"{}".to_vec(), 415),
    ];
    for (media, body, code) in cases {
        let start = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
        assert_eq!(admin.code("POST", MAPS, media, body).await, code, "{media} {start}");
    }
    assert_eq!(admin.make("after").await.0, 201);
}

#[tokio::test]
async fn paths_selectors_and_options_that_mean_nothing_are_refused() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    for (path, code) in [
        (format!("{MAPS}/a%2Fb"), 404),
        (format!("{MAPS}/%"), 404),
        (format!("{MAPS}?fieldSelector=data.x%3D1"), 400),
        (format!("{MAPS}?labelSelector=a%20in"), 400),
        (format!("{MAPS}?limit=x"), 400),
        (format!("{MAPS}?continue=zz"), 400),
        ("/api/v1/nope".to_owned(), 404),
        ("/////".to_owned(), 200),
    ] {
        assert_eq!(admin.get(&path).await.0, code, "{path}");
    }
    assert_eq!(admin.code("BREW", MAPS, JSON, "").await, 405);
}

#[tokio::test]
async fn an_object_with_very_many_finalizers_is_one_answer() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let finalizers: Vec<String> = (0..100_000).map(|number| format!("a.io/{number}")).collect();
    let body = json!({ "metadata": { "name": "many", "finalizers": finalizers } });
    assert_eq!(admin.post(MAPS, body).await.0, 201);
    let (_, ending) = admin.ask("DELETE", &format!("{MAPS}/many"), Value::Null).await;
    assert_eq!(ending["metadata"]["finalizers"].as_array().map(Vec::len), Some(100_000), "each of them keeps it");
    assert_eq!(admin.make("after").await.0, 201);
}

#[tokio::test]
async fn definitions_that_make_no_sense_are_refused() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let definition = |schema: Value, conversion: Value| {
        json!({
            "metadata": { "name": "things.example.com" },
            "spec": {
                "group": "example.com",
                "scope": "Namespaced",
                "names": { "plural": "things", "kind": "Thing" },
                "conversion": conversion,
                "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } }],
            },
        })
    };
    let none = json!({ "strategy": "None" });
    let webhook = json!({ "strategy": "Webhook" });
    for (schema, conversion) in [
        (json!({ "type": "string" }), &none),
        (json!({}), &none),
        (json!({ "type": "object" }), &webhook),
        (json!({ "type": "object", "x-kubernetes-validations": [{ "rule": "(".repeat(5000) }] }), &none),
        (json!({ "type": "object", "x-kubernetes-validations": [{ "rule": "1 +" }] }), &none),
        (json!({ "type": "object", "x-kubernetes-validations": [{ "rule": "" }] }), &none),
    ] {
        let body = definition(schema, conversion.clone());
        assert_eq!(admin.post(definitions, body.clone()).await.0, 422, "{body}");
    }
}
