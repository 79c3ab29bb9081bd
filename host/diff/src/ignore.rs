//! What users have said not to compare: JSON pointers and the fields of other managers. jq expressions are
//! held here and carried out elsewhere: a jq program has no end that could be foreseen.

use serde_json::Value;
use windlass_model::{GroupKind, Object, ObjectKey, application::IgnoreDifference};

use crate::{Glob, compare::fields};

/// Compiled `ignoreDifferences`, of an application and of the whole system.
#[derive(Clone, Debug, Default)]
pub struct IgnoreRules {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    group: Glob,
    kind: Glob,
    name: String,
    namespace: String,
    pointers: Vec<String>,
    expressions: Vec<String>,
    managers: Vec<String>,
}

impl IgnoreRules {
    /// Compiles rules. A pattern that is not a glob is taken literally.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a IgnoreDifference>) -> Self {
        Self { rules: rules.into_iter().map(Rule::new).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The jq expressions that name what is ignored on an object.
    pub fn expressions<'a>(&'a self, key: &'a ObjectKey) -> impl Iterator<Item = &'a str> {
        self.matching(key).flat_map(|rule| rule.expressions.iter().map(String::as_str))
    }

    /// The field managers whose fields are ignored on an object.
    pub fn managers<'a>(&'a self, key: &'a ObjectKey) -> impl Iterator<Item = &'a str> {
        self.matching(key).flat_map(|rule| rule.managers.iter().map(String::as_str))
    }

    /// Removes from `object` what is ignored. `managed_fields` are the live object's.
    pub fn strip(&self, object: &mut Object, key: &ObjectKey, managed_fields: &[Value]) {
        for rule in self.matching(key) {
            let mut value = Value::Object(std::mem::take(object.as_map_mut()));
            for pointer in &rule.pointers {
                remove_pointer(&mut value, pointer);
            }
            for owned in fields::of_managers(managed_fields, &rule.managers) {
                fields::remove(&mut value, owned);
            }
            if let Value::Object(map) = value {
                *object.as_map_mut() = map;
            }
        }
    }

    fn matching<'a>(&'a self, key: &'a ObjectKey) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.matches(key))
    }
}

impl Rule {
    fn new(rule: &IgnoreDifference) -> Self {
        Self {
            group: Glob::new(&rule.group, false),
            kind: Glob::new(&rule.kind, false),
            name: rule.name.clone(),
            namespace: rule.namespace.clone(),
            pointers: rule.json_pointers.clone(),
            expressions: rule.jq_path_expressions.clone(),
            managers: rule.managed_fields_managers.clone(),
        }
    }

    fn matches(&self, key: &ObjectKey) -> bool {
        let GroupKind { group, kind } = &key.kind;
        let exact = |wanted: &str, actual: &str| wanted.is_empty() || wanted == actual;
        self.group.is_match(&**group)
            && self.kind.is_match(&**kind)
            && exact(&self.name, &key.name)
            && exact(&self.namespace, &key.namespace)
    }
}

/// `target` with what is live wherever something was taken out of it, for `RespectIgnoreDifferences`: applying it
/// changes nothing there. `left` is what the rules have left of it.
pub fn with_live(target: &Value, left: &Value, live: Option<&Value>) -> Value {
    match (target, left) {
        (Value::Object(target), Value::Object(left)) => {
            let live = |name: &str| live.and_then(|live| live.get(name));
            let merged = target.iter().filter_map(|(name, value)| match left.get(name) {
                Some(left) => Some((name.clone(), with_live(value, left, live(name)))),
                None => live(name).map(|live| (name.clone(), live.clone())),
            });
            Value::Object(merged.collect())
        }
        (Value::Array(target), Value::Array(left)) if target.len() == left.len() => {
            let live = live.and_then(Value::as_array).filter(|live| live.len() == left.len());
            let item = |index: usize| with_live(&target[index], &left[index], live.map(|live| &live[index]));
            Value::Array((0..left.len()).map(item).collect())
        }
        // Items were taken out: nobody knows which of the live ones they are, so the live list stays whole.
        (Value::Array(_), Value::Array(_)) => live.unwrap_or(left).clone(),
        _ => left.clone(),
    }
}

/// Removes what an RFC 6901 pointer names; a pointer to nothing does nothing.
pub fn remove_pointer(value: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let name = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => drop(map.remove(&name)),
        Some(Value::Array(list)) => {
            if let Some(index) = name.parse::<usize>().ok().filter(|index| *index < list.len()) {
                list.remove(index);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stripped(rule: IgnoreDifference, managed: Value) -> Value {
        let mut object =
            Object::new(json!({"spec": {"replicas": 3, "ports": [{"port": 1, "node": 2}]}, "data": {"a/b": "1"}}))
                .unwrap();
        let key = ObjectKey::new(GroupKind::new("apps", "Deployment"), "web", "shop");
        let managed = managed.as_array().cloned().unwrap_or_default();
        IgnoreRules::new([&rule]).strip(&mut object, &key, &managed);
        object.into_value()
    }

    #[test]
    fn pointers_remove_fields_of_matching_objects_only() {
        let rule = |kind: &str, pointer: &str| IgnoreDifference {
            group: "*".into(),
            kind: kind.into(),
            json_pointers: vec![pointer.into()],
            ..IgnoreDifference::default()
        };
        assert_eq!(stripped(rule("Deploy*", "/spec/replicas"), json!([]))["spec"].get("replicas"), None);
        assert_eq!(stripped(rule("Deployment", "/data/a~1b"), json!([]))["data"], json!({}));
        assert_eq!(
            stripped(rule("Deployment", "/spec/ports/0/node"), json!([]))["spec"]["ports"],
            json!([{"port": 1}])
        );
        assert_eq!(stripped(rule("Service", "/spec/replicas"), json!([]))["spec"]["replicas"], 3);
    }

    #[test]
    fn what_was_taken_out_is_taken_from_what_lives() {
        let check = |target: Value, left: Value, live: Value, expected: Value| {
            assert_eq!(with_live(&target, &left, Some(&live)), expected);
        };
        check(json!({"a": 1, "b": 2}), json!({"b": 2}), json!({"a": 9, "b": 9, "c": 9}), json!({"a": 9, "b": 2}));
        check(json!({"a": 1, "b": 2}), json!({"b": 2}), json!({}), json!({"b": 2}));
        check(
            json!({"l": [{"n": 1, "i": 1}]}),
            json!({"l": [{"n": 1}]}),
            json!({"l": [{"n": 7, "i": 7}]}),
            json!({"l": [{"n": 1, "i": 7}]}),
        );
        check(json!([1, 2]), json!([1]), json!([3, 4, 5]), json!([3, 4, 5]));
    }

    #[test]
    fn fields_of_an_ignored_manager_are_removed() {
        let rule = IgnoreDifference {
            group: "apps".into(),
            kind: "Deployment".into(),
            managed_fields_managers: vec!["hpa".into()],
            ..IgnoreDifference::default()
        };
        let managed = json!([{"manager": "hpa", "fieldsV1": {"f:spec": {"f:replicas": {}, "f:ports": {"k:{\"port\":1}": {"f:node": {}}}}}}]);
        assert_eq!(stripped(rule, managed)["spec"], json!({"ports": [{"port": 1}]}));
    }
}
