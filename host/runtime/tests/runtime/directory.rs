//! The component `directory`, from files to manifests.

use std::sync::Arc;

use windlass_model::{MemoryTree, Present, Read, TreePath};
use windlass_runtime::{CallError, GenerateRequest, Grants, Kind, Limits};

use super::{built_in, generate, runtime};

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ";

fn tree() -> MemoryTree {
    let config = |name: &str| format!("{CONFIG}{name}\n");
    MemoryTree::default()
        .with("app/a.yaml", config("a"))
        .with("app/sub/b.yaml", config("b"))
        .with("app/sub/deep/c.yml", config("c"))
        .with("app/.hidden/h.yaml", config("h"))
        .with("app/d.txt", config("d"))
        .with("app/test-x.yaml", format!("{}---\n---\n{}", config("x"), config("z")))
}

/// Names of the objects, or the error's text.
fn names(tree: MemoryTree, parameters: &str) -> Result<Vec<String>, String> {
    let plugin = built_in("directory");
    let generated = generate(&plugin, tree, "app", parameters).map_err(|error| error.to_string())?;
    let name = |body: &[u8]| {
        let object: serde_json::Value = serde_json::from_slice(body).unwrap();
        object["metadata"]["name"].as_str().unwrap_or("?").to_owned()
    };
    Ok(generated.manifests.iter().map(|manifest| name(&manifest.body)).collect())
}

#[test]
fn the_component_describes_itself_without_being_run() {
    let plugin = built_in("directory");
    let manifest = plugin.manifest().unwrap();
    assert_eq!((plugin.kind(), manifest.name.as_str()), (Kind::Generator, "directory"));
    assert!(manifest.parameters["properties"]["recurse"].is_object());
    assert!(plugin.capabilities().is_empty(), "it asks for {:?}", plugin.capabilities());
}

#[test]
fn one_folder_or_all_below_and_hidden_folders_too() {
    assert_eq!(names(tree(), "{}").unwrap(), ["a", "x", "z"]);
    assert_eq!(names(tree(), r#"{"recurse":true}"#).unwrap(), ["h", "a", "b", "c", "x", "z"]);
    let include = r#"{"recurse":true,"include":"{a.yaml,sub/deep/*.yml}"}"#;
    assert_eq!(names(tree(), include).unwrap(), ["a", "c"]);
}

#[test]
fn every_manifest_knows_its_file_and_line() {
    let plugin = built_in("directory");
    let generated = generate(&plugin, tree(), "app", "{}").unwrap();
    let origins: Vec<_> = generated.manifests.iter().map(|m| m.origin.as_ref().unwrap().to_string()).collect();
    assert_eq!(origins, ["app/a.yaml:1", "app/test-x.yaml:1", "app/test-x.yaml:7"]);
}

#[test]
fn errors_name_file_and_line_and_the_plugin() {
    let broken = tree().with("app/z.yaml", format!("{CONFIG}[a\n"));
    let error = names(broken, "{}").unwrap_err();
    assert!(error.starts_with("plugin directory@") && error.contains("app/z.yaml:"), "{error}");
    let kindless = tree().with("app/z.yaml", format!("{CONFIG}z\n---\napiVersion: v1\nmetadata:\n  name: k\n"));
    let error = names(kindless, "{}").unwrap_err();
    assert!(error.contains("app/z.yaml:6: has apiVersion and metadata but no kind"), "{error}");
}

#[test]
fn the_read_set_holds_what_was_read_and_nothing_else() {
    let plugin = built_in("directory");
    let generated = generate(&plugin, tree(), "app", "{}").unwrap();
    let reads: Vec<_> = generated.reads.iter().map(|(read, _)| read.clone()).collect();
    let file = |path: &str| Read::File(path.into());
    assert_eq!(reads, [file("app/a.yaml"), file("app/test-x.yaml"), Read::Listing("app".into())]);
    let holds =
        |tree: MemoryTree| generated.reads.holds_for(&Present { tree: &tree, now: 0, lookup: &|_| None }).unwrap();
    assert!(holds(tree().with("app/d.txt", "changed")));
    assert!(!holds(tree().with("app/e.yaml", "new")));
}

#[test]
fn a_result_that_is_not_kept_names_no_files_and_must_not_be_reused() {
    let new = GenerateRequest::new(Arc::new(tree()), TreePath::parse("app").unwrap(), "{}");
    let request = GenerateRequest { keeps: false, ..new };
    let limits = Limits::of(Kind::Generator);
    let generated = runtime().generate(&built_in("directory"), &Grants::denied(), &request, &limits).unwrap();
    assert!(!generated.manifests.is_empty() && !generated.cacheable);
    assert_eq!(generated.reads.iter().count(), 0);
}

#[test]
fn an_empty_folder_gives_nothing_and_does_not_call_that_intended() {
    let plugin = built_in("directory");
    let generated = generate(&plugin, MemoryTree::default().with("app/README.md", "x"), "app", "{}").unwrap();
    assert!(generated.manifests.is_empty() && !generated.intentionally_empty);
}

#[test]
fn a_missing_folder_is_the_plugins_own_failure() {
    let plugin = built_in("directory");
    let error = generate(&plugin, MemoryTree::default().with("other/x.yaml", "x"), "app", "{}").unwrap_err();
    assert!(matches!(error, CallError::Failed { .. }), "{error}");
}
