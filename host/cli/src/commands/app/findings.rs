//! What `explain` has to say: facts of the engine as sentences, each with what to do.

mod health;
mod object;
mod obstacle;

use serde::Serialize;
use serde_json::Value;
use windlass_diff::evidence::{Cause, FieldDifference, FieldOwner};
use windlass_model::{
    application::{Condition, ConditionType},
    names,
};

pub use self::{
    health::of_tree,
    object::{hidden, of_pair},
    obstacle::of_obstacle,
};
use crate::output::harmless;

/// Longest value that is shown of a field.
const VALUE_MAX: usize = 120;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    Difference,
    Obstacle,
    Warning,
    Health,
    Hidden,
}

/// One thing that was found, with what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub subject: Subject,
    pub what: String,
    /// Facts that belong to it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Value>,
    /// Who has written the live value, the latest first.
    pub owners: Vec<String>,
    pub why: String,
}

impl Finding {
    fn new(subject: Subject, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { subject, what: what.into(), facts: Vec::new(), fields: Vec::new(), remedy: remedy.into() }
    }

    /// A few lines for people.
    pub fn text(&self) -> String {
        let mut text = format!("- {}\n", harmless(&self.what));
        text.extend(self.facts.iter().map(|fact| format!("    {}\n", harmless(fact))));
        text.extend(self.fields.iter().map(Field::text));
        if !self.remedy.is_empty() {
            text.push_str(&format!("  → {}\n", harmless(&self.remedy)));
        }
        text
    }
}

impl Field {
    fn new(field: &FieldDifference) -> Self {
        Self {
            path: field.path.clone(),
            desired: field.desired.clone(),
            live: field.live.clone(),
            owners: field.owners.iter().map(owner).collect(),
            why: why(field),
        }
    }

    fn text(&self) -> String {
        let owners =
            if self.owners.is_empty() { String::new() } else { format!("    set by {}\n", self.owners.join(", ")) };
        let text = format!(
            "    {}\n      Git:  {}\n      live: {}\n",
            self.path,
            shown(self.desired.as_ref()),
            shown(self.live.as_ref()),
        );
        let lines = [("  ", owners), ("      ", format!("{}\n", self.why))];
        let rest = lines.into_iter().filter(|(_, line)| !line.trim().is_empty());
        text + &rest.map(|(indent, line)| format!("{indent}{}\n", harmless(line.trim_end()))).collect::<String>()
    }
}

fn owner(owner: &FieldOwner) -> String {
    let time = if owner.time.is_empty() { String::new() } else { format!(" at {}", owner.time) };
    format!("{} ({}{time})", owner.manager, owner.operation)
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "not set".into() };
    let text = harmless(&value.to_string());
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What a difference means.
fn why(field: &FieldDifference) -> String {
    let others: Vec<&str> =
        field.owners.iter().map(|owner| owner.manager.as_str()).filter(|name| *name != names::FIELD_MANAGER).collect();
    match field.cause {
        Cause::Changed if others.is_empty() => "Git has changed since it was applied".into(),
        Cause::Changed => format!("{} has written it since", others[0]),
        Cause::Missing => "it has not been applied, or somebody has removed it".into(),
        Cause::Leftover => "Git no longer has it; a sync removes it".into(),
        Cause::TakenOver => format!("a sync takes it over from {} and removes it", others.join(" and ")),
        Cause::Dropped => "the API server does not keep it: it is not in the kind's schema, or a webhook removes it. \
             Until Git is mended the application stays OutOfSync"
            .into(),
        Cause::Defaulted => "the API server, or a webhook, would set it".into(),
    }
}

/// Warnings. Errors are told by what they come from.
pub fn of_condition(condition: &Condition) -> Option<Finding> {
    let remedy = match condition.kind {
        ConditionType::SharedResourceWarning => "leave it to one application: both would write it in turn",
        ConditionType::RepeatedResourceWarning => "take all but one of them out of Git: the last one counts",
        ConditionType::ExcludedResourceWarning => "take it out of Git, or change resource.exclusions in argocd-cm",
        _ => return None,
    };
    Some(Finding::new(Subject::Warning, format!("{:?}: {}", condition.kind, condition.message), remedy))
}
