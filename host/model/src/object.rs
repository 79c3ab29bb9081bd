//! A Kubernetes object as parsed JSON, with the accessors that every room needs.

use serde_json::{Map, Value};

use crate::{GroupKind, ObjectKey, key::split_api_version};

/// A Kubernetes object. Always a JSON object; the accessors treat what is missing or mistyped as absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Takes a JSON object; gives any other value back.
    pub fn new(value: Value) -> Result<Self, Value> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            other => Err(other),
        }
    }

    pub fn from_slice(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).map(Self)
    }

    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    pub fn as_map_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Compact JSON, keys sorted.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// Follows field names from the root.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(*first)?, |value, field| value.get(field))
    }

    pub fn str_at(&self, path: &[&str]) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn api_version(&self) -> &str {
        self.str_at(&["apiVersion"])
    }

    pub fn group(&self) -> &str {
        split_api_version(self.api_version()).0
    }

    pub fn version(&self) -> &str {
        split_api_version(self.api_version()).1
    }

    pub fn kind(&self) -> &str {
        self.str_at(&["kind"])
    }

    pub fn group_kind(&self) -> GroupKind {
        GroupKind::new(self.group(), self.kind())
    }

    pub fn name(&self) -> &str {
        self.str_at(&["metadata", "name"])
    }

    pub fn generate_name(&self) -> &str {
        self.str_at(&["metadata", "generateName"])
    }

    pub fn namespace(&self) -> &str {
        self.str_at(&["metadata", "namespace"])
    }

    pub fn uid(&self) -> &str {
        self.str_at(&["metadata", "uid"])
    }

    pub fn resource_version(&self) -> &str {
        self.str_at(&["metadata", "resourceVersion"])
    }

    pub fn is_deleting(&self) -> bool {
        self.at(&["metadata", "deletionTimestamp"]).is_some_and(|value| !value.is_null())
    }

    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.group_kind(), self.namespace(), self.name())
    }

    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.at(&["metadata", "annotations", name])?.as_str()
    }

    pub fn label(&self, name: &str) -> Option<&str> {
        self.at(&["metadata", "labels", name])?.as_str()
    }

    pub fn finalizers(&self) -> impl Iterator<Item = &str> {
        self.at(&["metadata", "finalizers"]).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Which manager has written which fields.
    pub fn managed_fields(&self) -> &[Value] {
        self.at(&["metadata", "managedFields"]).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// `metadata`, made when it is missing or not an object.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        object_field(&mut self.0, "metadata")
    }

    pub fn set_namespace(&mut self, namespace: &str) {
        self.metadata_mut().insert("namespace".into(), namespace.into());
    }

    pub fn set_annotation(&mut self, name: &str, value: &str) {
        object_field(self.metadata_mut(), "annotations").insert(name.into(), value.into());
    }

    pub fn set_label(&mut self, name: &str, value: &str) {
        object_field(self.metadata_mut(), "labels").insert(name.into(), value.into());
    }
}

fn object_field<'a>(map: &'a mut Map<String, Value>, field: &str) -> &'a mut Map<String, Value> {
    let slot = map.entry(field).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut().expect("the slot was just made an object")
}
