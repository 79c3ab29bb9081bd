//! What the documents of a file mean: objects, lists of objects, text that is no manifest, mistakes.

use serde_json::Value;
use windlass_sdk::{
    Diagnostic, Failure,
    generator::yaml::{Document, Parsed, Shape},
};

use crate::select::contains;

/// The objects of one file: the line each stands on, and its JSON.
type Objects = Vec<(u32, Vec<u8>)>;

/// What one document is.
enum Meaning {
    Nothing,
    Object,
    /// Its items are the objects.
    List,
    /// Not an object, and nobody would take it for one.
    Unrelated,
    /// Somebody meant it as an object.
    Broken(&'static str),
}

/// The objects of a file. A file that does not parse, or whose document is no object, is an error where it
/// looks like a manifest and is passed over where it does not: folders hold other YAML too.
pub(crate) fn from_documents(path: &str, text: &[u8], parsed: Parsed) -> Result<Objects, Failure> {
    let mut objects = Objects::new();
    let mut read = false;
    for document in parsed.documents {
        match meaning(&document) {
            Meaning::Nothing => {}
            Meaning::Object => objects.push((document.line, document.json)),
            Meaning::List => objects.extend(items(path, &document)?),
            Meaning::Broken(message) => {
                return Err(Diagnostic::error("not-an-object", message).at_line(path, document.line).into());
            }
            // One that follows objects was meant to be one; else the whole file is something else.
            Meaning::Unrelated if read => {
                let message =
                    "is no Kubernetes object, and stands in a file with some; remove it or add apiVersion and kind";
                return Err(Diagnostic::error("not-an-object", message).at_line(path, document.line).into());
            }
            Meaning::Unrelated => return Ok(objects),
        }
        read |= !matches!(document.shape, Shape::Empty);
    }
    match parsed.problem {
        Some(problem) if read || looks_like_manifest(text) || is_json(path) => {
            let message = format!("{}; correct the file, or exclude it", problem.message);
            let at = Diagnostic::error("yaml-syntax", message);
            Err(if problem.line == 0 { at.at(path) } else { at.at_line(path, problem.line) }.into())
        }
        _ => Ok(objects),
    }
}

fn meaning(document: &Document) -> Meaning {
    let has = |key: &str| document.keys.iter().any(|own| own == key);
    match document.shape {
        Shape::Empty => Meaning::Nothing,
        Shape::Scalar | Shape::Sequence => Meaning::Unrelated,
        Shape::Mapping if document.kind.as_deref().is_some_and(|kind| !kind.is_empty()) => {
            if has("items") {
                Meaning::List
            } else {
                Meaning::Object
            }
        }
        Shape::Mapping if has("kind") => Meaning::Broken("`kind` is not a name; write it as a string"),
        Shape::Mapping if has("apiVersion") && has("metadata") => {
            Meaning::Broken("has apiVersion and metadata but no kind; add the kind")
        }
        Shape::Mapping => Meaning::Unrelated,
    }
}

/// The items of anything that has an array `items`: `List`, `ConfigMapList`, whatever its kind says.
fn items(path: &str, document: &Document) -> Result<Objects, Failure> {
    let broken = |message: String| Failure::from(Diagnostic::error("list", message).at_line(path, document.line));
    let mut list: Value = serde_json::from_slice(&document.json).map_err(|error| broken(error.to_string()))?;
    let items = match list["items"].take() {
        Value::Array(items) => items,
        // A list whose items are null is an empty one, unless it is an object that happens to have the field.
        Value::Null if list.get("spec").is_none() && list.get("status").is_none() => Vec::new(),
        _ => return Ok(vec![(document.line, document.json.clone())]),
    };
    let object = |(index, item): (usize, Value)| match item {
        Value::Object(_) => Ok((document.line, item.to_string().into_bytes())),
        _ => Err(broken(format!("item {} of the list is not an object", index + 1))),
    };
    items.into_iter().enumerate().map(object).collect()
}

fn looks_like_manifest(text: &[u8]) -> bool {
    [b"apiVersion:".as_slice(), b"kind:", b"metadata:"].iter().all(|word| contains(text, word))
}

fn is_json(path: &str) -> bool {
    path.ends_with(".json")
}

#[cfg(test)]
mod tests {
    use windlass_sdk::generator::yaml::Problem;

