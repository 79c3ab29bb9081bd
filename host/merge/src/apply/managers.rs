//! All owners of one object: `metadata.managedFields` read, changed and written.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::entry::{ManagedFieldsError, ManagerId, Operation};
use crate::fields::FieldSet;

/// The manager that old update managers are merged into.
const ANCIENT_CHANGES: &str = "ancient-changes";

/// What one manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub fields: FieldSet,
    /// The version that the fields are in.
    pub api_version: String,
    pub time: Option<String>,
}

/// Who owns what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Managers {
    pub owners: BTreeMap<ManagerId, Owned>,
}

impl Managers {
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The owners that an object records.
    pub fn of(object: &Value) -> Result<Managers, ManagedFieldsError> {
        let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        let mut owners = BTreeMap::new();
        for (place, entry) in entries.into_iter().flatten().enumerate() {
            let (id, api_version) = ManagerId::read(place, entry)?;
            let fields = match entry.get("fieldsV1") {
                None | Some(Value::Null) => FieldSet::default(),
                Some(fields) => {
                    FieldSet::from_json(fields).map_err(|source| ManagedFieldsError::Fields { entry: place, source })?
                }
            };
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            owners.insert(id, Owned { fields, api_version, time });
        }
        Ok(Managers { owners })
    }

    /// The owners that an update starts from: those it states, unless it states none or nonsense. A list without
    /// entries, or with a single empty one, resets them. A subresource cannot state any.
    pub(super) fn of_update(live: Option<&Value>, object: &Value, subresource: &str) -> Managers {
        let live = || live.and_then(|live| Managers::of(live).ok()).unwrap_or_default();
        if !subresource.is_empty() {
            return live();
        }
        if is_reset(object) {
            return Managers::default();
        }
        Managers::of(object).ok().filter(|managers| !managers.is_empty()).unwrap_or_else(live)
    }

    /// Writes the owners into `metadata.managedFields`: appliers first, then by time and name.
    pub fn write_to(&self, object: &mut Value) {
        let Some(object) = object.as_object_mut() else { return };
        let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        let Some(metadata) = metadata.as_object_mut() else { return };
        if self.is_empty() {
            metadata.remove("managedFields");
            return;
        }
        metadata.insert("managedFields".to_owned(), Value::Array(self.entries()));
    }

    fn entries(&self) -> Vec<Value> {
        let mut owners: Vec<(&ManagerId, &Owned)> = self.owners.iter().collect();
        owners.sort_by_key(|(id, owned)| (id.operation, &owned.time, &id.manager, &owned.api_version, &id.subresource));
        let entries = owners.into_iter().map(|(id, owned)| {
            let mut entry = id.write(&owned.api_version, owned.time.as_deref());
            entry.insert("fieldsV1".to_owned(), owned.fields.to_json());
            Value::Object(entry)
        });
        entries.collect()
    }

    /// Takes fields that nobody may own away from a manager; a manager without fields is dropped.
    pub(super) fn strip(&mut self, id: &ManagerId, unowned: &FieldSet) {
        if let Some(owned) = self.owners.get_mut(id) {
            owned.fields = owned.fields.difference(unowned);
            if owned.fields.is_empty() {
                self.owners.remove(id);
            }
        }
    }

    pub(super) fn stamp(&mut self, id: &ManagerId, time: &str) {
        if let Some(owned) = self.owners.get_mut(id) {
            owned.time = Some(time.to_owned());
        }
    }

    /// Adds fields to what a manager owns.
    pub(super) fn extend(&mut self, id: ManagerId, fields: FieldSet, api_version: &str, time: &str) {
        let before = self.owners.remove(&id).map(|owned| owned.fields).unwrap_or_default();
        let fields = fields.union(before);
        self.owners.insert(id, Owned { fields, api_version: api_version.to_owned(), time: Some(time.to_owned()) });
    }

    /// Merges the oldest update managers of each version into one until no more than `limit` are left.
    pub(super) fn cap_updaters(&mut self, limit: usize) {
        let mut updaters: Vec<(Option<String>, String, ManagerId)> = self
            .owners
            .iter()
            .filter(|(id, _)| id.operation == Operation::Update)
            .map(|(id, owned)| (owned.time.clone(), id.sort_key(), id.clone()))
            .collect();
        updaters.sort();
        let mut excess = updaters.len().saturating_sub(limit);
        let mut first_of_version: BTreeMap<String, ManagerId> = BTreeMap::new();
        for (_, _, id) in updaters {
            if excess == 0 {
                return;
            }
            let Some(version) = self.owners.get(&id).map(|owned| owned.api_version.clone()) else { continue };
            match first_of_version.get(&version) {
                None => {
                    first_of_version.insert(version, id);
                }
                Some(first) => {
                    self.merge_into_bucket(first, &id, &version);
                    excess -= 1;
                }
            }
        }
    }

    fn merge_into_bucket(&mut self, first: &ManagerId, id: &ManagerId, version: &str) {
        let bucket = ManagerId::updater(ANCIENT_CHANGES, version, "");
        if !self.owners.contains_key(&bucket)
            && let Some(owned) = self.owners.remove(first)
        {
            self.owners.insert(bucket.clone(), owned);
        }
        if let Some(owned) = self.owners.remove(id) {
            let before = self.owners.remove(&bucket).map(|owned| owned.fields).unwrap_or_default();
            self.owners.insert(bucket, Owned { fields: owned.fields.clone().union(before), ..owned });
        }
    }
}

fn is_reset(object: &Value) -> bool {
    match object.pointer("/metadata/managedFields").and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([only]) => only.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}
