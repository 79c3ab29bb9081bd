//! Prefixes, suffixes and content hashes of names.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::fieldspec::{Creation, FieldSpec};
use crate::go_json;
use crate::id::{Gvk, ResId};
use crate::node::{Node, Scalar};
use crate::resmap::{ResMap, named};
use crate::resource::Resource;

pub(crate) fn add_prefix(resources: &mut ResMap, prefix: &str, specs: &[FieldSpec]) -> Result<()> {
    let note = |resource: &mut Resource| resource.notes.prefixes.push(prefix.to_owned());
    rename(resources, specs, !prefix.is_empty(), note, |name| format!("{prefix}{name}"))
}

pub(crate) fn add_suffix(resources: &mut ResMap, suffix: &str, specs: &[FieldSpec]) -> Result<()> {
    let note = |resource: &mut Resource| resource.notes.suffixes.push(suffix.to_owned());
    rename(resources, specs, !suffix.is_empty(), note, |name| format!("{name}{suffix}"))
}

/// Kinds whose names mean something outside: a CRD's is that of its resource.
fn keeps_name(id: &ResId) -> bool {
    let fixed = [
        Gvk::new("", "", "CustomResourceDefinition"),
        Gvk::new("apiregistration.k8s.io", "", "APIService"),
        Gvk::new("", "", "Namespace"),
    ];
    fixed.iter().any(|gvk| id.gvk.is_selected_by(gvk))
}

fn rename(
    resources: &mut ResMap,
    specs: &[FieldSpec],
    is_noted: bool,
    note: impl Fn(&mut Resource),
    new_name: impl Fn(&str) -> String,
) -> Result<()> {
    for resource in resources.list.iter_mut() {
        let id = resource.original_id();
        if keeps_name(&id) {
            continue;
        }
        for spec in specs.iter().filter(|spec| id.gvk.is_selected_by(&spec.gvk)) {
            if is_noted && spec.path == "metadata/name" {
                note(resource);
                resource.store_previous_id();
            }
            let set = &mut |name: &mut Node| match name.is_null() {
                true => Ok(()),
                false => name.set_scalar(Scalar::plain(new_name(name.text()))),
            };
            spec.apply(&mut resource.body, Some(Creation::STRING), set).map_err(|error| named(error, resource))?;
        }
    }
    resources.drop_deleted();
    Ok(())
}

/// Appends the hash of their content to the names of the objects that want one.
pub(crate) fn add_hashes(resources: &mut ResMap) -> Result<()> {
    for resource in resources.list.iter_mut().filter(|resource| resource.notes.needs_hash) {
        let hash = hash(resource).map_err(|error| named(error, resource))?;
        resource.store_previous_id();
        let name = format!("{}-{hash}", resource.name());
        resource.set_name(&name)?;
    }
    Ok(())
}

/// Ten letters of the SHA-256 of the JSON of what the kind's content is. kustomize means to include the name, but
/// looks for a field called `metadata/name`, which no object has.
fn hash(resource: &Resource) -> Result<String> {
    let content = match resource.kind() {
        "ConfigMap" => json!({
            "kind": "ConfigMap",
            "name": part(resource, &["metadata/name"])?,
            "data": part(resource, &["data"])?,
            "binaryData": part(resource, &["binaryData"])?,
        }),
        "Secret" => json!({
            "kind": "Secret",
            "type": part(resource, &["type"])?,
            "name": part(resource, &["metadata/name"])?,
            "data": part(resource, &["data"])?,
            "stringData": part(resource, &["stringData"])?,
        }),
        _ => resource.body.to_json()?,
    };
    Ok(encode(&go_json::to_text(&without_absent(content))))
}

/// A scalar as its text, a map as it is, nothing as the empty text.
fn part(resource: &Resource, path: &[&str]) -> Result<Value> {
    match resource.body.lookup(path)? {
        None => Ok("".into()),
        Some(Node::Scalar(scalar)) => Ok(scalar.text.clone().into()),
        Some(node) => node.to_json(),
    }
}

/// `binaryData` and `stringData` count only where they are maps.
fn without_absent(mut content: Value) -> Value {
    if let Value::Object(fields) = &mut content {
        fields.retain(|name, value| !matches!(name.as_str(), "binaryData" | "stringData") || value.is_object());
    }
    content
}

/// The first ten hexadecimal digits, with those that could form words replaced.
fn encode(text: &str) -> String {
    let hex: String = Sha256::digest(text.as_bytes()).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let replaced = |digit| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        digit => digit,
    };
    hex.chars().map(replaced).collect()
}