    use super::*;

    /// A document as the host reports it.
    fn document(line: u32, json: &str) -> Document {
        let value: Value = serde_json::from_str(json).unwrap();
        let text = |key: &str| value.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        Document {
            line,
            json: json.as_bytes().to_vec(),
            shape: match &value {
                Value::Null => Shape::Empty,
                Value::Array(_) => Shape::Sequence,
                Value::Object(_) => Shape::Mapping,
                _ => Shape::Scalar,
            },
            api_version: text("apiVersion"),
            kind: text("kind"),
            keys: value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default(),
        }
    }

    fn check(documents: &[(u32, &str)], expected: Result<&[(u32, &str)], &str>) {
        let documents = documents.iter().map(|(line, json)| document(*line, json)).collect();
        let found = from_documents("a.yaml", b"", Parsed { documents, problem: None });
        match (found, expected) {
            (Ok(objects), Ok(expected)) => {
                let objects: Vec<_> =
                    objects.iter().map(|(line, json)| (*line, std::str::from_utf8(json).unwrap())).collect();
                assert_eq!(objects, expected);
            }
            (Err(Failure::Invalid(diagnostics)), Err(place)) => {
                assert_eq!(diagnostics[0].at.as_ref().unwrap().to_string(), place);
            }
            (found, expected) => panic!("{found:?}, expected {expected:?}"),
        }
    }

    const OBJECT: &str = r#"{"apiVersion":"v1","kind":"ConfigMap"}"#;

    #[test]
    fn documents_become_objects_with_their_lines() {
        check(&[(1, OBJECT), (9, "null"), (12, OBJECT)], Ok(&[(1, OBJECT), (12, OBJECT)]));
        check(&[(1, r#"{"kind":"ConfigMap"}"#)], Ok(&[(1, r#"{"kind":"ConfigMap"}"#)]));
    }

    #[test]
    fn whatever_has_items_is_a_list() {
        check(&[(3, r#"{"kind":"List","items":[{"a":1},{"b":2}]}"#)], Ok(&[(3, r#"{"a":1}"#), (3, r#"{"b":2}"#)]));
        check(&[(3, r#"{"kind":"Bag","items":[{"a":1}],"spec":{}}"#)], Ok(&[(3, r#"{"a":1}"#)]));
        check(&[(3, r#"{"kind":"ConfigMapList","items":null}"#)], Ok(&[]));
        let odd = r#"{"kind":"Bag","items":"x"}"#;
        check(&[(3, odd)], Ok(&[(3, odd)]));
        check(&[(3, r#"{"kind":"List","items":[1]}"#)], Err("a.yaml:3"));
    }

    #[test]
    fn other_yaml_is_passed_over_and_a_broken_object_is_not() {
        check(&[(1, "[1,2]")], Ok(&[]));
        check(&[(1, r#"{"replicas":3}"#)], Ok(&[]));
        check(&[(2, r#"{"apiVersion":"v1","metadata":{"name":"x"}}"#)], Err("a.yaml:2"));
        check(&[(2, r#"{"apiVersion":"v1","kind":3}"#)], Err("a.yaml:2"));
        check(&[(1, OBJECT), (7, "[1]")], Err("a.yaml:7"));
    }

    #[test]
    fn a_syntax_error_counts_where_the_file_looks_like_a_manifest() {
        let parsed = || Parsed {
            documents: Vec::new(),
            problem: Some(Problem { line: 4, column: 1, message: "did not find expected ','".into() }),
        };
        assert!(from_documents("a.yaml", b"apiVersion: v1\nkind: X\nmetadata:\n  name: [a\n", parsed()).is_err());
        assert!(from_documents("a.yaml", b"values: [a\n", parsed()).unwrap().is_empty());
        assert!(from_documents("a.json", b"{", parsed()).is_err());
        let after = Parsed { documents: vec![document(1, OBJECT)], ..parsed() };
        assert!(from_documents("a.yaml", b"", after).is_err());
    }
}
