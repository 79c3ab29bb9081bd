//! What makes an object differ, and what ignore rules hide of it.

use windlass_diff::evidence::{Cause, FieldDifference};
use windlass_engine::Pair;
use windlass_model::{ObjectKey, names};
use windlass_pipeline::Examined;

use super::{Field, Finding, Subject};

/// Why a desired or live object makes the application OutOfSync; `None` where it does not.
pub fn of_pair(application: &str, pair: &Pair, examined: Option<&Examined>) -> Option<Finding> {
    let key = &pair.key;
    let skipped = pair.target.as_ref().is_some_and(|target| target.hooks.is_skipped());
    if pair.is_synced() || skipped || pair.live.is_some() && !pair.is_ours {
        return None;
    }
    let sync = format!("windlass app sync {application}");
    let mut finding = match (&pair.target, &pair.live) {
        (Some(_), None) => {
            Finding::new(Subject::Difference, format!("{key} is in Git and not in the cluster"), format!("`{sync}`"))
        }
        (None, Some(_)) => Finding::new(
            Subject::Difference,
            format!("{key} is in the cluster and no longer in Git"),
            format!(
                "`{sync} --prune` deletes it; to keep it, annotate it with {}: IgnoreExtraneous",
                names::COMPARE_OPTIONS
            ),
        ),
        _ => Finding::new(Subject::Difference, format!("{key} differs from Git"), ""),
    };
    if let Some(origin) = pair.target.as_ref().and_then(|target| target.origin.as_ref()) {
        finding.facts.push(format!("Git has it in {origin}"));
    }
    let Some(examined) = examined else { return Some(finding) };
    finding.fields = examined.evidence.differences.iter().chain(&examined.taken_over).map(Field::new).collect();
    if let Some(refusal) = &examined.refusal {
        finding.facts.push(format!("the API server refuses what Git has: {refusal}"));
        finding.remedy = "mend the manifest in Git".into();
    } else if !finding.fields.is_empty() {
        finding.remedy = remedy(key, &sync, &examined.evidence.differences);
    }
    Some(finding)
}

/// Who else writes a field should win for good, or not at all.
fn remedy(key: &ObjectKey, sync: &str, fields: &[FieldDifference]) -> String {
    if fields.iter().any(|field| field.cause == Cause::Dropped) {
        return "take the field out of the manifest, or write it as the kind's schema has it".into();
    }
    let others: Vec<&str> = fields
        .iter()
        .flat_map(|field| &field.owners)
        .map(|owner| owner.manager.as_str())
        .filter(|name| ![names::FIELD_MANAGER, names::ARGOCD_MANAGER, names::KUBECTL_MANAGER].contains(name))
        .collect();
    match others.first() {
        Some(other) => format!(
            "`{sync}` overwrites what {other} has written; if it is to win, add to spec.ignoreDifferences: \
             {{group: {:?}, kind: {}, name: {}, managedFieldsManagers: [{other}]}}",
            key.kind.group, key.kind.kind, key.name
        ),
        None => format!("`{sync}`"),
    }
}

/// Differences that do not count because rules hide them.
pub fn hidden(examined: &Examined) -> Option<Finding> {
    let hidden = &examined.evidence.hidden;
    if hidden.is_empty() {
        return None;
    }
    let mut finding = Finding::new(Subject::Hidden, format!("{} would differ without them", examined.key), "");
    finding.fields = hidden
        .iter()
        .map(|hidden| Field { why: format!("ignored by {}", hidden.rules.join(", ")), ..Field::new(&hidden.field) })
        .collect();
    Some(finding)
}
