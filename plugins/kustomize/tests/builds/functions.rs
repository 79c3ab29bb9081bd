//! Functions that are components: what they are asked, and what becomes of what they give back.

use serde_json::{Value, json};
use windlass_kustomize::{Error, FunctionCall, Options, build};

use super::{MAP, tree};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A setting of a function that says what is to be done.
fn setting(name: &str, what: &str) -> String {
    format!(
        "apiVersion: example.com/v1\nkind: Tool\nmetadata:\n  name: {name}\n  annotations:\n    \
         windlass.dev/component: 'tool@{DIGEST}'\nspec: {{what: {what}}}\n"
    )
}

/// Builds as a host does: runs what the build asks for, and builds again. Gives what was asked, too.
fn run(files: &[(&str, &str)], tool: impl Fn(&mut Value)) -> Result<(String, Vec<FunctionCall>), Error> {
    let (mut files, mut options, mut calls) = (tree(files), Options::default(), Vec::new());
    loop {
        let call = match build(&files, "app", &options) {
            Err(Error::NeedsFunction(call)) => *call,
            other => return other.map(|built| (built.to_yaml(), calls)),
        };
        let mut list: Value = serde_json::from_slice(&call.resources).expect("a ResourceList is JSON");
        tool(&mut list);
        let place = format!("answers/{}", calls.len());
        files.insert(place.clone(), list.to_string().into_bytes());
        options.artifacts.insert(call.answer(), place);
        calls.push(call);
        assert!(calls.len() < 10, "an answer is asked for again");
    }
}

fn with_map(kustomization: &str, tool: impl Fn(&mut Value)) -> Result<(String, Vec<FunctionCall>), Error> {
    let setting = setting("one", "label");
    run(&[("app/kustomization.yaml", kustomization), ("app/map.yaml", MAP), ("app/tool.yaml", &setting)], tool)
}

const TRANSFORMING: &str = "resources: [map.yaml]\ntransformers: [tool.yaml]\n";

#[test]
fn a_transformer_gets_the_objects_and_its_setting_and_changes_them() {
    let (printed, calls) = with_map(TRANSFORMING, |list| {
        let what = list["functionConfig"]["spec"]["what"].clone();
        list["items"][0]["metadata"]["labels"] = json!({ "did": what });
    })
    .unwrap();
    let expected =
        "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  labels:\n    did: label\n  name: map\n";
    assert_eq!(printed, expected);
    let [call] = &calls[..] else { panic!("one call") };
    assert_eq!((call.function.as_str(), call.component.as_str(), call.digest.as_str()), ("Tool 'one'", "tool", DIGEST));
    assert_eq!((call.file.as_str(), call.field.as_str()), ("app/kustomization.yaml", "transformers"));
    let list: Value = serde_json::from_slice(&call.resources).unwrap();
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("ResourceList"), &json!("config.kubernetes.io/v1")));
    assert_eq!(list["items"][0]["data"], json!({"a": "b"}));
}

#[test]
fn what_a_transformer_leaves_out_is_gone_and_what_it_adds_is_there() {
    let added = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}});
    let (printed, _) = with_map(TRANSFORMING, |list| list["items"] = json!([added])).unwrap();
    assert_eq!(printed, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\n");
}

#[test]
fn functions_work_one_after_another_and_names_still_follow() {
    let files = [
        ("app/kustomization.yaml", "namePrefix: p-\nresources: [../base]\ntransformers: [two.yaml, one.yaml]\n"),
        ("app/one.yaml", &setting("one", "a")),
        ("app/two.yaml", &setting("two", "b")),
        ("base/kustomization.yaml", "resources: [pod.yaml]\nconfigMapGenerator: [{name: c, literals: [x=y]}]\n"),
        (
            "base/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {volumes: [{configMap: {name: c}}]}\n",
        ),
    ];
    let (printed, calls) = run(&files, |list| {
        for item in list["items"].as_array_mut().unwrap() {
            item["did"] = json!(format!("{}{}", item["did"].as_str().unwrap_or_default(), "."));
        }
    })
    .unwrap();
    let functions: Vec<&str> = calls.iter().map(|call| call.function.as_str()).collect();
    assert_eq!(functions, ["Tool 'two'", "Tool 'one'"]);
    assert!(printed.contains("did: ..\n"), "{printed}");
    let name = printed.lines().find_map(|line| line.strip_prefix("  name: p-c-")).unwrap();
    assert!(printed.contains(&format!("- configMap:\n      name: p-c-{name}\n")), "{printed}");
}

#[test]
fn a_generator_makes_objects_and_asks_for_hashes_as_kustomize_s_functions_do() {
    let (printed, calls) = with_map("generators: [tool.yaml]\n", |list| {
        let annotations = json!({"kustomize.config.k8s.io/needs-hash": "true"});
        let metadata = json!({"name": "made", "annotations": annotations});
        list["items"] = json!([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}]);
    })
    .unwrap();
    assert_eq!(calls[0].field, "generators");
    assert!(printed.contains("  name: made-") && !printed.contains("annotations"), "{printed}");
}

#[test]
fn a_validator_may_look_and_not_change() {
    let validating = "resources: [map.yaml]\nvalidators: [tool.yaml]\n";
    assert!(with_map(validating, |_| {}).unwrap().0.contains("name: map"));
    let error = with_map(validating, |list| list["items"][0]["data"]["a"] = json!("c")).unwrap_err().to_string();
    assert!(error.contains("app/kustomization.yaml: validators: validator shouldn't modify"), "{error}");
}

#[test]
fn an_answer_that_cannot_be_used_names_file_field_and_function() {
    let nameless = |list: &mut Value| list["items"] = json!([{"apiVersion": "v1", "kind": "ConfigMap"}]);
    let twice = |list: &mut Value| list["items"] = json!([list["items"][0], list["items"][0]]);
    let cases: [(&dyn Fn(&mut Value), &str); 2] =
        [(&nameless, "transformers: Tool 'one' gave back: metadata.name: missing"), (&twice, "already registered id")];
    for (tool, expected) in cases {
        let error = with_map(TRANSFORMING, tool).unwrap_err().to_string();
        assert!(error.starts_with("app/kustomization.yaml: ") && error.contains(expected), "{error}");
    }
}

#[test]
fn an_annotation_that_pins_nothing_is_refused() {
    for pin in ["tool", "tool@sha256:12", "@sha256:0123", "tool@md5:0123"] {
        let text = setting("one", "x").replace(&format!("tool@{DIGEST}"), pin);
        let error = run(&[("app/kustomization.yaml", "transformers: [tool.yaml]\n"), ("app/tool.yaml", &text)], |_| {});
        let error = error.unwrap_err().to_string();
        assert!(error.contains("Tool 'one': windlass.dev/component") && error.contains(pin), "{error}");
    }
}
