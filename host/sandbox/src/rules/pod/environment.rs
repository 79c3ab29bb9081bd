//! Variables of a container's environment, and the fields of its Pod that they can show.

use crate::error::Cause;
use crate::rules::formats;
use crate::rules::spot::Spot;

/// Fields that a variable can show.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Fields that a file can show.
const FILE_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Fields that the Pod has for this, whether or not the place may show them.
const KNOWN: [&str; 5] =
    ["spec.restartPolicy", "spec.schedulerName", "status.phase", "metadata.annotations", "metadata.labels"];
const AMOUNTS: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

pub(super) fn faults(container: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for variable in container.at("env").items() {
        causes.extend(variable.at("name").breaches_or_required(formats::variable));
        causes.extend(value_from(&variable));
    }
    let whole = container.at("envFrom");
    for source in whole.items() {
        causes.extend(source.at("prefix").breaches_if_set(formats::variable));
        let given = ["configMapRef", "secretRef"].map(|key| source.at(key));
        let given: Vec<&Spot<'_>> = given.iter().filter(|spot| spot.is_set()).collect();
        causes.extend(given.iter().flat_map(|spot| spot.at("name").breaches_or_required(formats::subdomain)));
        match given.len() {
            0 => causes.push(whole.invalid_as("", "must specify one of: `configMapRef` or `secretRef`")),
            1 => {}
            _ => causes.push(whole.invalid_as("", "may not have more than one field specified at a time")),
        }
    }
    causes
}

fn value_from(variable: &Spot<'_>) -> Vec<Cause> {
    let from = variable.at("valueFrom");
    if !from.is_set() {
        return Vec::new();
    }
    let given: Vec<(&str, Spot<'_>)> =
        SOURCES.iter().map(|key| (*key, from.at(key))).filter(|(_, source)| source.is_set()).collect();
    let mut causes: Vec<Cause> = given.iter().flat_map(|(kind, source)| source_faults(kind, source)).collect();
    let detail = match given.len() {
        0 => "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        _ if variable.at("value").has_text() => "may not be specified when `value` is not empty",
        1 => return causes,
        _ => "may not have more than one field specified at a time",
    };
    causes.push(from.invalid_as("", detail));
    causes
}

fn source_faults(kind: &str, source: &Spot<'_>) -> Vec<Cause> {
    match kind {
        "fieldRef" => field(source, &FIELDS),
        "resourceFieldRef" => amount(source, false),
        "configMapKeyRef" | "secretKeyRef" => {
            let mut causes = source.at("name").breaches(formats::subdomain);
            causes.extend(source.at("key").breaches_or_required(formats::config_key));
            causes
        }
        _ => Vec::new(),
    }
}

/// A reference to a field of the Pod.
fn field(reference: &Spot<'_>, allowed: &[&str]) -> Vec<Cause> {
    let path = reference.at("fieldPath");
    let text = path.text();
    if text.is_empty() {
        return vec![path.required("")];
    }
    if let Some((map, key)) = text.strip_suffix("']").and_then(|text| text.split_once("['")) {
        let key = if map == "metadata.annotations" { key.to_lowercase() } else { key.to_owned() };
        return match map {
            "metadata.annotations" | "metadata.labels" => {
                formats::qualified(&key).into_iter().map(|detail| reference.invalid_as(key.as_str(), detail)).collect()
            }
            _ => vec![
                path.invalid(format!("error converting fieldPath: field label does not support subscript: {text}")),
            ],
        };
    }
    let text = if text == "spec.host" { "spec.nodeName" } else { text };
    if allowed.contains(&text) {
        Vec::new()
    } else if FIELDS.contains(&text) || KNOWN.contains(&text) {
        vec![Cause::unsupported(path.path.as_str(), &text.into(), allowed)]
    } else {
        vec![path.invalid(format!("error converting fieldPath: field label not supported: {text}"))]
    }
}

/// A reference to what a container asks for or may have.
fn amount(reference: &Spot<'_>, of_file: bool) -> Vec<Cause> {
    let (container, resource) = (reference.at("containerName"), reference.at("resource"));
    let huge = ["requests.hugepages-", "limits.hugepages-"].iter().any(|prefix| resource.text().starts_with(prefix));
    if of_file && !container.has_text() {
        vec![container.required("")]
    } else if !resource.has_text() {
        vec![resource.required("")]
    } else if !huge && !AMOUNTS.contains(&resource.text()) {
        vec![resource.unsupported(&AMOUNTS)]
    } else {
        Vec::new()
    }
}

/// A file that shows a field, of a volume made for that.
pub(super) fn file(place: &Spot<'_>, file: &Spot<'_>) -> Vec<Cause> {
    let (of_pod, of_container) = (file.at("fieldRef"), file.at("resourceFieldRef"));
    if of_pod.is_set() {
        let mut causes = field(&of_pod.named(format!("{}.fieldRef", place.path)), &FILE_FIELDS);
        if of_container.is_set() {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            causes.push(place.invalid_as("resource", detail));
        }
        return causes;
    }
    if of_container.is_set() {
        return amount(&of_container.named(format!("{}.resourceFieldRef", place.path)), true);
    }
    vec![place.required("one of fieldRef and resourceFieldRef is required")]
}
