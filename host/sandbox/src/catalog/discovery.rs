//! Discovery as it has always been: `/version`, `/api`, `/apis` and what is below them.

use serde::Serialize;
use serde_json::{Value, json};

use super::builtin::STORED_OTHERWISE;
use super::{Catalog, Resource, Versions, api_version};

/// The release whose behaviour this server has.
pub const RELEASE: &str = "v1.37.2";

pub fn server_version() -> Value {
    json!({
        "major": "1",
        "minor": "37",
        "emulationMajor": "1",
        "emulationMinor": "37",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "36",
        "gitVersion": format!("{RELEASE}+windlass-sandbox"),
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2026-08-20T00:00:00Z",
        "goVersion": "none",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, architecture()),
    })
}

/// Go's name of this machine's architecture.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The document `/api`; as those below, its fields stand in the order in which the real server writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreVersions {
    kind: &'static str,
    versions: [&'static str; 1],
    #[serde(rename = "serverAddressByClientCIDRs")]
    server_addresses: [Value; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupList {
    kind: &'static str,
    api_version: &'static str,
    groups: Vec<Group>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'static str>,
    name: String,
    versions: Vec<GroupVersion>,
    preferred_version: Option<GroupVersion>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupVersion {
    group_version: String,
    version: String,
}

pub fn core_versions(address: &str) -> CoreVersions {
    let server_addresses = [json!({ "clientCIDR": "0.0.0.0/0", "serverAddress": address })];
    CoreVersions { kind: "APIVersions", versions: ["v1"], server_addresses }
}

pub fn groups(catalog: &Catalog) -> GroupList {
    let named = catalog.groups().iter().filter(|(name, _)| !name.is_empty());
    let groups = named.map(|(name, versions)| group_of(name, versions)).collect();
    GroupList { kind: "APIGroupList", api_version: "v1", groups }
}

pub fn group(catalog: &Catalog, name: &str) -> Option<Group> {
    let group = group_of(name, catalog.group(name).filter(|_| !name.is_empty())?);
    Some(Group { kind: Some("APIGroup"), api_version: Some("v1"), ..group })
}

fn group_of(name: &str, versions: &Versions) -> Group {
    let entry = |version: &str| GroupVersion { group_version: api_version(name, version), version: version.to_owned() };
    let versions: Vec<GroupVersion> = versions.iter().map(|(version, _)| entry(version)).collect();
    let preferred_version = versions.first().cloned();
    Group { kind: None, api_version: None, name: name.to_owned(), versions, preferred_version }
}

pub fn resources(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let (_, resources) = catalog.group(group)?.iter().find(|(served, _)| served == version)?;
    let mut resources: Vec<_> = resources.iter().collect();
    resources.sort_by(|first, second| first.plural.cmp(&second.plural));
    let mut entries: Vec<Value> = Vec::new();
    for resource in resources {
        entries.push(entry(resource));
        entries.extend(resource.subresources.iter().map(|name| subresource(resource, name)));
    }
    let mut list = json!({
        "kind": "APIResourceList",
        "groupVersion": api_version(group, version),
        "resources": entries,
    });
    // The oldest list comes from before there were versions of it.
    if !group.is_empty() {
        list["apiVersion"] = "v1".into();
    }
    Some(list)
}

fn entry(resource: &Resource) -> Value {
    let mut entry = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": verbs(resource),
    });
    if !resource.short_names.is_empty() {
        entry["shortNames"] = resource.short_names.clone().into();
    }
    if !resource.categories.is_empty() {
        entry["categories"] = resource.categories.clone().into();
    }
    if !resource.creatable_only && resource.plural != "componentstatuses" {
        entry["storageVersionHash"] = storage_hash(resource).into();
    }
    entry
}

/// Clients only compare it: equal as long as objects rest in the same form.
fn storage_hash(resource: &Resource) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let group = resource.shelf.as_str().split_once('.').map_or("", |(_, group)| group);
    let kind = resource.kind.as_str();
    let otherwise = STORED_OTHERWISE.iter().find(|(of, _, stored)| (*of, *stored) == (group, kind));
    let version = otherwise.map_or(resource.storage_version.as_str(), |(_, version, _)| *version);
    let form = format!("{group}/{version}/{kind}");
    base64::engine::general_purpose::STANDARD.encode(&sha2::Sha256::digest(form)[..8])
}

pub(super) fn verbs(resource: &Resource) -> &'static [&'static str] {
    match resource.plural.as_str() {
        _ if resource.creatable_only => &["create"],
        "componentstatuses" => &["get", "list"],
        "namespaces" if resource.group.is_empty() => &["create", "delete", "get", "list", "patch", "update", "watch"],
        _ if resource.is_custom() => {
            &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
        }
        _ => &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    }
}

fn subresource(resource: &Resource, name: &str) -> Value {
    let answer = Answer::of(resource, name);
    let mut entry = json!({
        "name": format!("{}/{name}", resource.plural),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": answer.kind,
        "verbs": answer.verbs,
    });
    if let Some((group, version)) = answer.group_version {
        entry["group"] = group.into();
        entry["version"] = version.into();
    }
    entry
}

/// The kind and the verbs of a subresource.
pub(super) struct Answer<'a> {
    pub(super) kind: &'a str,
    pub(super) group_version: Option<(&'static str, &'static str)>,
    pub(super) verbs: &'static [&'static str],
}

impl<'a> Answer<'a> {
    pub(super) fn of(resource: &'a Resource, name: &str) -> Self {
        let proxied: &[&str] = &["create", "delete", "get", "patch", "update"];
        let plain = |kind, verbs| Answer { kind, group_version: None, verbs };
        match name {
            "scale" => {
                Answer { kind: "Scale", group_version: Some(("autoscaling", "v1")), verbs: &["get", "patch", "update"] }
            }
            "eviction" => Answer { kind: "Eviction", group_version: Some(("policy", "v1")), verbs: &["create"] },
            "token" => Answer {
                kind: "TokenRequest",
                group_version: Some(("authentication.k8s.io", "v1")),
                verbs: &["create"],
            },
            "attach" => plain("PodAttachOptions", &["create", "get"]),
            "exec" => plain("PodExecOptions", &["create", "get"]),
            "portforward" => plain("PodPortForwardOptions", &["create", "get"]),
            "proxy" if resource.kind == "Pod" => plain("PodProxyOptions", proxied),
            "proxy" if resource.kind == "Service" => plain("ServiceProxyOptions", proxied),
            "proxy" => plain("NodeProxyOptions", proxied),
            "binding" => plain("Binding", &["create"]),
            "log" => plain(&resource.kind, &["get"]),
            "finalize" => plain(&resource.kind, &["update"]),
            _ => plain(&resource.kind, &["get", "patch", "update"]),
        }
    }
}
