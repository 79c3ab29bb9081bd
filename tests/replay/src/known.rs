//! The differences that are known, each under the reason for it: a file `known.txt`.
//!
//! The list may only shrink: a step on it whose answer has become equal has to go.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use crate::compare::Difference;

/// Reasons by scenario and step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<(String, String), String>);

impl Known {
    /// # Errors
    /// The list cannot be read, or has a step without a reason.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::read(&text).with_context(|| path.display().to_string())
    }

    fn read(text: &str) -> anyhow::Result<Self> {
        let mut reason: Option<&str> = None;
        let mut known = BTreeMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            if let Some(given) = line.strip_prefix("# ") {
                reason = Some(given);
                continue;
            }
            let reason = reason.with_context(|| format!("line {} stands under no reason", number + 1))?;
            let (scenario, step) = line.split_once(' ').with_context(|| format!("line {}: no step", number + 1))?;
            known.insert((scenario.to_owned(), step.to_owned()), reason.to_owned());
        }
        Ok(Known(known))
    }

    pub fn write(&self) -> String {
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((scenario, step), reason) in &self.0 {
            by_reason.entry(reason).or_default().push(format!("{scenario} {step}\n"));
        }
        let parts: Vec<String> =
            by_reason.iter().map(|(reason, lines)| format!("# {reason}\n{}", lines.concat())).collect();
        parts.join("\n")
    }

    /// Differences that are not on the list.
    pub fn unknown<'a>(&self, differences: &'a [Difference]) -> Vec<&'a Difference> {
        differences.iter().filter(|difference| !self.0.contains_key(&key(difference))).collect()
    }

    /// Entries of the list whose answers are equal by now.
    pub fn settled(&self, differences: &[Difference]) -> Vec<String> {
        let left: std::collections::BTreeSet<_> = differences.iter().map(key).collect();
        let settled = self.0.keys().filter(|key| !left.contains(*key));
        settled.map(|(scenario, step)| format!("{scenario} {step}")).collect()
    }

    /// The list without what is settled, and with these under a reason.
    pub fn revised(&self, differences: &[Difference], reason: Option<&str>) -> Self {
        let reason_of = |difference: &Difference| {
            let known = self.0.get(&key(difference)).map(String::as_str);
            known.or(reason).map(|reason| (key(difference), reason.to_owned()))
        };
        Known(differences.iter().filter_map(reason_of).collect())
    }
}

fn key(difference: &Difference) -> (String, String) {
    (difference.scenario.clone(), difference.step.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(scenario: &str, step: &str) -> Difference {
        Difference { scenario: scenario.into(), step: step.into(), lines: Vec::new() }
    }

    #[test]
    fn a_difference_is_known_under_its_reason_and_settled_when_it_is_gone() {
        let known = Known::read("# a reason\npod create/full\npod get\n").expect("a valid list");
        let differences = [difference("pod", "get"), difference("pod", "list")];
        let unknown: Vec<&str> = known.unknown(&differences).iter().map(|found| found.step.as_str()).collect();
        assert_eq!(unknown, ["list"]);
        assert_eq!(known.settled(&differences), ["pod create/full"]);
        assert_eq!(known.revised(&differences, Some("new")).write(), "# a reason\npod get\n\n# new\npod list\n");
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        assert!(Known::read("pod get\n").is_err());
    }
}
