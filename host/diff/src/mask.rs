//! Secrets that may be shown: every value is replaced by marks, and equal values by equal marks.
//!
//! As Argo CD does it: eight plus signs, and four more for each further value of the same key.

use std::collections::BTreeSet;

use serde_json::Value;
use windlass_model::{Object, names};

use crate::normalize::merge_string_data;

const FIRST: usize = 8;
const FURTHER: usize = 4;

/// Masks states of one Secret, so that it can still be seen which of their values are equal. Objects of other kinds
/// are left as they are.
pub fn mask(states: &mut [&mut Object]) {
    if !states.iter().any(|state| state.group_kind().is("", "Secret")) {
        return;
    }
    for state in states.iter_mut() {
        merge_string_data(state);
        if state.annotation(names::LAST_APPLIED).is_some() {
            state.set_annotation(names::LAST_APPLIED, &marks(0));
        }
    }
    let keys: BTreeSet<String> =
        states.iter().filter_map(|state| data(state)).flat_map(|map| map.keys().cloned()).collect();
    for key in keys {
        let mut seen: Vec<Value> = Vec::new();
        for state in states.iter_mut() {
            let Some(value) = state.as_map_mut().get_mut("data").and_then(|data| data.get_mut(&key)) else { continue };
            let place = seen.iter().position(|known| known == value).unwrap_or_else(|| {
                seen.push(value.clone());
                seen.len() - 1
            });
            *value = marks(place).into();
        }
    }
}

fn data(state: &Object) -> Option<&serde_json::Map<String, Value>> {
    state.get("data")?.as_object()
}

fn marks(place: usize) -> String {
    "+".repeat(FIRST + FURTHER * place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_values_get_equal_marks_and_others_longer_ones() {
        let secret = |fields: Value| {
            let mut object = json!({"apiVersion": "v1", "kind": "Secret"});
            object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            Object::new(object).unwrap()
        };
        let mut desired = secret(json!({"stringData": {"same": "v", "other": "a", "new": "n"}}));
        let mut live = secret(json!({
            "data": {"same": "dg==", "other": "Yg==", "old": "bw=="},
            "metadata": {"annotations": {(names::LAST_APPLIED): "{\"data\":{\"same\":\"dg==\"}}"}},
        }));
        mask(&mut [&mut desired, &mut live]);
        assert_eq!(desired.get("data"), Some(&json!({"same": "++++++++", "other": "++++++++", "new": "++++++++"})));
        assert_eq!(live.get("data"), Some(&json!({"same": "++++++++", "other": "++++++++++++", "old": "++++++++"})));
        assert_eq!(live.annotation(names::LAST_APPLIED), Some("++++++++"));
        assert_eq!(desired.get("stringData"), None);
    }

    #[test]
    fn other_kinds_keep_their_values() {
        let mut object = Object::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}})).unwrap();
        mask(&mut [&mut object]);
        assert_eq!(object.get("data"), Some(&json!({"a": "b"})));
    }
}
