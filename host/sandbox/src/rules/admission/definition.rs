//! What a CustomResourceDefinition must be, and what of it may change.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::webhooks;
use crate::crd;
use crate::error::Cause;
use crate::object::Object;
use crate::rules::spot::Spot;
use crate::rules::{FIELD_IS_IMMUTABLE, formats, golang};

/// What all versions have alike the real server keeps, and speaks of, as if it stood above them.
const SHARED: [(&str, &str); 4] = [
    ("schema", "validation"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
    ("selectableFields", "selectableFields"),
];

pub(super) fn faults(object: &Object, live: Option<&Object>) -> Vec<Cause> {
    let spec = Spot::of(object, "spec");
    let mut causes = spec_faults(&spec);
    if let Some(live) = live {
        causes.extend(changes(&spec, live));
    }
    causes.extend(name_faults(&Spot::of(object, "status").at("acceptedNames")));
    causes.extend(stored_versions(&spec, &Spot::of(object, "status").at("storedVersions")));
    if live.is_none() {
        causes.extend(approval(object));
    }
    let preserve = spec.at("preserveUnknownFields");
    if preserve.is_true() && live.is_none() {
        let detail =
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        causes.push(preserve.invalid(detail));
    }
    if causes.is_empty() && spec.down(&["conversion", "strategy"]).text() == "Webhook" {
        let detail = "conversion webhooks are not called by this server; use None";
        causes.push(spec.down(&["conversion", "strategy"]).forbidden(detail));
    }
    causes
}

fn spec_faults(spec: &Spot<'_>) -> Vec<Cause> {
    let group = spec.at("group");
    let mut causes = match (group.text(), formats::subdomain(group.text())) {
        ("", _) => vec![group.required("")],
        (_, faults) if !faults.is_empty() => vec![group.invalid(faults.join(","))],
        (text, _) if !text.contains('.') => vec![group.invalid("should be a domain with at least one dot")],
        _ => Vec::new(),
    };
    causes.extend(spec.at("scope").one_of(&["Cluster", "Namespaced"]));
    let shared = shared(spec);
    for version in spec.at("versions").items() {
        let schema = version.down(&["schema", "openAPIV3Schema"]);
        if !schema.is_set() {
            causes.push(schema.required(""));
        }
    }
    for version in spec.at("versions").items() {
        causes.extend(one_line(&version.at("name"), formats::old_label));
        causes.extend(version_faults(&version, &shared));
    }
    causes.extend(versions_faults(spec, &shared));
    let names = spec.at("names");
    causes.extend(["plural", "singular", "kind", "listKind"].iter().filter_map(|key| names.at(key).required_text()));
    causes.extend(name_faults(&names));
    if let Some(first) = spec.at("versions").items().next() {
        causes.extend(shared_faults(spec, &first, &shared));
    }
    causes.extend(conversion(&spec.at("conversion")));
    causes
}

/// All reasons in one fault.
fn one_line(spot: &Spot<'_>, form: impl Fn(&str) -> Vec<String>) -> Option<Cause> {
    let faults = form(spot.text());
    (!faults.is_empty()).then(|| spot.invalid_as(spot.text(), faults.join(",")))
}

/// Which parts of the versions are alike in all of them.
fn shared(spec: &Spot<'_>) -> Vec<&'static str> {
    let versions: Vec<Spot<'_>> = spec.at("versions").items().collect();
    let Some(first) = versions.first() else { return Vec::new() };
    let alike = |key: &str| {
        let value = first.at(key);
        value.is_set() && value.len() > 0 && versions.iter().all(|version| version.at(key).value == value.value)
    };
    SHARED.iter().map(|(key, _)| *key).filter(|key| alike(key)).collect()
}

fn version_faults(version: &Spot<'_>, shared: &[&str]) -> Vec<Cause> {
    let mut causes = deprecation(version);
    let own = |key: &str| !shared.contains(&key);
    if own("schema") {
        causes.extend(crd::structural::check(
            version.down(&["schema", "openAPIV3Schema"]).value,
            &format!("{}.schema.openAPIV3Schema", version.path),
        ));
    }
    if own("subresources") {
        causes.extend(subresources(&version.at("subresources")));
    }
    if own("additionalPrinterColumns") {
        causes.extend(version.at("additionalPrinterColumns").items().flat_map(|one| column(&one)));
    }
    causes
}

/// The faults of what is shared, found once.
fn shared_faults(spec: &Spot<'_>, first: &Spot<'_>, shared: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, named) in SHARED.iter().filter(|(key, _)| shared.contains(key)) {
        let part = first.at(key).named(format!("{}.{named}", spec.path));
        match *key {
            "schema" => {
                let schema = part.at("openAPIV3Schema");
                causes.extend(crd::structural::check(schema.value, &schema.path));
            }
            "subresources" => causes.extend(subresources(&part)),
            "additionalPrinterColumns" => causes.extend(part.items().flat_map(|one| column(&one))),
            _ => {}
        }
    }
    causes
}

fn deprecation(version: &Spot<'_>) -> Vec<Cause> {
    let warning = version.at("deprecationWarning");
    let text = warning.text();
    if !warning.is_set() {
        return Vec::new();
    }
    if !version.at("deprecated").is_true() {
        return vec![warning.invalid("can only be set for deprecated versions")];
    }
    let mut causes = Vec::new();
    if text.len() > 256 {
        causes.push(warning.invalid("must be <= 256 characters long"));
    }
    if text.is_empty() {
        causes.push(warning.invalid("must not be an empty string"));
    }
    causes
}

fn subresources(subresources: &Spot<'_>) -> Vec<Cause> {
    let scale = subresources.at("scale");
    if !scale.is_set() {
        return Vec::new();
    }
    let mut causes = Vec::new();
    for (key, root, required) in [
        ("specReplicasPath", &[".spec."][..], true),
        ("statusReplicasPath", &[".status."][..], true),
        ("labelSelectorPath", &[".spec.", ".status."][..], false),
    ] {
        let path = scale.at(key);
        if !path.has_text() {
            causes.extend(required.then(|| path.required("")));
        } else if !is_simple_path(path.text()) {
            causes.push(path.invalid("must be a simple json path starting with ."));
        } else if !root.iter().any(|root| path.text().starts_with(root)) {
            let roots: Vec<&str> = root.iter().map(|root| root.trim_end_matches('.')).collect();
            causes.push(path.invalid(format!("should be a json path under {}", roots.join(" or "))));
        }
    }
    causes
}

/// Dots and names, without brackets.
fn is_simple_path(path: &str) -> bool {
    path.starts_with('.') && !path.contains(['[', ']', '{', '}', '*', '@', '?', ' '])
}

fn column(column: &Spot<'_>) -> Vec<Cause> {
    const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
    const FORMATS: [&str; 9] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password", "name"];
    let mut causes: Vec<Cause> = column.at("name").required_text().into_iter().collect();
    let (kind, format) = (column.at("type"), column.at("format"));
    let one_of = |words: &[&str]| format!("must be one of {}", words.join(","));
    if !kind.has_text() {
        causes.push(kind.required(&one_of(&TYPES)));
    } else if !TYPES.contains(&kind.text()) {
        causes.push(kind.invalid(one_of(&TYPES)));
    }
    if format.has_text() && !FORMATS.contains(&format.text()) {
        causes.push(format.invalid(one_of(&FORMATS)));
    }
    let path = column.at("jsonPath").named(format!("{}.JSONPath", column.path));
    if !path.has_text() {
        causes.push(path.required(""));
    } else if !path.text().starts_with('.') {
        causes.push(path.invalid("is an invalid path: must be a simple json path starting with ."));
    }
    causes
}

fn versions_faults(spec: &Spot<'_>, shared: &[&str]) -> Vec<Cause> {
    let versions = spec.at("versions");
    let mut causes = Vec::new();
    let fault = |detail: &str| Cause::invalid_shown(versions.path.as_str(), &shown(&versions, shared), detail);
    let mut names = BTreeSet::new();
    if !versions.items().all(|version| names.insert(version.at("name").text())) {
        causes.push(fault("must contain unique version names"));
    }
    if versions.items().filter(|version| version.at("storage").is_true()).count() != 1 {
        causes.push(fault("must have exactly one version marked as storage version"));
    }
    if let Some(first) = versions.items().next() {
        causes.extend(one_line(&first.at("name").named("spec.version"), formats::old_label));
    }
    causes
}

/// The versions as the real server prints them, without what it keeps above them.
fn shown(versions: &Spot<'_>, shared: &[&str]) -> String {
    let own = |version: Spot<'_>| {
        let entries = version.map().iter().filter(|(key, _)| !shared.contains(&key.as_str()));
        Value::Object(entries.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
    };
    let list: Vec<Value> = versions.items().map(own).collect();
    let list = if versions.is_set() { Value::Array(list) } else { Value::Null };
    golang::line("[]apiextensions.CustomResourceDefinitionVersion", &list)
}

fn name_faults(names: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let set = |key: &str| Some(names.at(key)).filter(Spot::has_text);
    causes.extend(
        ["plural", "singular"].into_iter().filter_map(set).filter_map(|name| one_line(&name, formats::old_label)),
    );
    for name in ["kind", "listKind"].into_iter().filter_map(set) {
        let faults = formats::old_label(&name.text().to_lowercase());
        if !faults.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {}", faults.join(","));
            causes.push(name.invalid(detail));
        }
    }
    causes.extend(names.at("shortNames").items().filter_map(|name| one_line(&name, formats::old_label)));
    if names.at("kind").has_text() && names.at("kind").text() == names.at("listKind").text() {
        causes.push(names.at("listKind").invalid("kind and listKind may not be the same"));
    }
    causes.extend(names.at("categories").items().filter_map(|name| one_line(&name, formats::old_label)));
    causes
}

