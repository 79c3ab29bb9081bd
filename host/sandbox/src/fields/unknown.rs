//! Fields that a kind does not have: pruned, and told by path.

use serde_json::Value;
use windlass_merge::schema::{Schema, TypeRef};

use super::META;
use crate::catalog::Resource;
use crate::crd::prune;
use crate::object::{self, Object};

/// Drops unknown fields and returns their paths.
pub(super) fn drop_unknown(resource: &Resource, object: &mut Object) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(custom) = &resource.custom {
        metadata(object, &mut found);
        if !custom.preserve_unknown {
            prune::prune(&custom.schema, object, &mut found);
        }
        return found;
    }
    let Some(of) = Schema::builtin().kind(&resource.api_version(), &resource.kind) else { return found };
    walk_map(of, object, "", &mut found);
    found
}

/// A custom resource's metadata has the fields of every object.
fn metadata(object: &mut Object, found: &mut Vec<String>) {
    if let Some(of) = Schema::builtin().named(META)
        && object.contains_key("metadata")
    {
        walk_map(of, object::metadata_mut(object), "metadata", found);
    }
}

fn walk(of: TypeRef<'_>, value: &mut Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => walk_map(of, map, path, found),
        Value::Array(items) => {
            let Some(list) = of.list() else { return };
            for (index, item) in items.iter_mut().enumerate() {
                walk(list.element(), item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn walk_map(of: TypeRef<'_>, object: &mut Object, path: &str, found: &mut Vec<String>) {
    let Some(map) = of.map() else { return };
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    // A type that names no fields and no element takes anything.
    let open = map.rest().is_some() || map.fields().next().is_none();
    object.retain(|key, _| {
        let known =
            open || map.field(key).is_some() || (path.is_empty() && matches!(key.as_str(), "kind" | "apiVersion"));
        if !known {
            found.push(below(key));
        }
        known
    });
    for (key, value) in object.iter_mut() {
        if let Some(child) = map.child(key) {
            walk(child, value, &below(key), found);
        }
    }
}
