//! Names, labels and annotations: what every object's metadata must be.

use serde_json::Value;

use crate::catalog::Resource;
use crate::error::Cause;
use crate::object::{self, Object};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                     validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                             alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or \
                             'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                           and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
                           '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                         validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const KEY: &str = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                   with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                   validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const MAX_ANNOTATIONS: usize = 256 * 1024;

pub(super) fn validate(resource: &Resource, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if live.is_none() {
        causes.extend(name_fault(resource, object::name(object)));
    }
    let metadata = object::metadata(object);
    for (key, value) in object::child(metadata, "labels") {
        causes.extend(key_fault("metadata.labels", key));
        causes.extend(value_fault("metadata.labels", value.as_str().unwrap_or_default()));
    }
    let annotations = object::child(metadata, "annotations");
    causes.extend(annotations.keys().filter_map(|key| key_fault("metadata.annotations", &key.to_lowercase())));
    let size: usize = annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > MAX_ANNOTATIONS {
        causes.push(Cause::too_long("metadata.annotations", MAX_ANNOTATIONS));
    }
    causes.extend(owner_faults(metadata));
    // Some kinds check that a finalizer is a name, most that it is qualified.
    const ANY_NAME: [&str; 7] = [
        "apiservices",
        "customresourcedefinitions",
        "events",
        "leases",
        "mutatingwebhookconfigurations",
        "poddisruptionbudgets",
        "validatingwebhookconfigurations",
    ];
    let qualified = !resource.is_custom() && !ANY_NAME.contains(&resource.plural.as_str());
    causes.extend(finalizer_faults(object, live, qualified));
    causes
}

/// Who owns an object has to be named in full, and at most one may control it.
fn owner_faults(metadata: &Object) -> Vec<Cause> {
    let owners = metadata.get("ownerReferences").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut causes = Vec::new();
    for (index, owner) in owners.iter().enumerate() {
        let place = |key: &str| format!("metadata.ownerReferences[{index}].{key}");
        let text = |key: &str| owner[key].as_str().unwrap_or_default();
        if text("apiVersion").matches('/').count() > 1 {
            let detail = "must be <group>/<version> or <version>";
            causes.push(Cause::invalid(place("apiVersion"), &owner["apiVersion"], detail));
        }
        let missing = ["apiVersion", "kind", "name", "uid"].into_iter().filter(|key| text(key).is_empty());
        causes.extend(missing.map(|key| Cause::required(place(key), "must not be empty")));
    }
    causes
}

fn finalizer_faults(object: &Object, live: Option<&Object>, qualified: bool) -> Vec<Cause> {
    const STANDARD: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    let mut causes = Vec::new();
    for (index, finalizer) in object::finalizers(object).enumerate() {
        let place = format!("metadata.finalizers[{index}]");
        if let Some(fault) = key_fault(&place, finalizer) {
            causes.push(fault);
        } else if qualified && !finalizer.contains('/') && !STANDARD.contains(&finalizer) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(place, &finalizer.into(), detail));
        }
    }
    if let Some(live) = live.filter(|live| object::is_terminating(live)) {
        let added: Vec<String> = object::finalizers(object)
            .filter(|finalizer| !object::has_finalizer(live, finalizer))
            .map(|finalizer| format!("{finalizer:?}"))
            .collect();
        if !added.is_empty() {
            let found = added.join(", ");
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{found}}}"
            );
            causes.push(Cause::forbidden("metadata.finalizers", &detail));
        }
    }
    causes
}

/// The fault of what must be a label's value.
pub fn value_fault(field: &str, text: &str) -> Option<Cause> {
    let invalid = |detail: &str| Some(Cause::invalid(field, &text.into(), detail));
    if text.len() > 63 {
        return invalid("must be no more than 63 bytes");
    }
    if text.is_empty() || is_qualified(text) { None } else { invalid(LABEL_VALUE) }
}

fn name_fault(resource: &Resource, name: &str) -> Option<Cause> {
    let field = "metadata.name";
    let invalid = |detail: &str| Some(Cause::invalid(field, &Value::from(name), detail));
    match (resource.group.as_str(), resource.plural.as_str()) {
        // Colons and the like are usual here; only what a path cannot carry is refused.
        ("rbac.authorization.k8s.io", _) => path_fault(name).and_then(invalid),
        ("", "services") if !is_label(name) || name.starts_with(|first: char| first.is_ascii_digit()) => {
            invalid(SERVICE_LABEL)
        }
        ("", "namespaces") => label_fault(field, name),
        // Events are named by whoever sends them.
        ("", "events") => None,
        _ if name.len() > 253 => invalid("must be no more than 253 characters"),
        _ if !is_subdomain(name) => invalid(SUBDOMAIN),
        _ => None,
    }
}

/// Why a name cannot be a part of a path.
pub(super) fn path_fault(name: &str) -> Option<&'static str> {
    match name {
        "." => Some("may not be '.'"),
        ".." => Some("may not be '..'"),
        _ if name.contains('/') => Some("may not contain '/'"),
        _ if name.contains('%') => Some("may not contain '%'"),
        _ => None,
    }
}

/// The fault of what must be a DNS subdomain.
pub(super) fn subdomain_fault(field: impl Into<String>, name: &str) -> Option<Cause> {
    (!is_subdomain(name)).then(|| Cause::invalid(field, &name.into(), SUBDOMAIN))
}

/// The fault of what must be a DNS label.
pub(super) fn label_fault(field: &str, name: &str) -> Option<Cause> {
    let invalid = |detail: &str| Some(Cause::invalid(field, &Value::from(name), detail));
    if !is_label(name) {
        return invalid(LABEL);
    }
    if name.len() > 63 { invalid("must be no more than 63 bytes") } else { None }
}

/// The fault of what must be a label's key.
pub fn key_fault(field: &str, key: &str) -> Option<Cause> {
    let invalid = |detail: &str| Some(Cause::invalid(field, &Value::from(key), detail));
    if key.matches('/').count() > 1 {
        return invalid(&format!("{KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"));
    }
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    match prefix {
        Some("") => return invalid("prefix part must be non-empty"),
        Some(prefix) if !is_subdomain(prefix) => return invalid(&format!("prefix part {SUBDOMAIN}")),
        _ => {}
    }
    if name.is_empty() {
        return invalid("name part must be non-empty");
    }
    if name.len() > 63 {
        return invalid("name part must be no more than 63 bytes");
    }
    if is_qualified(name) { None } else { invalid(QUALIFIED) }
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_qualified(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
