//! A custom OpenAPI document, as the `openapi.path` field names one.

use std::collections::HashMap;

use serde_json::{Map, Value};
use windlass_yaml::Limits;

use super::{Type, Types};
use crate::error::{Error, Result};

const KIND: &str = "x-kubernetes-group-version-kind";

/// Reads a Swagger 2 document in JSON or YAML.
pub(super) fn read(document: &[u8]) -> Result<Types> {
    let parsed = windlass_yaml::first_to_json(document, &Limits::default())
        .map_err(|error| Error::invalid(format!("invalid schema file: {}", error.kind())).at_line(error.line()))?;
    let root = parsed.map(|document| document.value).unwrap_or_default();
    if !root.is_object() {
        return Err(Error::invalid("invalid schema file: not an object"));
    }
    let mut types = Types::default();
    for (name, definition) in object(&root["definitions"]) {
        let at = add(&mut types, definition);
        types.definitions.insert(name.clone(), at);
        let kinds = definition[KIND].as_array().map_or(&[][..], Vec::as_slice);
        types.kinds.extend(kinds.iter().filter_map(kind).map(|kind| (kind, at)));
    }
    types.namespaced = namespaced(&root["paths"]);
    Ok(types)
}

static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or(&NOTHING)
}

fn kind(value: &Value) -> Option<(String, String)> {
    let version = value["version"].as_str()?;
    let api_version = match value["group"].as_str() {
        Some(group) if !group.is_empty() => format!("{group}/{version}"),
        _ => version.to_owned(),
    };
    Some((api_version, value["kind"].as_str()?.to_owned()))
}

/// Depth is bounded by the reader's limit on nesting.
fn add(types: &mut Types, schema: &Value) -> usize {
    let reference = schema["$ref"].as_str().map(|path| path.trim_start_matches("#/definitions/").to_owned());
    let properties =
        object(&schema["properties"]).iter().map(|(name, schema)| (name.clone(), add(types, schema))).collect();
    let additional = &schema["additionalProperties"];
    let additional = additional.is_object().then(|| add(types, additional));
    let is_list = schema["type"] == "array" && schema["items"].is_object();
    let items = is_list.then(|| add(types, &schema["items"]));
    let strategy = schema["x-kubernetes-patch-strategy"].as_str().unwrap_or_default().to_owned();
    let keys = if strategy.is_empty() { Vec::new() } else { keys(schema) };
    types.add(Type { reference, properties, additional, items, strategy, keys })
}

fn keys(schema: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match schema["x-kubernetes-list-map-keys"].as_array() {
        Some(keys) => keys.iter().filter_map(text).collect(),
        None => text(&schema["x-kubernetes-patch-merge-key"]).into_iter().collect(),
    }
}

/// A kind is namespaced if any of its paths names a namespace.
fn namespaced(paths: &Value) -> HashMap<(String, String), bool> {
    let mut found = HashMap::new();
    for (path, methods) in object(paths) {
        if let Some(kind) = kind(&methods["get"][KIND]) {
            let entry = found.entry(kind).or_insert(false);
            *entry |= path.contains("namespaces/{namespace}");
        }
    }
    found
}
