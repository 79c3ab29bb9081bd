//! Requests that no client should send: the code and the reason of a real API server for each, and a server that goes
//! on. What is expected here was asked of a real one.

use serde_json::{Value, json};

use crate::asking::{Asking, started};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

const BAD: (u16, &str) = (400, "BadRequest");
const MISSING: (u16, &str) = (404, "NotFound");
const TOO_LARGE: (u16, &str) = (413, "RequestEntityTooLarge");
const UNKNOWN_MEDIA: (u16, &str) = (415, "UnsupportedMediaType");
const INVALID: (u16, &str) = (422, "Invalid");
/// An object, or an answer that is no `Status`.
const MADE: (u16, &str) = (201, "");

/// Method, path, media type, body; code and reason of the answer.
type Case<'a> = (&'a str, &'a str, &'a str, Vec<u8>, (u16, &'a str));

fn patch<'a>(path: &'a str, media: &'a str, body: &[u8], expected: (u16, &'a str)) -> Case<'a> {
    ("PATCH", path, media, body.to_vec(), expected)
}

/// Sends each and compares; then something ordinary has to work.
async fn check(admin: &Asking<'_>, cases: Vec<Case<'_>>) {
    for (method, path, media, body, (code, reason)) in cases {
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let (found, answer) = admin.answer(method, path, media, body).await;
        let told = answer["reason"].as_str().unwrap_or_default();
        assert_eq!((found, told), (code, reason), "{method} {path} {media} {start}: {answer}");
    }
    assert!(matches!(admin.make("after").await.0, 201 | 409));
}

fn nested(open: &str, close: &str) -> String {
    format!("{}{}", open.repeat(10_000), close.repeat(10_000))
}