fn conversion(conversion: &Spot<'_>) -> Vec<Cause> {
    if !conversion.is_set() {
        return Vec::new();
    }
    let strategy = conversion.at("strategy");
    let client =
        conversion.down(&["webhook", "clientConfig"]).named(format!("{}.webhookClientConfig", conversion.path));
    let versions = conversion.down(&["webhook", "conversionReviewVersions"]);
    let versions = versions.named(format!("{}.conversionReviewVersions", conversion.path));
    let mut causes: Vec<Cause> = strategy.one_of(&["None", "Webhook"]).into_iter().collect();
    if strategy.text() == "Webhook" {
        if client.is_set() {
            causes.extend(webhooks::client(&client));
        } else {
            causes.push(client.required("required when strategy is set to Webhook"));
        }
        causes.extend(webhooks::review_versions(&versions, ""));
        return causes;
    }
    let detail = "should not be set when strategy is not set to Webhook";
    causes.extend([client, versions].iter().filter(|spot| spot.len() > 0).map(|spot| spot.forbidden(detail)));
    causes
}

fn changes(spec: &Spot<'_>, live: &Object) -> Vec<Cause> {
    let before = Spot::of(live, "spec");
    let mut fixed = vec![spec.at("group"), spec.down(&["names", "plural"])];
    let mut old = vec![before.at("group"), before.down(&["names", "plural"])];
    if crd::has_condition(live, "Established") {
        fixed.splice(0..0, [spec.at("scope"), spec.down(&["names", "kind"])]);
        old.splice(0..0, [before.at("scope"), before.down(&["names", "kind"])]);
    }
    let changed = fixed.iter().zip(&old).filter(|(new, old)| new.value != old.value);
    changed.map(|(new, _)| new.invalid(FIELD_IS_IMMUTABLE)).collect()
}

