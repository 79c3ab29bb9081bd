//! The requests that every kind gets, made from its data.

use serde_json::{Value, json};

use super::kind::Kind;
use super::{Body, Step};

const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const METADATA: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

pub(super) fn steps(kind: &Kind) -> Vec<Step> {
    let parts = [create, metadata, bodies, fields, lists, update, patch, cases, status, scale, apply, delete];
    parts.into_iter().flat_map(|part| part(kind)).collect()
}

fn post(name: &str, kind: &Kind, query: &str, object: Value) -> Step {
    Step::new(name, "POST", format!("{}{query}", kind.collection())).body(Body::Json(object))
}

fn get(name: &str, target: String) -> Step {
    Step::new(name, "GET", target)
}

fn put(name: &str, target: String, edit: Value) -> Step {
    Step::new(name, "PUT", target).body(Body::Edit(edit))
}

fn patch_of(name: &str, media: &str, target: String, body: Value) -> Step {
    Step::new(name, "PATCH", target).header("content-type", media).body(Body::Json(body))
}

fn remove(name: &str, target: String, options: Option<Value>) -> Step {
    Step::new(name, "DELETE", target).body(options.map_or(Body::Empty, Body::Json))
}

/// Asks until the background has done its work on a new object.
fn settled(kind: &Kind, step: Step) -> Step {
    Step { until: kind.settled.clone(), ..step }
}