#[tokio::test]
async fn bodies_that_are_too_large_or_too_deep_are_refused() {
    let sandbox = started().await;
    let large = vec![b' '; 10 << 20];
    let deep_map = format!("{{\"data\":{}}}", nested("{\"a\":", "}"));
    let aliases: String = (1..30).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)).collect();
    let operations = json!(vec![json!({ "op": "add", "path": "/data/a", "value": "b" }); 10_001]).to_string();
    let named = format!("{MAPS}/kept");
    let admin = Asking::as_admin(&sandbox);
    admin.make("kept").await;
    check(
        &admin,
        vec![
            ("POST", MAPS, JSON, large.clone(), TOO_LARGE),
            ("POST", MAPS, YAML, large.clone(), TOO_LARGE),
            ("POST", MAPS, PROTOBUF, large.clone(), TOO_LARGE),
            ("PATCH", &named, MERGE, large.clone(), TOO_LARGE),
            ("PUT", &named, JSON, large.clone(), TOO_LARGE),
            ("DELETE", &named, JSON, large, TOO_LARGE),
            ("POST", MAPS, JSON, nested("[", "]").into(), BAD),
            ("POST", MAPS, JSON, deep_map.clone().into(), BAD),
            ("PATCH", &named, MERGE, deep_map.into(), BAD),
            ("POST", MAPS, YAML, nested("[", "]").into(), BAD),
            ("POST", MAPS, YAML, format!("a0: &a0 [x, x]\n{aliases}").into(), BAD),
            ("PATCH", &named, JSON_PATCH, operations.into(), TOO_LARGE),
        ],
    )
    .await;
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let post = |media, body: &[u8], expected| ("POST", MAPS, media, body.to_vec(), expected);
    check(
        &admin,
        vec![
            post(JSON, b"{\"metadata\":", BAD),
            post(JSON, b"", BAD),
            post(JSON, b"\xff\xfe", BAD),
            post(JSON, b"{'a':1}", BAD),
            post(JSON, b"{} x", BAD),
            post(JSON, b"12", BAD),
            post(YAML, b"a: &a [*a, *a]\nb: *c", BAD),
            post(YAML, b"a:\n\t- b", BAD),
            post(PROTOBUF, b"", BAD),
            post(PROTOBUF, b"abc", BAD),
            post(PROTOBUF, b"k8s\0", BAD),
            post(PROTOBUF, b"k8s\0\xff\xff\xff\xff", BAD),
            post(PROTOBUF, b"k8s\0\x0a\x0e\x0a\x02v1\x12\x08Nonsense", BAD),
            post("application/cbor", b"\xa0", UNKNOWN_MEDIA),
            post("text/plain", b"{}", UNKNOWN_MEDIA),
            post("junk", b"{}", UNKNOWN_MEDIA),
            post(";;;", b"{}", UNKNOWN_MEDIA),
            post("application/json; x", b"{}", UNKNOWN_MEDIA),
            post("Application/JSON; charset=utf-8", br#"{"metadata":{"name":"upper"}}"#, MADE),
            // What is no Unicode is replaced.
            post(JSON, b"{\"metadata\":{\"name\":\"bytes\"},\"data\":{\"a\":\"\xff\"}}", MADE),
            post(JSON, br#"{"metadata":{"name":"surrogate"},"data":{"a":"\ud800"}}"#, MADE),
        ],
    )
    .await;
}

#[tokio::test]
async fn patches_that_are_none_are_refused() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    admin.make("kept").await;
    let (kept, gone) = (format!("{MAPS}/kept"), format!("{MAPS}/gone"));
    let (applied, unnamed) = (format!("{kept}?fieldManager=a"), format!("{kept}?fieldManager="));
    let owned = br#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[{"manager":"b"}]}}"#;
    check(
        &admin,
        vec![
            patch(&gone, MERGE, b"{", BAD),
            patch(&gone, MERGE, b"{}", MISSING),
            patch(&gone, STRATEGIC, b"{", BAD),
            patch(&kept, MERGE, b"[]", BAD),
            patch(&kept, MERGE, b"null", BAD),
            patch(&kept, STRATEGIC, b"[]", BAD),
            patch(&kept, JSON_PATCH, b"{}", BAD),
            patch(&kept, JSON, b"{}", UNKNOWN_MEDIA),
            patch(&kept, "application/apply-patch+cbor", b"\xa0", UNKNOWN_MEDIA),
            patch(&kept, APPLY, b"{}", INVALID),
            patch(&unnamed, APPLY, b"{}", INVALID),
            patch(&applied, APPLY, b"", BAD),
            patch(&applied, APPLY, b"[]", BAD),
            patch(&applied, APPLY, br#"{"apiVersion":"v1","kind":"Secret"}"#, BAD),
            patch(&applied, APPLY, owned, BAD),
            ("DELETE", &kept, JSON, b"{".to_vec(), BAD),
            ("DELETE", &kept, JSON, br#"{"kind":"Pod","apiVersion":"v1"}"#.to_vec(), BAD),
            ("DELETE", &kept, JSON, br#"{"gracePeriodSeconds":"x"}"#.to_vec(), BAD),
            ("DELETE", &kept, JSON, br#"{"propagationPolicy":"Junk"}"#.to_vec(), INVALID),
        ],
    )
    .await;
}

#[tokio::test]
async fn paths_selectors_and_options_that_mean_nothing_are_refused() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    for (path, (code, reason)) in [
        (format!("{MAPS}/a%2Fb"), MISSING),
        (format!("{MAPS}/%"), BAD),
        (format!("{MAPS}/.."), BAD),
        (format!("{MAPS}/%2e"), BAD),
        (format!("{MAPS}/a%25b"), BAD),
        ("/api/v1//pods".into(), MISSING),
        ("/api/v1/nope".into(), MISSING),
        ("/api/v1%2Fnope".into(), MISSING),
        ("/apis/nope/v1/things".into(), (404, "")),
        ("/////".into(), (404, "")),
        ("/healthz/nope".into(), (404, "")),
        (format!("{MAPS}?fieldSelector=data.x%3D1"), BAD),
        (format!("{MAPS}?fieldSelector=metadata.name%3Da%5Cb"), BAD),
        (format!("{MAPS}?fieldSelector=metadata.name%3Da%3Db"), BAD),
        (format!("{MAPS}?fieldSelector=metadata.name%3Da%5C,b"), (200, "")),
        (format!("{MAPS}?labelSelector=a%20in"), BAD),
        (format!("{MAPS}?limit=x"), BAD),
        (format!("{MAPS}?continue=zz"), BAD),
        (format!("{MAPS}?resourceVersion=x"), BAD),
        (format!("{MAPS}?watch=1&resourceVersion=x"), (500, "")),
        (format!("{MAPS}?timeout=junk"), BAD),
        (format!("{MAPS}?timeout=1"), BAD),
    ] {
        let (found, answer) = admin.get(&path).await;
        assert_eq!((found, answer["reason"].as_str().unwrap_or_default()), (code, reason), "{path}: {answer}");
    }
    assert_eq!(admin.code("BREW", MAPS, JSON, "").await, 405);
}

#[tokio::test]
async fn an_object_with_very_many_finalizers_is_one_answer_each_time() {
    let sandbox = started().await;
    let admin = Asking::as_admin(&sandbox);
    let finalizers: Vec<String> = (0..100_000).map(|number| format!("a.io/{number}")).collect();
    let body = json!({ "metadata": { "name": "many", "finalizers": finalizers } });
    assert_eq!(admin.post(MAPS, body).await.0, 201);
    let path = format!("{MAPS}/many");
    let (_, ending) = admin.ask("DELETE", &path, Value::Null).await;
    assert_eq!(ending["metadata"]["finalizers"].as_array().map(Vec::len), Some(100_000), "each of them keeps it");
    // While it ends, those of a change are compared with those that are there.
    assert_eq!(admin.ask("PATCH", &path, json!({ "data": { "a": "b" } })).await.0, 200);
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
    let endless = json!({
        "type": "object",
        "properties": { "list": { "type": "array", "items": { "type": "string" } } },
        "x-kubernetes-validations": [{ "rule": "self.list.all(a, self.list.all(b, a == b))" }],
    });
    for (schema, conversion) in [
        (endless, &none),
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
