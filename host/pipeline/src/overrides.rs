//! Overrides that lie next to the manifests: `.argocd-source.yaml`, and `.argocd-source-<name>.yaml` for one application.
//!
//! They are read anew for each generation and become part of what is asked, so no read set has to name them.

use serde_json::{Map, Value};
use windlass_model::{Tree, TreeError, TreePath, application::Source};
use windlass_yaml::{Limits, first_to_json};

use crate::Problem;

/// The source with the files' parameters merged over its own, the application's file last. Where a source comes from
/// is not theirs to say: of each file, only the parameters of the generators in `known` count.
pub(crate) fn overridden(
    source: &Source,
    tree: &dyn Tree,
    root: &TreePath,
    application: &str,
    known: &dyn Fn(&str) -> bool,
) -> Result<Source, Problem> {
    let mut overridden = source.clone();
    for name in [".argocd-source.yaml".to_owned(), format!(".argocd-source-{application}.yaml")] {
        let Some(path) = root.join(&name) else { continue };
        if let Some(patch) = read(tree, &path)? {
            lay_over(&mut overridden.generators, patch, known).map_err(|reason| faulty(&path, &reason))?;
        }
    }
    Ok(overridden)
}

fn read(tree: &dyn Tree, path: &TreePath) -> Result<Option<Map<String, Value>>, Problem> {
    let text = match tree.read(path) {
        Ok(text) => text,
        Err(TreeError::NotFound { .. } | TreeError::NotAFile { .. }) => return Ok(None),
        Err(error) => return Err(faulty(path, &error.to_string())),
    };
    match first_to_json(&text, &Limits::default()).map_err(|error| faulty(path, &error.to_string()))? {
        None => Ok(None),
        Some(document) => match document.value {
            Value::Object(patch) => Ok(Some(patch)),
            _ => Err(faulty(path, "must be a mapping, such as `helm: {releaseName: web}`")),
        },
    }
}

fn lay_over(
    generators: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
    known: &dyn Fn(&str) -> bool,
) -> Result<(), String> {
    patch.retain(|name, _| known(name));
    let before = Value::Object(std::mem::take(generators));
    let after = windlass_merge::json::merge(&before, &Value::Object(patch)).map_err(|error| error.to_string())?;
    if let Value::Object(after) = after {
        *generators = after;
    }
    Ok(())
}

fn faulty(path: &TreePath, reason: &str) -> Problem {
    Problem::comparison(format!("error while parsing source parameters: {path}: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use windlass_model::MemoryTree;

    use super::*;

    fn merged(files: &[(&str, &str)]) -> Result<Source, Problem> {
        let source =
            json!({ "repoURL": "https://host/a", "path": "app", "helm": { "releaseName": "own", "values": "a: 1" } });
        let tree =
            files.iter().fold(MemoryTree::default(), |tree, (name, text)| tree.with(&format!("app/{name}"), *text));
        let root = TreePath::parse("app").unwrap();
        let known = |name: &str| ["helm", "kustomize"].contains(&name);
        overridden(&serde_json::from_value(source).unwrap(), &tree, &root, "web", &known)
    }

    #[test]
    fn the_file_of_the_application_comes_last_and_null_takes_a_field_away() {
        let general = (".argocd-source.yaml", "helm:\n  releaseName: general\n  namespace: prod\n");
        let special = (".argocd-source-web.yaml", "helm:\n  releaseName: special\n  values: null\n");
        let other = (".argocd-source-other.yaml", "helm: {releaseName: other}");
        let source = merged(&[general, special, other]).unwrap();
        assert_eq!(source.generators["helm"], json!({ "releaseName": "special", "namespace": "prod" }));
    }

    #[test]
    fn where_the_source_comes_from_stays_and_unknown_fields_are_passed_over() {
        let text = "repoURL: https://evil/b\npath: elsewhere\ntargetRevision: v9\nchart: c\nnote: hello\n";
        let source = merged(&[(".argocd-source.yaml", text)]).unwrap();
        assert_eq!(source, merged(&[]).unwrap());
    }

    #[test]
    fn a_file_that_is_no_mapping_is_named_and_an_empty_one_or_a_folder_says_nothing() {
        assert_eq!(merged(&[(".argocd-source.yaml", "# later\n"), (".argocd-source-web.yaml/x", "")]), merged(&[]));
        for text in ["- a", "a: [", "text"] {
            let message = merged(&[(".argocd-source-web.yaml", text)]).unwrap_err().message;
            assert!(message.contains("app/.argocd-source-web.yaml"), "{message}");
        }
    }
}