fn create(kind: &Kind) -> Vec<Step> {
    let name = &kind.name;
    let mut steps = vec![
        post("create", kind, "", kind.named(&kind.minimal, name)),
        post("create/again", kind, "", kind.named(&kind.minimal, name)),
        settled(kind, get("get", kind.object(name))),
        get("get/yaml", kind.object(name)).header("accept", "application/yaml"),
        get("get/table", kind.object(name)).header("accept", TABLE),
        get("get/metadata", kind.object(name)).header("accept", METADATA),
        get("get/unacceptable", kind.object(name)).header("accept", "text/html"),
        get("get/missing", kind.object("missing")),
        post("create/dry-run", kind, "?dryRun=All", kind.named(&kind.minimal, &kind.other("dry"))),
        get("create/dry-run/get", kind.object(&kind.other("dry"))),
        post("create/dry-run-unknown", kind, "?dryRun=Some", kind.named(&kind.minimal, &kind.other("dry"))),
    ];
    if !kind.full.is_null() {
        let full = kind.named(&kind.full, &kind.other("full"));
        let name = full["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        steps.push(post("create/full", kind, "", full));
        let table = get("get/full-table", format!("{}?includeObject=None", kind.object(&name))).header("accept", TABLE);
        steps.push(settled(kind, get("get/full", kind.object(&name))));
        steps.push(table);
    }
    steps
}

/// What every kind checks of metadata.
fn metadata(kind: &Kind) -> Vec<Step> {
    let with = |metadata: Value| kind.with(&kind.other("meta"), &json!({ "metadata": metadata }));
    let owner = json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": "a" });
    let cases = [
        ("generate-name", json!({ "name": null, "generateName": "made-" })),
        ("no-name", json!({ "name": null })),
        ("bad-name", json!({ "name": "Not_A Name" })),
        ("long-name", json!({ "name": "a".repeat(254) })),
        ("bad-label", json!({ "labels": { "a b": "c" } })),
        ("bad-label-value", json!({ "labels": { "a": "-" } })),
        ("bad-annotation", json!({ "annotations": { "a/b/c": "d" } })),
        ("bad-owner", json!({ "ownerReferences": [owner] })),
        ("bad-finalizer", json!({ "finalizers": ["plain"] })),
        ("with-version", json!({ "resourceVersion": "12" })),
        ("wrong-namespace", json!({ "namespace": "elsewhere" })),
    ];
    cases.into_iter().map(|(name, case)| post(&format!("create/{name}"), kind, "?dryRun=All", with(case))).collect()
}

/// Bodies that are not what they should be.
fn bodies(kind: &Kind) -> Vec<Step> {
    let text = |name: &str, media: &str, text: &str| {
        let step = Step::new(format!("body/{name}"), "POST", format!("{}?dryRun=All", kind.collection()));
        step.header("content-type", media).body(Body::Text(text.into()))
    };
    let object = kind.named(&kind.minimal, &kind.other("body"));
    let mut yaml = object.clone();
    yaml["metadata"]["annotations"] = json!({ "form": "yaml" });
    let wrong = |patch: Value| kind.with(&kind.other("body"), &patch);
    vec![
        text("cut-off", "application/json", "{\"kind\":"),
        text("list", "application/json", "[]"),
        text("yaml", "application/yaml", &windlass_yaml::emit(&yaml, windlass_yaml::Style::V2)),
        text("unknown-media", "text/plain", &object.to_string()),
        Step::new("body/none", "POST", kind.collection()),
        post("body/no-kind", kind, "?dryRun=All", wrong(json!({ "kind": null, "apiVersion": null }))),
        post("body/other-kind", kind, "?dryRun=All", wrong(json!({ "kind": "Unknown" }))),
        post("body/other-version", kind, "?dryRun=All", wrong(json!({ "apiVersion": "example.com/v1" }))),
        post("body/name-is-number", kind, "?dryRun=All", wrong(json!({ "metadata": { "name": 5 } }))),
        post("body/labels-are-list", kind, "?dryRun=All", wrong(json!({ "metadata": { "labels": ["a"] } }))),
    ]
}

fn fields(kind: &Kind) -> Vec<Step> {
    let unknown = kind.with(&kind.other("fields"), &json!({ "bogus": 1, "metadata": { "bogus": true } }));
    let mut steps: Vec<Step> = ["Ignore", "Warn", "Strict", "Other"]
        .iter()
        .map(|mode| {
            let query = format!("?dryRun=All&fieldValidation={mode}");
            post(&format!("fields/{}", mode.to_lowercase()), kind, &query, unknown.clone())
        })
        .collect();
    let object = kind.named(&kind.minimal, &kind.other("twice")).to_string();
    let twice = format!("{{\"kind\":\"Other\",{}", &object[1..]);
    let target = format!("{}?dryRun=All&fieldValidation=Strict", kind.collection());
    steps.push(
        Step::new("fields/twice", "POST", target).header("content-type", "application/json").body(Body::Text(twice)),
    );
    steps
}

fn lists(kind: &Kind) -> Vec<Step> {
    let all = format!("{}?labelSelector=replay%3D{}", kind.collection(), kind.plural);
    let mut steps = vec![
        get("list", all.clone()),
        get("list/table", all.clone()).header("accept", TABLE),
        get("list/metadata", all.clone()).header("accept", METADATA_LIST),
        get("list/none", format!("{}?labelSelector=replay%3Dnone", kind.collection())),
        get("list/named", format!("{}?fieldSelector=metadata.name%3D{}", kind.collection(), kind.name)),
        get("list/bad-label-selector", format!("{}?labelSelector=a%3D%3D%3Db", kind.collection())),
        get("list/bad-field-selector", format!("{}?fieldSelector=no.such%3Db", kind.collection())),
        get("list/limit", format!("{all}&limit=1")),
        get("list/rest", format!("{all}&limit=1&continue=${{continue}}")),
        get("list/from-cache", format!("{all}&resourceVersion=0")),
    ];
    if kind.namespaced {
        let everywhere = format!("{}/{}?labelSelector=replay%3D{}", kind.base, kind.plural, kind.plural);
        steps.push(get("list/everywhere", everywhere));
    }
    let selected = kind.selectors.iter().map(|selector| {
        get(&format!("list/{selector}"), format!("{all}&fieldSelector={}", selector.replace('=', "%3D")))
    });
    steps.extend(selected);
    steps
}

fn update(kind: &Kind) -> Vec<Step> {
    let target = kind.object(&kind.name);
    vec![
        get("update/before", target.clone()),
        put("update", target.clone(), kind.change.clone()),
        put("update/nothing", target.clone(), json!({})),
        put("update/stale", target.clone(), json!({ "metadata": { "resourceVersion": "1" } })),
        put("update/no-version", target.clone(), json!({ "metadata": { "resourceVersion": null } })),
        put("update/other-uid", target.clone(), json!({ "metadata": { "uid": "other" } })),
        put("update/other-name", target.clone(), json!({ "metadata": { "name": "other" } })),
        put(
            "update/labels",
            format!("{target}?fieldManager=labeller"),
            json!({ "metadata": { "labels": { "a": "b" } } }),
        ),
        put("update/dry-run", format!("{target}?dryRun=All"), json!({ "metadata": { "labels": { "dry": "run" } } })),
        put(
            "update/missing",
            kind.object("missing"),
            json!({ "metadata": { "name": "missing", "resourceVersion": null, "uid": null } }),
        ),
    ]
}

fn patch(kind: &Kind) -> Vec<Step> {
    let target = kind.object(&kind.name);
    let annotate = |value: Value| json!({ "metadata": { "annotations": { "note": value } } });
    let path = "/metadata/annotations/note";
    vec![
        patch_of("patch/merge", MERGE, target.clone(), annotate("merge".into())),
        patch_of("patch/strategic", STRATEGIC, target.clone(), annotate("strategic".into())),
        patch_of("patch/json", JSON_PATCH, target.clone(), json!([{ "op": "replace", "path": path, "value": "json" }])),
        patch_of("patch/json-test", JSON_PATCH, target.clone(), json!([{ "op": "test", "path": path, "value": "x" }])),
        patch_of("patch/json-missing", JSON_PATCH, target.clone(), json!([{ "op": "remove", "path": "/no/such" }])),
        patch_of("patch/json-no-list", JSON_PATCH, target.clone(), json!({ "op": "remove" })),
        patch_of("patch/nothing", MERGE, target.clone(), json!({})),
        patch_of("patch/null", MERGE, target.clone(), annotate(Value::Null)),
        patch_of("patch/stale", MERGE, target.clone(), json!({ "metadata": { "resourceVersion": "1" } })),
        patch_of("patch/rename", MERGE, target.clone(), json!({ "metadata": { "name": "other" } })),
        patch_of("patch/other-kind", MERGE, target.clone(), json!({ "kind": "Other" })),
        patch_of("patch/bad-label", MERGE, target.clone(), json!({ "metadata": { "labels": { "a": "-" } } })),
        patch_of("patch/unknown", MERGE, target.clone(), json!({ "bogus": 1 })),
        patch_of("patch/unknown-strict", MERGE, format!("{target}?fieldValidation=Strict"), json!({ "bogus": 1 })),
        patch_of("patch/dry-run", MERGE, format!("{target}?dryRun=All"), annotate("dry".into())),
        patch_of("patch/force", MERGE, format!("{target}?force=true"), annotate("force".into())),
        patch_of("patch/media", "application/json", target.clone(), annotate("media".into())),
        patch_of("patch/missing", MERGE, kind.object("missing"), annotate("none".into())),
        Step::new("patch/cut-off", "PATCH", target).header("content-type", MERGE).body(Body::Text("{".into())),
    ]
}

fn cases(kind: &Kind) -> Vec<Step> {
    let invalid = kind.invalid.iter().map(|(name, patch)| {
        post(&format!("invalid/{name}"), kind, "?dryRun=All", kind.with(&kind.other("bad"), patch))
    });
    let change = |part: &str, name: &str, patch: &Value| {
        patch_of(&format!("{part}/{name}"), MERGE, kind.object(&kind.name), patch.clone())
    };
    let immutable = kind.immutable.iter().map(|(name, patch)| change("immutable", name, patch));
    let allowed = kind.allowed.iter().map(|(name, patch)| change("allowed", name, patch));
    invalid.chain(immutable).chain(allowed).collect()
}

fn status(kind: &Kind) -> Vec<Step> {
    if kind.status.is_null() {
        return Vec::new();
    }
    let target = format!("{}/status", kind.object(&kind.name));
    let status = json!({ "status": kind.status });
    let mut besides = status.clone();
    besides["metadata"] = json!({ "labels": { "by": "status" } });
    // Where the background has a word in it, it has said it before the next request.
    let looked_at = |name: &str| kind.settled.is_some().then(|| settled(kind, get(name, kind.object(&kind.name))));
    let steps = [
        Some(get("status/get", target.clone())),
        Some(patch_of("status/through-object", MERGE, kind.object(&kind.name), status.clone())),
        Some(patch_of("status/patch", MERGE, target.clone(), status)),
        looked_at("status/patch/settled"),
        Some(put("status/update", format!("{target}?fieldManager=kubelet"), besides)),
        looked_at("status/update/settled"),
        Some(patch_of("status/spec", MERGE, target.clone(), kind.change.clone())),
        Some(get("status/table", kind.object(&kind.name)).header("accept", TABLE)),
        Some(Step::new("status/delete", "DELETE", target)),
    ];
    steps.into_iter().flatten().collect()
}

fn scale(kind: &Kind) -> Vec<Step> {
    if !kind.scale {
        return Vec::new();
    }
    let target = format!("{}/scale", kind.object(&kind.name));
    let replicas = |count: Value| json!({ "spec": { "replicas": count } });
    vec![
        get("scale/get", target.clone()),
        put("scale/update", target.clone(), replicas(4.into())),
        patch_of("scale/patch", MERGE, format!("{target}?fieldManager=scaler"), replicas(5.into())),
        patch_of("scale/negative", MERGE, target.clone(), replicas((-1).into())),
        patch_of("scale/text", MERGE, target.clone(), replicas("many".into())),
        get("scale/table", target).header("accept", TABLE),
        get("scale/missing", format!("{}/scale", kind.object("missing"))),
        get("scale/object", kind.object(&kind.name)),
    ]
}

fn apply(kind: &Kind) -> Vec<Step> {
    let name = kind.other("applied");
    let target = |query: &str| format!("{}?fieldManager={query}", kind.object(&name));
    let with = |metadata: Value| kind.with(&name, &json!({ "metadata": metadata }));
    let first = with(json!({ "labels": { "a": "1" }, "annotations": { "n": "1" } }));
    let applied =
        |step: &str, query: &str, object: Value| patch_of(&format!("apply/{step}"), APPLY, target(query), object);
    let bare = |metadata: Value| json!({ "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": metadata });
    let mut changed = kind.with(&name, &kind.change);
    changed["metadata"]["labels"]["a"] = "1".into();
    vec![
        applied("create", "first", first.clone()),
        settled(kind, get("apply/settled", kind.object(&name))),
        applied("again", "first", first.clone()),
        applied("conflict", "second", bare(json!({ "name": name, "labels": { "a": "2" } }))),
        applied("force", "second&force=true", bare(json!({ "name": name, "labels": { "a": "2" } }))),
        applied("shared", "third", bare(json!({ "name": name, "labels": { "a": "2" } }))),
        applied("give-up", "second", bare(json!({ "name": name }))),
        applied("change", "first&force=true", changed),
        applied("dry-run", "fourth&dryRun=All", bare(json!({ "name": name, "labels": { "d": "1" } }))),
        applied("remove", "first&force=true", kind.named(&kind.minimal, &name)),
        patch_of("apply/no-manager", APPLY, kind.object(&name), first.clone()),
        applied("other-name", "first", bare(json!({ "name": "other" }))),
        applied("managed", "first", bare(json!({ "name": name, "managedFields": [{ "manager": "x" }] }))),
        applied("unknown", "first&fieldValidation=Strict", kind.with(&name, &json!({ "bogus": 1 }))),
        applied("uid", "first", bare(json!({ "name": name, "uid": "other" }))),
        applied("no-kind", "first", json!({ "metadata": { "name": name } })),
        get("apply/get", kind.object(&name)),
    ]
}

fn delete(kind: &Kind) -> Vec<Step> {
    let target = kind.object(&kind.name);
    let all = format!("{}?labelSelector=replay%3D{}", kind.collection(), kind.plural);
    let options = |preconditions: Value| Some(json!({ "preconditions": preconditions }));
    vec![
        remove("delete/other-uid", target.clone(), options(json!({ "uid": "other" }))),
        remove("delete/other-version", target.clone(), options(json!({ "resourceVersion": "1" }))),
        remove("delete/bad-policy", target.clone(), Some(json!({ "propagationPolicy": "Sometimes" }))),
        remove(
            "delete/both-policies",
            target.clone(),
            Some(json!({ "propagationPolicy": "Orphan", "orphanDependents": true })),
        ),
        remove("delete/dry-run", format!("{target}?dryRun=All"), None),
        remove("delete", target.clone(), Some(json!({ "propagationPolicy": "Background" }))),
        remove("delete/again", kind.object("missing"), None),
        remove("delete/collection", all, Some(json!({ "gracePeriodSeconds": 0 }))),
    ]
}