fn stored_versions(spec: &Spot<'_>, stored: &Spot<'_>) -> Vec<Cause> {
    if stored.len() == 0 {
        return vec![stored.invalid_as(Value::Null, "must have at least one stored version")];
    }
    let versions = spec.at("versions");
    let is_stored = |name: &str| stored.items().any(|one| one.text() == name);
    let mut causes = Vec::new();
    for version in versions.items().filter(|version| version.at("storage").is_true()) {
        let name = version.at("name").text();
        if !is_stored(name) {
            causes.push(stored.invalid(format!("must have the storage version {name}")));
        }
    }
    let is_there = |name: &str| versions.items().any(|version| version.at("name").text() == name);
    for gone in stored.items().filter(|one| !is_there(one.text())) {
        let name = gone.text();
        causes.push(gone.invalid(format!(
            "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a \
             storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
        )));
    }
    causes
}

/// Groups of the Kubernetes community are for what it has approved.
fn approval(object: &Object) -> Option<Cause> {
    const KEY: &str = "api-approved.kubernetes.io";
    const SEE: &str = "see https://github.com/kubernetes/enhancements/pull/1111";
    let group = Spot::of(object, "spec").at("group").text();
    let guarded = ["k8s.io", "kubernetes.io"];
    if !guarded.iter().any(|owner| group == *owner || group.ends_with(&format!(".{owner}"))) {
        return None;
    }
    let mark = Spot::of(object, "metadata").at("annotations").entry(KEY);
    match mark.text() {
        "" => Some(mark.required(&format!("protected groups must have approval annotation {KEY:?}, {SEE}"))),
        text if text.starts_with("unapproved") || text.contains("://") => None,
        _ => Some(mark.invalid(format!(
            "protected groups must have approval annotation {KEY:?} with either a URL or a reason starting with \
             \"unapproved\", {SEE}"
        ))),
    }
}
