//! What holds for every document.

use proptest::prelude::*;
use serde_json::{Value, json};
use windlass_merge::apply::{Managers, Request, Versions, apply, update};
use windlass_merge::fields::FieldSet;
use windlass_merge::schema::{Schema, TypeRef};
use windlass_merge::subset::is_subset;
use windlass_merge::typed::{compare, extract, field_set, merge, remove};
use windlass_merge::{client_apply, json as json_patches, strategic};

use crate::documents::{anything, deployment};

fn of_deployment() -> TypeRef<'static> {
    Schema::builtin().kind("apps/v1", "Deployment").unwrap()
}

fn fields(document: &Value) -> FieldSet {
    field_set(of_deployment(), document)
}

fn apply_as(manager: &str, live: Option<&Value>, config: &Value, force: bool) -> Option<Value> {
    let versions = Versions::only("apps/v1", of_deployment());
    let request = Request { manager, subresource: "", time: "2026-01-01T00:00:00Z", force };
    apply(&versions, live, config, request, &FieldSet::default()).ok()
}

/// Empty containers and nulls are all the same to a stored object.
fn without_empties(value: &Value) -> Value {
    let is_bare = |value: &Value| {
        value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(|map| map.is_empty())
    };
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), without_empties(value)));
            Value::Object(entries.filter(|(_, value)| !is_bare(value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_empties).collect()),
        scalar => scalar.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn field_sets_obey_the_laws_of_sets(left in deployment(), right in deployment(), third in deployment()) {
        let (left, right, third) = (fields(&left), fields(&right), fields(&third));
        let union = left.clone().union(right.clone());
        prop_assert_eq!(&union, &right.clone().union(left.clone()));
        prop_assert_eq!(union.clone().union(third.clone()), left.clone().union(right.clone().union(third.clone())));
        prop_assert_eq!(left.intersection(&right), right.intersection(&left));
        let rebuilt = left.difference(&right).union(left.intersection(&right));
        prop_assert_eq!(&rebuilt, &left);
        prop_assert!(left.difference(&right).intersection(&right).is_empty());
        prop_assert_eq!(union.difference(&left), right.difference(&left));
        prop_assert_eq!(union.len() + left.intersection(&right).len(), left.len() + right.len());
        prop_assert!(left.recursive_difference(&right).difference(&left.difference(&right)).is_empty());
    }

    #[test]
    fn field_sets_survive_json(document in deployment()) {
        let set = fields(&document);
        prop_assert_eq!(FieldSet::from_json(&set.to_json()).unwrap(), set);
    }

    #[test]
    fn merging_states_all_of_the_configuration_and_is_idempotent(live in deployment(), config in deployment()) {
        let once = merge(of_deployment(), &live, &config).unwrap();
        prop_assert!(is_subset(of_deployment(), &config, &once).unwrap());
        prop_assert_eq!(merge(of_deployment(), &once, &config).unwrap(), once);
    }

    #[test]
    fn applying_twice_changes_nothing(first in deployment(), second in deployment()) {
        let live = apply_as("first", None, &first, false).unwrap();
        let live = apply_as("second", Some(&live), &second, true).unwrap();
        prop_assert_eq!(apply_as("second", Some(&live), &second, false).unwrap(), live);
    }

    #[test]
    fn what_the_only_applier_drops_is_gone(first in deployment(), second in deployment()) {
        let live = apply_as("me", None, &first, false).unwrap();
        let mut live = apply_as("me", Some(&live), &second, false).unwrap();
        prop_assert_eq!(Managers::of(&live).unwrap().owners.len(), 1);
        live["metadata"].as_object_mut().unwrap().remove("managedFields");
        // The order of merging lists is the live one where the configuration allows it.
        prop_assert!(is_subset(of_deployment(), &without_empties(&second), &live).unwrap());
        let surplus = fields(&without_empties(&live)).difference(&fields(&second));
        prop_assert!(surplus.is_empty(), "left over: {:?}", surplus.paths());
    }

    #[test]
    fn a_comparison_tells_every_change(before in deployment(), after in deployment()) {
        let changes = compare(of_deployment(), &before, &after).unwrap();
        prop_assert!(compare(of_deployment(), &after, &after).unwrap().is_same());
        prop_assert!(changes.added.difference(&fields(&after)).leaves().intersection(&fields(&before)).is_empty());
        let back = compare(of_deployment(), &after, &before).unwrap();
        prop_assert_eq!((changes.added, changes.modified, changes.removed), (back.removed, back.modified, back.added));
    }

    #[test]
    fn extracting_all_fields_gives_the_document(document in deployment()) {
        let all = extract(of_deployment(), &document, &fields(&document)).unwrap();
        prop_assert_eq!(without_empties(&all), without_empties(&document));
        let nothing = remove(of_deployment(), &document, &fields(&document));
        prop_assert_eq!(without_empties(&nothing), json!({}));
    }

    #[test]
    fn a_strategic_patch_turns_one_document_into_the_other(before in deployment(), after in deployment()) {
        let patch = strategic::diff(of_deployment(), &before, &after).unwrap();
        let patched = strategic::apply(of_deployment(), &before, &patch).unwrap();
        prop_assert_eq!(without_empties(&patched), without_empties(&after));
    }

    #[test]
    fn a_merge_patch_turns_one_document_into_the_other(before in deployment(), after in deployment()) {
        let patch = json_patches::diff(&before, &after).unwrap();
        prop_assert_eq!(json_patches::merge(&before, &patch).unwrap(), after);
    }

    #[test]
    fn client_apply_leaves_all_that_was_asked_for(
        original in deployment(), modified in deployment(), live in deployment(),
    ) {
        let plan = client_apply::plan(None, Some(&original), &modified, &live).unwrap();
        prop_assert!(is_subset(Schema::any_type(), &modified, &plan.predicted).unwrap());
    }

    #[test]
    fn client_apply_of_the_same_configuration_changes_nothing_more(
        original in deployment(), modified in deployment(), live in deployment(),
    ) {
        for of in [Some(of_deployment()), None] {
            let once = client_apply::plan(of, Some(&original), &modified, &live).unwrap().predicted;
            let twice = client_apply::plan(of, Some(&modified), &modified, &once).unwrap().predicted;
            prop_assert_eq!(without_empties(&twice), without_empties(&once));
        }
    }

    #[test]
    fn nonsense_ends_in_errors_not_panics(left in anything(), right in anything(), third in anything()) {
        for of in [of_deployment(), Schema::any_type()] {
            let versions = Versions::only("apps/v1", of);
            let request = Request { manager: "m", subresource: "", time: "t", force: true };
            let mut config = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": right});
            let results = [
                merge(of, &left, &right).is_ok(),
                compare(of, &left, &right).is_ok(),
                strategic::apply(of, &left, &right).is_ok(),
                strategic::diff(of, &left, &right).is_ok(),
                strategic::three_way(of, &left, &right, &third).is_ok(),
                apply(&versions, Some(&left), &config, request, &FieldSet::default()).is_ok(),
                update(&versions, Some(&left), &right, request, &FieldSet::default()).is_ok(),
                json_patches::three_way(&left, &right, &third).is_ok(),
                json_patches::patch(&left, &right).is_ok(),
                FieldSet::from_json(&left).is_ok(),
                Schema::from_structural("a/v1", "B", &left).is_ok(),
            ];
            prop_assert!(results.len() == 11);
            config["metadata"] = third.clone();
            let kept = remove(of, &config, &field_set(of, &left));
            prop_assert!(extract(of, &kept, &field_set(of, &right)).is_none_or(|part| !part.is_null()));
        }
    }
}

#[test]
fn documents_that_are_too_deep_are_refused_everywhere() {
    let mut deep = json!({});
    for _ in 0..1000 {
        deep = json!({ "spec": deep });
    }
    let of = of_deployment();
    assert!(strategic::diff(of, &deep, &deep).is_err());
    assert!(json_patches::merge(&deep, &deep).is_err());
    assert!(is_subset(of, &deep, &deep).is_err());
    assert!(FieldSet::from_json(&deep).is_err());
    assert!(Schema::from_structural("a/v1", "B", &deep).is_err());
    let versions = Versions::only("apps/v1", of);
    let request = Request { manager: "m", subresource: "", time: "t", force: true };
    assert!(update(&versions, None, &deep, request, &FieldSet::default()).is_err());
}
