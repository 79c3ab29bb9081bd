//! Why an object is not in sync, field by field: both values, who owns the live one, and which ignore rules hide
//! what would be a difference without them.

use serde_json::Value;
use windlass_model::{Object, ObjectKey, application::IgnoreDifference};

use crate::{
    compare::{Rules, compare, compare_predicted, fields},
    ignore::IgnoreRules,
    normalize::{CompareOptions, normalize},
    path::FieldPath,
};

/// The states of one object.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    pub key: &'a ObjectKey,
    pub desired: &'a Object,
    /// What the API server says that a sync would leave; `None` where it was not asked, or refuses.
    pub predicted: Option<&'a Object>,
    /// With all its managedFields.
    pub live: &'a Object,
}

/// An ignore rule and where it stands.
#[derive(Clone, Debug)]
pub struct NamedRule {
    pub name: String,
    pub rule: IgnoreDifference,
}

/// How a field came to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Both sides have a value.
    Changed,
    /// It is desired and not there.
    Missing,
    /// It is there, is ours, and no longer desired.
    Leftover,
    /// It belongs to a manager that a sync takes over from, and is not desired.
    TakenOver,
    /// The API server does not keep it.
    Dropped,
    /// The API server, or a webhook, would set it.
    Defaulted,
}

/// Somebody who has set a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOwner {
    pub manager: String,
    pub operation: String,
    pub time: String,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDifference {
    pub path: String,
    pub cause: Cause,
    pub desired: Option<Value>,
    pub live: Option<Value>,
    /// Owners of the live value, the latest first.
    pub owners: Vec<FieldOwner>,
}

/// A difference that rules hide.
#[derive(Clone, Debug, PartialEq)]
pub struct Hidden {
    pub field: FieldDifference,
    /// The rules that hide it, each of them alone.
    pub rules: Vec<String>,
}

/// What is known about why an object is, or is not, in sync.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    pub differences: Vec<FieldDifference>,
    pub hidden: Vec<Hidden>,
}

/// Compares as the engine does, and tells what it has gone by.
pub fn evidence(sides: Sides<'_>, options: &CompareOptions, rules: &[NamedRule], our_managers: &[&str]) -> Evidence {
    let found = |rules: &[NamedRule]| {
        let ignore = IgnoreRules::new(rules.iter().map(|named| &named.rule));
        differing(sides, Rules { options, ignore: &ignore, our_managers })
    };
    let states = States::new(sides, options);
    let shown = found(rules);
    let all = if rules.is_empty() { shown.clone() } else { found(&[]) };
    let hides = |named: &&NamedRule, path: &String| !found(std::slice::from_ref(*named)).contains(path);
    let hidden = all.into_iter().filter(|path| !shown.contains(path)).map(|path| Hidden {
        rules: rules.iter().filter(|named| hides(named, &path)).map(|named| named.name.clone()).collect(),
        field: states.difference(path),
    });
    Evidence { hidden: hidden.collect(), differences: shown.into_iter().map(|path| states.difference(path)).collect() }
}

/// Fields that a sync removes because it takes them over from `managers` and nobody desires them. What another
/// manager owns too stays.
pub fn taken_over(sides: Sides<'_>, options: &CompareOptions, managers: &[&str]) -> Vec<FieldDifference> {
    let managed = sides.live.managed_fields();
    let states = States::new(sides, options);
    let mut paths = Vec::new();
    for owned in fields::of_managers(managed, managers) {
        fields::unwanted("", owned, &states.desired, &states.live, &mut paths);
    }
    let mut lost: Vec<FieldDifference> = paths.into_iter().map(|path| states.difference(path)).collect();
    lost.retain(|field| field.owners.iter().all(|owner| managers.contains(&owner.manager.as_str())));
    for field in &mut lost {
        field.cause = Cause::TakenOver;
    }
    lost
}

fn differing(sides: Sides<'_>, rules: Rules<'_>) -> Vec<String> {
    let Sides { key, desired, predicted, live } = sides;
    match predicted {
        Some(predicted) => compare_predicted(key, desired, predicted, live, rules).differences,
        None => compare(key, desired, live, rules).differences,
    }
}

/// The sides in the form in which they are compared.
struct States<'a> {
    desired: Value,
    predicted: Option<Value>,
    live: Value,
    managed: &'a [Value],
}

impl<'a> States<'a> {
    fn new(sides: Sides<'a>, options: &CompareOptions) -> Self {
        let prepared = |object: &Object| {
            let mut object = object.clone();
            normalize(&mut object, options);
            object.into_value()
        };
        Self {
            desired: prepared(sides.desired),
            predicted: sides.predicted.map(prepared),
            live: prepared(sides.live),
            managed: sides.live.managed_fields(),
        }
    }

    fn difference(&self, path: String) -> FieldDifference {
        let place = FieldPath::parse(&path);
        let find = |value: &Value| place.as_ref().and_then(|place| place.find(value)).cloned();
        let (desired, live) = (find(&self.desired), find(&self.live));
        let predicted = self.predicted.as_ref().and_then(find);
        let cause = match (&desired, &live, &predicted) {
            (Some(_), None, None) if self.predicted.is_some() => Cause::Dropped,
            (Some(_), None, _) => Cause::Missing,
            (Some(_), Some(_), _) => Cause::Changed,
            (None, _, Some(_)) => Cause::Defaulted,
            (None, _, None) => Cause::Leftover,
        };
        let owners = place.as_ref().map(|place| owners(self.managed, place, &self.live)).unwrap_or_default();
        FieldDifference { desired: desired.or(predicted), live, cause, owners, path }
    }
}

