//! Namespaces, Secrets, ConfigMaps and other kinds of the core group.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::spot::Spot;
use super::{at, each, fill, formats};
use crate::error::Cause;
use crate::object::{self, Object};

pub(super) fn begin_namespace(object: &mut Object) {
    label_with_name(object);
    let spec = object::child_mut(object, "spec");
    match spec.get_mut("finalizers") {
        Some(Value::Array(list)) if list.iter().any(|entry| entry == "kubernetes") => {}
        Some(Value::Array(list)) => list.push("kubernetes".into()),
        _ => drop(spec.insert("finalizers".into(), json!(["kubernetes"]))),
    }
    object.insert("status".into(), json!({ "phase": "Active" }));
}

fn label_with_name(object: &mut Object) {
    let name = object::name(object).to_owned();
    let labels = object::child_mut(object::metadata_mut(object), "labels");
    labels.insert("kubernetes.io/metadata.name".into(), name.into());
}

pub(super) fn default(plural: &str, object: &mut Object) {
    match plural {
        // One that is not named yet gets the label with its name.
        "namespaces" if !object::name(object).is_empty() => label_with_name(object),
        "secrets" => default_secret(object),
        "events" => fill_event(object),
        "endpoints" => each(object, "subsets").for_each(|subset| {
            each(subset, "ports").for_each(|port| fill(port, "protocol", "TCP"));
        }),
        "nodes" => default_node(object::child_mut(object, "spec")),
        _ => {}
    }
}

/// The old field for one range of addresses and the new one for several say the same.
fn default_node(spec: &mut Object) {
    let first = spec.get("podCIDRs").and_then(|ranges| ranges.get(0)).cloned();
    if let Some(range) = spec.get("podCIDR").filter(|range| *range != "").cloned() {
        fill(spec, "podCIDRs", json!([range]));
    } else if let Some(first) = first {
        spec.insert("podCIDR".into(), first);
    }
}

/// No node is ready before its kubelet has said so.
pub(super) fn taint_node(object: &mut Object) {
    let taint = json!({ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" });
    let taints = object::child_mut(object, "spec").entry("taints").or_insert_with(|| json!([]));
    if let Some(taints) = taints.as_array_mut().filter(|taints| !taints.contains(&taint)) {
        taints.push(taint);
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
        "events" => validate_event(object),
        "namespaces" => validate_namespace(object, live),
        _ => Vec::new(),
    }
}

fn validate_namespace(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if live.is_none() {
        for finalizer in Spot::of(object, "spec").at("finalizers").items().map(|one| one.named("spec.finalizers")) {
            causes.extend(finalizer.breaches(formats::qualified));
            if !finalizer.text().contains('/') && finalizer.text() != "kubernetes" {
                causes.push(finalizer.invalid("name is neither a standard finalizer name nor is it fully qualified"));
            }
        }
    }
    let labels = Spot::of(object, "metadata").at("labels");
    for mode in ["enforce", "audit", "warn"].map(|mode| labels.entry(&format!("pod-security.kubernetes.io/{mode}"))) {
        if mode.is_set() && !matches!(mode.text(), "privileged" | "baseline" | "restricted") {
            causes.push(mode.invalid("must be one of privileged, baseline, restricted"));
        }
    }
    causes
}

fn validate_secret(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(live) = live {
        causes.extend(Spot::of(object, "type").unchanged(&Spot::of(live, "type")));
    }
    causes.extend(frozen(object, live, &["data"]));
    causes.extend(keys(object, "data"));
    let entry = |key: &str| Spot::of(object, "data").entry(key);
    match object::text(object, "type") {
        "kubernetes.io/service-account-token" => {
            let account = Spot::of(object, "metadata").at("annotations").entry("kubernetes.io/service-account.name");
            causes.extend(account.required_text());
        }
        "kubernetes.io/dockercfg" => causes.extend(registry_access(&entry(".dockercfg"))),
        "kubernetes.io/dockerconfigjson" => causes.extend(registry_access(&entry(".dockerconfigjson"))),
        "kubernetes.io/ssh-auth" => causes.extend(entry("ssh-privatekey").required_text()),
        "kubernetes.io/tls" => {
            let missing = ["tls.crt", "tls.key"].map(entry).into_iter().filter(|one| !one.is_set());
            causes.extend(missing.map(|one| one.required("")));
        }
        "kubernetes.io/basic-auth" if ["username", "password"].iter().all(|key| !entry(key).is_set()) => {
            causes.extend(["username", "password"].map(|key| entry(key).required("")));
        }
        _ => {}
    }
    causes
}

/// How to log in to registries is JSON; what it is, no message tells.
fn registry_access(entry: &Spot<'_>) -> Option<Cause> {
    if !entry.is_set() {
        return Some(entry.required(""));
    }
    let bytes = STANDARD.decode(entry.text()).unwrap_or_default();
    let fault = json_fault(&bytes)?;
    Some(entry.invalid_as("<secret contents redacted>", fault))
}

/// Why bytes are not a JSON object, in the words of Go's decoder.
fn json_fault(bytes: &[u8]) -> Option<String> {
    let error = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(_) | Value::Null) => return None,
        Ok(other) => {
            let kind = match other {
                Value::Bool(_) => "bool",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                _ => "array",
            };
            return Some(format!("json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"));
        }
        Err(error) => error,
    };
    if error.is_eof() {
        return Some("unexpected end of JSON input".into());
    }
    let offset = bytes
        .split(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(|line| line.len() + 1)
        .sum::<usize>();
    let at = (offset + error.column()).saturating_sub(1);
    let letter = bytes.get(at).map_or(' ', |byte| char::from(*byte));
    Some(format!("invalid character '{letter}' looking for beginning of value"))
}

fn validate_event(object: &Object) -> Vec<Cause> {
    const LONGEST: usize = 128;
    let own = object::namespace(object);
    let of = Spot::of(object, "involvedObject").at("namespace");
    let detail = "does not match event.namespace";
    if !Spot::of(object, "eventTime").has_text() {
        let fits = own == of.text() || of.text().is_empty() && matches!(own, "" | "default");
        return if fits { Vec::new() } else { vec![of.invalid_as(of.text(), detail)] };
    }
    let mut causes = Vec::new();
    if of.text().is_empty() && !matches!(own, "default" | "kube-system") {
        causes.push(of.invalid_as("", detail));
    }
    let component = Spot::of(object, "reportingComponent");
    causes.extend(component.required_text());
    causes.extend(component.breaches(formats::qualified));
    for word in ["reportingInstance", "action", "reason"].map(|key| Spot::of(object, key)) {
        causes.extend(word.required_text());
        if word.text().len() > LONGEST {
            causes.push(word.invalid_as("", format!("can have at most {LONGEST} characters")));
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
    let wrong = object::child(object, field)
        .keys()
        .flat_map(|key| formats::config_key(key).into_iter().map(move |fault| (key, fault)));
    wrong.map(|(key, fault)| Cause::invalid(format!("{field}[{key}]"), &key.as_str().into(), fault)).collect()
}
