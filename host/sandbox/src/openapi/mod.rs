//! OpenAPI v3: what kubectl reads to validate and to explain.

mod custom;
mod schemas;

use serde_json::{Map, Value, json};
use sha2::Digest as _;

use crate::catalog::{Catalog, Resource, Versions};

/// `/openapi/v3`: where the document of each group and version is.
pub fn index(catalog: &Catalog) -> Value {
    let mut paths = Map::new();
    for (group, versions) in catalog.groups() {
        for (version, resources) in versions {
            let path = path_of(group, version);
            let url = format!("/openapi/v3/{path}?hash={}", hash(resources.iter().map(|resource| &**resource)));
            paths.insert(path, json!({ "serverRelativeURL": url }));
        }
    }
    for path in plain_paths(catalog) {
        let hash: String = sha2::Sha256::digest(&path).iter().take(16).map(|byte| format!("{byte:02X}")).collect();
        let url = format!("/openapi/v3/{path}?hash={hash}");
        paths.insert(path, json!({ "serverRelativeURL": url }));
    }
    json!({ "paths": paths })
}

/// What is served beside resources, and never changes.
fn plain_paths(catalog: &Catalog) -> Vec<String> {
    let own = [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"].map(str::to_owned);
    let groups = catalog.groups().iter().map(|(group, _)| group);
    let groups = groups.filter(|group| !group.is_empty() && !catalog.is_custom(group));
    own.into_iter().chain(groups.map(|group| format!("apis/{group}"))).collect()
}

fn plain_document(path: &str) -> Value {
    let get = json!({ "responses": { "200": { "description": "OK" } } });
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": crate::catalog::RELEASE },
        "paths": { format!("/{path}/"): { "get": get } },
    })
}

fn path_of(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// Changes whenever the document may: clients keep documents by it.
fn hash<'a>(resources: impl Iterator<Item = &'a Resource>) -> String {
    let mut digest = sha2::Sha256::new();
    for resource in resources {
        digest.update(format!("{resource:?}"));
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02X}")).collect()
}

/// The document below `/openapi/v3/`, if that group and version are served.
pub fn document(catalog: &Catalog, path: &str) -> Option<Vec<u8>> {
    if plain_paths(catalog).iter().any(|plain| plain == path) {
        return Some(plain_document(path).to_string().into_bytes());
    }
    let parts: Vec<&str> = path.split('/').collect();
    let (group, version) = match parts.as_slice() {
        ["api", version] => ("", *version),
        ["apis", group, version] => (*group, *version),
        _ => return None,
    };
    let versions: &Versions = catalog.group(group)?;
    let (_, resources) = versions.iter().find(|(served, _)| served == version)?;
    let mut paths = Map::new();
    for resource in resources {
        let collection = collection_path(resource);
        paths.insert(format!("{collection}/{{name}}"), object_path(resource));
        paths.insert(collection, json!({ "get": operation(resource, "list"), "post": operation(resource, "post") }));
    }
    let mut schemas = schemas::of_version(group, version);
    let custom: Vec<_> = resources.iter().flat_map(|resource| custom::of(resource)).collect();
    if !custom.is_empty() {
        schemas.extend(custom::referred());
    }
    let schemas = schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema.to_owned()));
    let custom = custom.into_iter().map(|(name, schema)| (name, schema.to_string()));
    let entries: Vec<String> =
        schemas.chain(custom).map(|(name, schema)| format!("{}:{schema}", Value::from(name))).collect();
    let info = json!({ "title": "Kubernetes", "version": crate::catalog::RELEASE });
    let (paths, entries) = (Value::Object(paths), entries.join(","));
    let document =
        format!(r#"{{"openapi":"3.0.0","info":{info},"paths":{paths},"components":{{"schemas":{{{entries}}}}}}}"#);
    Some(document.into_bytes())
}

/// The schemas of all kinds by name, those of custom resources too.
pub fn schemas(catalog: &Catalog) -> Map<String, Value> {
    let built_in = schemas::all().filter_map(|(name, text)| Some((name.to_owned(), serde_json::from_str(text).ok()?)));
    let resources = catalog.groups().iter().flat_map(|(_, versions)| versions).flat_map(|(_, resources)| resources);
    built_in.chain(resources.flat_map(|resource| custom::of(resource))).collect()
}

pub fn collection_path(resource: &Resource) -> String {
    let base = path_of(&resource.group, &resource.version);
    let scope = if resource.namespaced { "namespaces/{namespace}/" } else { "" };
    format!("/{base}/{scope}{}", resource.plural)
}

fn object_path(resource: &Resource) -> Value {
    json!({
        "get": operation(resource, "get"),
        "put": operation(resource, "put"),
        "patch": operation(resource, "patch"),
        "delete": operation(resource, "delete"),
    })
}

fn operation(resource: &Resource, action: &str) -> Value {
    let parameter = |name: &str, kind: &str| json!({ "name": name, "in": "query", "schema": { "type": kind, "uniqueItems": true } });
    let mut parameters = vec![parameter("pretty", "string")];
    if matches!(action, "post" | "put" | "patch") {
        parameters.extend(["dryRun", "fieldManager", "fieldValidation"].map(|name| parameter(name, "string")));
    }
    if action == "patch" {
        parameters.push(parameter("force", "boolean"));
    }
    json!({
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk(resource),
        "parameters": parameters,
        "responses": { "200": { "description": "OK" } },
    })
}

fn gvk(resource: &Resource) -> Value {
    json!({ "group": resource.group, "version": resource.version, "kind": resource.kind })
}