fn owners(managed: &[Value], place: &FieldPath, live: &Value) -> Vec<FieldOwner> {
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let owns = |entry: &&Value| entry.get("fieldsV1").is_some_and(|owned| fields::owns(owned, place, live));
    let mut owners: Vec<FieldOwner> = managed
        .iter()
        .filter(owns)
        .map(|entry| FieldOwner {
            manager: text(entry, "manager"),
            operation: text(entry, "operation"),
            time: text(entry, "time"),
        })
        .collect();
    owners.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.manager.cmp(&b.manager)));
    owners
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use windlass_model::GroupKind;

    use super::*;

    fn object(value: Value) -> Object {
        Object::new(value).unwrap()
    }

    fn key() -> ObjectKey {
        ObjectKey::new(GroupKind::new("apps", "Deployment"), "shop", "web")
    }

    fn live() -> Object {
        let entry = |manager: &str, time: &str, fields: Value| json!({"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields});
        object(json!({
            "spec": {"replicas": 5, "paused": true, "ports": [{"port": 80, "name": "x"}]},
            "metadata": {"managedFields": [
                entry("windlass", "2026-01-01T00:00:00Z", json!({"f:spec": {"f:paused": {}, "f:ports": {"k:{\"port\":80}": {".": {}, "f:port": {}}}}})),
                entry("hpa", "2026-01-03T00:00:00Z", json!({"f:spec": {"f:replicas": {}}})),
                entry("kubectl-edit", "2026-01-02T00:00:00Z", json!({"f:spec": {"f:replicas": {}, "f:ports": {"k:{\"port\":80}": {"f:name": {}}}}})),
            ]},
        }))
    }

    fn told(desired: Value, rules: &[NamedRule]) -> Evidence {
        let (key, desired, live) = (key(), object(desired), live());
        let sides = Sides { key: &key, desired: &desired, predicted: None, live: &live };
        evidence(sides, &CompareOptions::default(), rules, &["windlass"])
    }

    #[test]
    fn each_field_has_both_values_a_cause_and_the_owners_of_the_live_one() {
        let told = told(json!({"spec": {"replicas": 3, "ports": [{"port": 80, "name": "y"}], "image": "a"}}), &[]);
        let short: Vec<(&str, Cause, Vec<&str>)> = told
            .differences
            .iter()
            .map(|field| {
                (field.path.as_str(), field.cause, field.owners.iter().map(|owner| owner.manager.as_str()).collect())
            })
            .collect();
        assert_eq!(
            short,
            [
                ("spec.image", Cause::Missing, vec![]),
                ("spec.ports[0].name", Cause::Changed, vec!["kubectl-edit"]),
                ("spec.replicas", Cause::Changed, vec!["hpa", "kubectl-edit"]),
                ("spec.paused", Cause::Leftover, vec!["windlass"]),
            ]
        );
        assert_eq!((&told.differences[2].desired, &told.differences[2].live), (&Some(json!(3)), &Some(json!(5))));
    }

    #[test]
    fn what_rules_hide_is_told_with_the_rules_that_hide_it() {
        let named = |name: &str, pointer: &str| NamedRule {
            name: name.into(),
            rule: IgnoreDifference {
                group: "*".into(),
                kind: "*".into(),
                json_pointers: vec![pointer.into()],
                ..Default::default()
            },
        };
        let rules = [named("first", "/spec/replicas"), named("second", "/spec/none"), named("third", "/spec")];
        let told = told(json!({"spec": {"replicas": 3, "paused": true, "ports": [{"port": 80}]}}), &rules[..2]);
        assert_eq!(told.differences, []);
        assert_eq!(told.hidden.len(), 1);
        assert_eq!(
            (told.hidden[0].field.path.as_str(), told.hidden[0].rules.as_slice()),
            ("spec.replicas", &["first".to_owned()][..])
        );
    }

    #[test]
    fn a_field_that_the_server_does_not_keep_is_told_apart_from_one_that_it_sets() {
        let (key, live) = (key(), object(json!({"spec": {"replicas": 1}})));
        let desired = object(json!({"spec": {"replicas": 1, "typo": true}}));
        let predicted = object(json!({"spec": {"replicas": 1, "policy": "Always"}}));
        let sides = Sides { key: &key, desired: &desired, predicted: Some(&predicted), live: &live };
        let told = evidence(sides, &CompareOptions::default(), &[], &["windlass"]);
        let short: Vec<(&str, Cause)> =
            told.differences.iter().map(|field| (field.path.as_str(), field.cause)).collect();
        assert_eq!(short, [("spec.policy", Cause::Defaulted), ("spec.typo", Cause::Dropped)]);
    }

    #[test]
    fn a_take_over_loses_what_only_the_former_managers_own() {
        let (key, live) = (key(), live());
        let desired = object(json!({"spec": {"ports": [{"port": 80}]}}));
        let sides = Sides { key: &key, desired: &desired, predicted: None, live: &live };
        let lost = taken_over(sides, &CompareOptions::default(), &["kubectl-edit"]);
        // `replicas` is the autoscaler's too, and stays.
        let paths: Vec<&str> = lost.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["spec.ports[{\"port\":80}].name"]);
    }
}
