//! Field selectors: `metadata.name=a,status.phase!=Running`.

use serde_json::Value;

use crate::catalog::Resource;
use crate::error::ApiError;
use crate::object::Object;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    path: String,
    value: String,
    equal: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSelector(Vec<Requirement>);

impl FieldSelector {
    pub(super) fn parse(resource: &Resource, text: &str) -> Result<Self, ApiError> {
        let parts = split_terms(text).into_iter().filter(|part| !part.trim().is_empty());
        parts.map(|part| requirement(resource, part)).collect::<Result<_, _>>().map(FieldSelector)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn exact_name(&self) -> Option<&str> {
        let mut named = self.0.iter().filter(|entry| entry.equal && entry.path == NAME);
        named.next().map(|entry| entry.value.as_str())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| entry.path.as_str())
    }

    pub(super) fn matches<T: AsRef<str>>(&self, text: impl Fn(&str) -> T) -> bool {
        self.0.iter().all(|entry| (text(&entry.path).as_ref() == entry.value) == entry.equal)
    }
}

/// Splits at commas that no backslash stands before.
fn split_terms(text: &str) -> Vec<&str> {
    let (mut terms, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

/// Undoes the escapes of a value: backslash, comma and equals sign have one before them.
fn unescaped(value: &str) -> Result<String, ApiError> {
    let bad = |problem: String| ApiError::bad_request(format!("invalid field selector: {problem}"));
    let mut out = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => out.push(escaped),
                other => {
                    return Err(bad(format!(
                        "invalid escape sequence: \\{}",
                        other.map_or(String::new(), String::from)
                    )));
                }
            },
            ',' | '=' => return Err(bad(format!("unescaped character in value: {}", u32::from(letter)))),
            letter => out.push(letter),
        }
    }
    Ok(out)
}

fn requirement(resource: &Resource, text: &str) -> Result<Requirement, ApiError> {
    let (path, value, equal) = if let Some((path, value)) = text.split_once("!=") {
        (path, value, false)
    } else if let Some((path, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (path, value, true)
    } else {
        return Err(ApiError::bad_request(format!("invalid selector: '{text}'; can't understand '{text}'")));
    };
    let path = path.trim();
    if !selectable(resource, path) {
        if resource.custom.is_none() && own_fields(resource).is_empty() {
            let known = "only \"metadata.name\", \"metadata.namespace\"";
            return Err(ApiError::bad_request(format!("{path:?} is not a known field selector: {known}")));
        }
        if resource.is("batch", "jobs") {
            return Err(ApiError::bad_request(format!("field label {path:?} not supported for Job")));
        }
        return Err(ApiError::bad_request(format!("field label not supported: {path}")));
    }
    Ok(Requirement { path: path.into(), value: unescaped(value.trim())?, equal })
}

const NAME: &str = "metadata.name";
const NAMESPACE: &str = "metadata.namespace";

/// What objects of the resource can be selected by, without what a definition adds.
pub(super) fn built_in(resource: &Resource) -> impl Iterator<Item = &'static str> {
    [NAME, NAMESPACE].into_iter().chain(own_fields(resource).iter().copied())
}

fn selectable(resource: &Resource, path: &str) -> bool {
    if path == NAME || (path == NAMESPACE && resource.namespaced) {
        return true;
    }
    if let Some(custom) = &resource.custom {
        return custom.selectable_fields.iter().any(|field| field == path);
    }
    own_fields(resource).contains(&path)
}

/// What a built-in kind can be selected by, besides its name.
fn own_fields(resource: &Resource) -> &'static [&'static str] {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("" | "events.k8s.io", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "replicationcontrollers") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("certificates.k8s.io", _) => &["spec.signerName"],
        ("resource.k8s.io", "resourceslices") => &["spec.nodeName", "spec.driver"],
        _ => &[],
    }
}

/// The text a field compares as; absent fields are empty.
pub(super) fn text(object: &Object, path: &str) -> String {
    if path == "source" {
        return text(object, "source.component");
    }
    let mut parts = path.split('.');
    let first = parts.next().and_then(|part| object.get(part));
    match parts.try_fold(first, |value, part| value.map(|value| value.get(part))).flatten() {
        Some(Value::String(found)) => found.clone(),
        Some(Value::Null) | None => absent_text(path),
        Some(other) => other.to_string(),
    }
}

fn absent_text(path: &str) -> String {
    match path {
        "spec.unschedulable" | "spec.hostNetwork" => "false".into(),
        "status.replicas" | "status.successful" => "0".into(),
        _ => String::new(),
    }
}
