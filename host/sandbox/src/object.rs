//! Reading and writing the parts that every Kubernetes object has.
//!
//! An object is a JSON map while it is worked on and bytes while it rests. The bytes
//! always begin with `kind` and `apiVersion`, so that lists of built-in kinds, whose items
//! carry neither, are cut out of them without parsing.

use bytes::Bytes;
use serde_json::{Map, Value};

pub type Object = Map<String, Value>;

static EMPTY: std::sync::LazyLock<Object> = std::sync::LazyLock::new(Object::new);

pub fn parse(body: &[u8]) -> Result<Object, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Whether the bytes of an object hold this text anywhere: a cheap test before parsing.
pub fn mentions(body: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(body, text).is_some()
}

/// Whether the bytes of an object may say that it has owners or is ending: most have neither, and are not parsed.
pub fn may_be_unsettled(body: &[u8]) -> bool {
    mentions(body, b"\"ownerReferences\"") || mentions(body, b"\"deletionTimestamp\"")
}

/// Serialises an object with `kind` and `apiVersion` in front.
pub fn render(object: &Object) -> Bytes {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(prefix(text(object, "kind"), text(object, "apiVersion")).as_bytes());
    for (key, value) in object.iter().filter(|(key, _)| !matches!(key.as_str(), "kind" | "apiVersion")) {
        write_json(&mut out, &Value::String(key.clone()));
        out.push(b':');
        write_json(&mut out, value);
        out.push(b',');
    }
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
    Bytes::from(out.into_boxed_slice())
}

/// How the bytes of every stored object of a kind begin; ends in a comma.
pub fn prefix(kind: &str, api_version: &str) -> String {
    format!("{{\"kind\":{},\"apiVersion\":{},", Value::from(kind), Value::from(api_version))
}

pub fn write_json(out: &mut Vec<u8>, value: &Value) {
    if serde_json::to_writer(&mut *out, value).is_err() {
        unreachable!("writing JSON with string keys to memory cannot fail");
    }
}

/// A top-level string, empty where absent.
pub fn text<'a>(object: &'a Object, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub fn metadata(object: &Object) -> &Object {
    object.get("metadata").and_then(Value::as_object).unwrap_or(&EMPTY)
}

/// The metadata map, made where it is missing or of the wrong type.
pub fn metadata_mut(object: &mut Object) -> &mut Object {
    child_mut(object, "metadata")
}

/// A child map, made where it is missing or of the wrong type.
pub fn child_mut<'a>(object: &'a mut Object, key: &str) -> &'a mut Object {
    let slot = object.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(map) => map,
        _ => unreachable!("the slot was just made a map"),
    }
}

pub fn child<'a>(object: &'a Object, key: &str) -> &'a Object {
    object.get(key).and_then(Value::as_object).unwrap_or(&EMPTY)
}

pub fn name(object: &Object) -> &str {
    text(metadata(object), "name")
}

pub fn namespace(object: &Object) -> &str {
    text(metadata(object), "namespace")
}

pub fn uid(object: &Object) -> &str {
    text(metadata(object), "uid")
}

pub fn resource_version(object: &Object) -> &str {
    text(metadata(object), "resourceVersion")
}

pub fn set_resource_version(object: &mut Object, version: u64) {
    metadata_mut(object).insert("resourceVersion".into(), version.to_string().into());
}

pub fn finalizers(object: &Object) -> impl Iterator<Item = &str> {
    metadata(object).get("finalizers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

pub fn has_finalizer(object: &Object, finalizer: &str) -> bool {
    finalizers(object).any(|entry| entry == finalizer)
}

pub fn add_finalizer(object: &mut Object, finalizer: &str) {
    if has_finalizer(object, finalizer) {
        return;
    }
    let list = metadata_mut(object).entry("finalizers").or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.push(finalizer.into());
    }
}

pub fn remove_finalizer(object: &mut Object, finalizer: &str) {
    let metadata = metadata_mut(object);
    if let Some(Value::Array(list)) = metadata.get_mut("finalizers") {
        list.retain(|entry| entry.as_str() != Some(finalizer));
        if list.is_empty() {
            metadata.remove("finalizers");
        }
    }
}

pub fn is_terminating(object: &Object) -> bool {
    metadata(object).contains_key("deletionTimestamp")
}

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
    pub blocks_deletion: bool,
}

pub fn owners(object: &Object) -> Vec<Owner> {
    let list = metadata(object).get("ownerReferences").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object).map(Owner::read).collect()
}

impl Owner {
    fn read(entry: &Object) -> Self {
        Owner {
            api_version: text(entry, "apiVersion").into(),
            kind: text(entry, "kind").into(),
            name: text(entry, "name").into(),
            uid: text(entry, "uid").into(),
            blocks_deletion: entry.get("blockOwnerDeletion").and_then(Value::as_bool).unwrap_or(false),
        }
    }
}

/// The present, to the second, as the API writes times.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bytes_begin_with_kind_and_api_version_and_read_back_equal() {
        let object =
            parse(br#"{"apiVersion":"v1","data":{"a":"\u00e9\n"},"kind":"ConfigMap","metadata":{"name":"x"}}"#)
                .expect("valid JSON");
        let bytes = render(&object);
        assert!(bytes.starts_with(br#"{"kind":"ConfigMap","apiVersion":"v1","data""#));
        assert_eq!(parse(&bytes).expect("valid JSON"), object);
    }
}
