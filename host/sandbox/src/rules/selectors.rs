//! Label selectors inside objects: what one must be, and whether it selects the template beside it.

use serde_json::Value;

use super::spot::Spot;
use super::{formats, metadata};
use crate::error::Cause;
use crate::selector::matches_label_selector;

/// The faults of a label selector; of none where it is absent.
pub(super) fn faults(selector: &Spot<'_>) -> Vec<Cause> {
    let mut causes = metadata::label_faults(&selector.at("matchLabels"));
    causes.extend(selector.at("matchExpressions").items().flat_map(|one| requirement(&one)));
    causes
}

fn requirement(one: &Spot<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let values = one.at("values");
    match one.at("operator").text() {
        "In" | "NotIn" if values.len() == 0 => {
            causes.push(values.required("must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if values.len() > 0 => {
            causes.push(values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => causes.push(one.at("operator").invalid_as(other, "not a valid selector operator")),
    }
    causes.extend(one.at("key").breaches(formats::qualified));
    causes.extend(values.items().flat_map(|value| value.breaches(formats::label_value)));
    causes
}

/// Whether anything can be asked with the selector.
pub(super) fn is_sound(selector: &Spot<'_>) -> bool {
    faults(selector).is_empty()
}

/// A selector that is absent selects nothing, one without requirements everything.
pub(super) fn selects(selector: &Spot<'_>, labels: &Spot<'_>) -> bool {
    selector.value.as_object().is_some_and(|selector| matches_label_selector(selector, labels.map()))
}

pub(super) fn is_empty(selector: &Spot<'_>) -> bool {
    selector.at("matchLabels").len() + selector.at("matchExpressions").len() == 0
}

/// What stands at a template's labels when the selector beside it does not select them.
pub(super) fn mismatch(template: &Spot<'_>) -> Cause {
    let labels = template.down(&["metadata", "labels"]);
    let shown = if labels.len() == 0 { Value::Null } else { labels.value.clone() };
    labels.invalid_as(shown, "`selector` does not match template `labels`")
}
