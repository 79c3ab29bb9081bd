//! Namespaces, Secrets, ConfigMaps and other kinds of the core group.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{FIELD_IS_IMMUTABLE, at, fill, immutable};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) fn begin_namespace(object: &mut Object) {
    let spec = object::child_mut(object, "spec");
    match spec.get_mut("finalizers") {
        Some(Value::Array(list)) if list.iter().any(|entry| entry == "kubernetes") => {}
        Some(Value::Array(list)) => list.push("kubernetes".into()),
        _ => drop(spec.insert("finalizers".into(), json!(["kubernetes"]))),
    }
    object.insert("status".into(), json!({ "phase": "Active" }));
}

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        "namespaces" => {
            let name = object::name(object).to_owned();
            let labels = object::child_mut(object::metadata_mut(object), "labels");
            labels.insert("kubernetes.io/metadata.name".into(), name.into());
        }
        "secrets" => default_secret(object),
        "events" => fill_event(object),
        _ => {}
    }
}

fn default_secret(object: &mut Object) {
    if let Some(Value::Object(texts)) = object.remove("stringData") {
        let data = object::child_mut(object, "data");
        for (key, text) in texts {
            data.insert(key, STANDARD.encode(text.as_str().unwrap_or_default()).into());
        }
    }
    if object::text(object, "type").is_empty() {
        object.insert("type".into(), "Opaque".into());
    }
}

/// These have no `omitempty`.
fn fill_event(object: &mut Object) {
    for key in ["eventTime", "firstTimestamp", "lastTimestamp"] {
        fill(object, key, Value::Null);
    }
    for key in ["reportingComponent", "reportingInstance"] {
        fill(object, key, "");
    }
    fill(object, "source", json!({}));
}

pub(super) fn validate(plural: &str, object: &Object, live: Option<&Object>) -> Vec<Cause> {
    match plural {
        "configmaps" => {
            let mut causes = frozen(object, live, &["data", "binaryData"]);
            causes.extend(keys(object, "data"));
            causes.extend(keys(object, "binaryData"));
            let binary = object::child(object, "binaryData");
            let twice = object::child(object, "data").keys().filter(|key| binary.contains_key(*key));
            let detail = "duplicate of key present in binaryData";
            causes.extend(twice.map(|key| Cause::invalid(format!("data[{key}]"), &key.as_str().into(), detail)));
            causes
        }
        "secrets" => validate_secret(object, live),
        _ => Vec::new(),
    }
}

fn validate_secret(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = frozen(object, live, &["data"]);
    causes.extend(keys(object, "data"));
    if let Some(live) = live {
        causes.extend(immutable(object, live, &[&["type"]], FIELD_IS_IMMUTABLE));
    }
    let data = object::child(object, "data");
    let required: &[&str] = match object::text(object, "type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/basic-auth" if !["username", "password"].iter().any(|key| data.contains_key(*key)) => {
            &["username", "password"]
        }
        _ => &[],
    };
    // A certificate may be empty, a key to log in with may not.
    let may_be_empty = object::text(object, "type") == "kubernetes.io/tls";
    let missing = required.iter().filter(|key| match data.get(**key) {
        Some(Value::String(text)) => text.is_empty() && !may_be_empty,
        _ => true,
    });
    causes.extend(missing.map(|key| Cause::required(format!("data[{key}]"), "")));
    if object::text(object, "type") == "kubernetes.io/service-account-token" {
        const ACCOUNT: &str = "kubernetes.io/service-account.name";
        let annotations = object::child(object::metadata(object), "annotations");
        if object::text(annotations, ACCOUNT).is_empty() {
            causes.push(Cause::required(format!("metadata.annotations[{ACCOUNT}]"), ""));
        }
    }
    causes
}

/// An object marked immutable keeps its data, and its mark.
fn frozen(object: &Object, live: Option<&Object>, data: &[&str]) -> Vec<Cause> {
    let Some(live) = live.filter(|live| live.get("immutable") == Some(&Value::Bool(true))) else { return Vec::new() };
    const WHEN: &str = "field is immutable when `immutable` is set";
    let mark = (object.get("immutable") != Some(&Value::Bool(true))).then_some("immutable");
    let changed = data.iter().copied().filter(|key| at(object, &[key]) != at(live, &[key]));
    mark.into_iter().chain(changed).map(|key| Cause::forbidden(key, WHEN)).collect()
}

fn keys(object: &Object, field: &str) -> Vec<Cause> {
    const DETAIL: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  \
                          or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    const LONGEST: usize = 253;
    let fits = |key: &str| {
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let fault = |key: &str| match key {
        "." => Some("must not be '.'"),
        ".." => Some("must not be '..'"),
        _ if key.len() > LONGEST => Some("must be no more than 253 characters"),
        _ if !fits(key) => Some(DETAIL),
        _ if key.starts_with("..") => Some("must not start with '..'"),
        _ => None,
    };
    let wrong = object::child(object, field).keys().filter_map(|key| Some((key, fault(key)?)));
    wrong.map(|(key, fault)| Cause::invalid(format!("{field}[{key}]"), &key.as_str().into(), fault)).collect()
}
