//! One entry of `metadata.managedFields`: who, how, in which version.

use serde_json::{Map, Value, json};

use crate::fields::FieldsError;

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// It applied a configuration: what it no longer states is removed.
    Apply,
    /// It wrote them in any other way.
    Update,
}

/// What tells entries apart. Appliers keep one entry across versions, so theirs has no version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagerId {
    pub manager: String,
    pub operation: Operation,
    pub api_version: Option<String>,
    pub subresource: String,
}

/// Why an entry of `managedFields` is not one.
#[derive(Debug, thiserror::Error)]
pub enum ManagedFieldsError {
    #[error("operation must be `Apply` or `Update`")]
    Operation,
    #[error("apiVersion must not be empty")]
    Version,
    #[error("missing fieldsType in managed fields entry {entry}")]
    MissingType { entry: usize },
    #[error("invalid fieldsType {found:?} in managed fields entry {entry}")]
    Type { entry: usize, found: String },
    #[error("error decoding set of managed fields entry {entry}: {source}")]
    Fields { entry: usize, source: FieldsError },
}

impl Operation {
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

impl ManagerId {
    pub fn applier(manager: &str, subresource: &str) -> Self {
        ManagerId::new(manager, Operation::Apply, None, subresource)
    }

    pub fn updater(manager: &str, api_version: &str, subresource: &str) -> Self {
        ManagerId::new(manager, Operation::Update, Some(api_version.to_owned()), subresource)
    }

    fn new(manager: &str, operation: Operation, api_version: Option<String>, subresource: &str) -> Self {
        let manager = if manager.is_empty() { "unknown" } else { manager };
        ManagerId { manager: manager.to_owned(), operation, api_version, subresource: subresource.to_owned() }
    }

    /// The text by which the API server sorts managers.
    pub(super) fn sort_key(&self) -> String {
        let mut parts = vec![
            format!("\"manager\":{}", Value::String(self.manager.clone())),
            format!("\"operation\":\"{}\"", self.operation.as_str()),
        ];
        if let Some(version) = &self.api_version {
            parts.push(format!("\"apiVersion\":{}", Value::String(version.clone())));
        }
        if !self.subresource.is_empty() {
            parts.push(format!("\"subresource\":{}", Value::String(self.subresource.clone())));
        }
        format!("{{{}}}", parts.join(","))
    }

    /// Reads the identity of an entry, and the version that its fields are in.
    pub(super) fn read(place: usize, entry: &Value) -> Result<(ManagerId, String), ManagedFieldsError> {
        let part = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let operation = match part("operation") {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err(ManagedFieldsError::Operation),
        };
        let version = match part("apiVersion") {
            "" => return Err(ManagedFieldsError::Version),
            version => version.to_owned(),
        };
        match part("fieldsType") {
            "FieldsV1" => {}
            "" => return Err(ManagedFieldsError::MissingType { entry: place }),
            found => return Err(ManagedFieldsError::Type { entry: place, found: found.to_owned() }),
        }
        let id = ManagerId {
            manager: part("manager").to_owned(),
            operation,
            api_version: (operation == Operation::Update).then(|| version.clone()),
            subresource: part("subresource").to_owned(),
        };
        Ok((id, version))
    }

    /// Writes the entry without its fields.
    pub(super) fn write(&self, version: &str, time: Option<&str>) -> Map<String, Value> {
        let mut entry = Map::new();
        entry.insert("apiVersion".to_owned(), json!(version));
        entry.insert("fieldsType".to_owned(), json!("FieldsV1"));
        if !self.manager.is_empty() {
            entry.insert("manager".to_owned(), json!(self.manager));
        }
        entry.insert("operation".to_owned(), json!(self.operation.as_str()));
        if !self.subresource.is_empty() {
            entry.insert("subresource".to_owned(), json!(self.subresource));
        }
        if let Some(time) = time {
            entry.insert("time".to_owned(), json!(time));
        }
        entry
    }
}
