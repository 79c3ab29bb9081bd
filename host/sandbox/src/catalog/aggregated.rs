//! Aggregated discovery: everything below `/api` or `/apis` in one answer.

use serde_json::{Value, json};

use super::discovery::{Answer, verbs};
use super::{Catalog, Resource, Versions};

/// The groups below `/api` (`core`) or `/apis`, in `apidiscovery.k8s.io/VERSION`.
pub fn aggregated_groups(catalog: &Catalog, core: bool, version: &str) -> Value {
    let chosen = catalog.groups().iter().filter(|(name, _)| name.is_empty() == core);
    let items: Vec<Value> = chosen.map(|(name, versions)| group(catalog, name, versions)).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {},
        "items": items,
    })
}

fn group(catalog: &Catalog, name: &str, versions: &Versions) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|(version, resources)| {
            let mut resources: Vec<_> = resources.iter().collect();
            resources.sort_by(|first, second| first.plural.cmp(&second.plural));
            let resources: Vec<Value> = resources.into_iter().map(|resource| entry(resource)).collect();
            let freshness = if catalog.is_away(name, version) { "Stale" } else { "Current" };
            json!({ "version": version, "resources": resources, "freshness": freshness })
        })
        .collect();
    let metadata = if name.is_empty() { json!({}) } else { json!({ "name": name }) };
    json!({ "metadata": metadata, "versions": versions })
}

fn entry(resource: &Resource) -> Value {
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": response_kind(resource, None, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": verbs(resource),
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = resource.short_names.clone().into();
    }
    if !resource.categories.is_empty() {
        entry["categories"] = resource.categories.clone().into();
    }
    if !resource.subresources.is_empty() {
        let subresources = resource.subresources.iter().map(|name| subresource(resource, name)).collect();
        entry["subresources"] = Value::Array(subresources);
    }
    entry
}

fn subresource(resource: &Resource, name: &str) -> Value {
    let answer = Answer::of(resource, name);
    json!({
        "subresource": name,
        "responseKind": response_kind(resource, answer.group_version, answer.kind),
        "verbs": answer.verbs,
    })
}

/// Where nothing else is said, a built-in kind is of the group and version around it.
fn response_kind(resource: &Resource, group_version: Option<(&str, &str)>, kind: &str) -> Value {
    let around = if resource.is_custom() { (resource.group.as_str(), resource.version.as_str()) } else { ("", "") };
    let (group, version) = group_version.unwrap_or(around);
    json!({ "group": group, "version": version, "kind": kind })
}
