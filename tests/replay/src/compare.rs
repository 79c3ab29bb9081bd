//! Where two answers differ, and how many are equal by scenario and verb.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::answer::Answer;
use crate::scenario::{Scenario, Verb};

/// One step whose answer is not the recorded one.
#[derive(Clone, Debug)]
pub struct Difference {
    pub scenario: String,
    pub step: String,
    /// What differs, one line each.
    pub lines: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(out, "{} {}", self.scenario, self.step)?;
        self.lines.iter().try_for_each(|line| writeln!(out, "    {line}"))
    }
}

/// Equal answers and all answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub equal: usize,
    pub total: usize,
}

#[derive(Debug, Default)]
pub struct Report {
    pub differences: Vec<Difference>,
    /// By scenario and verb.
    pub counts: BTreeMap<(String, Verb), Count>,
}

impl Report {
    /// Adds a scenario: what was answered, against what is recorded.
    pub fn add(&mut self, scenario: &Scenario, recorded: &[Answer], answers: &[Answer]) {
        let recorded: BTreeMap<&str, &Answer> = recorded.iter().map(|answer| (answer.step.as_str(), answer)).collect();
        for (step, answer) in scenario.steps.iter().zip(answers) {
            let lines = match recorded.get(step.name.as_str()) {
                Some(expected) => differences(expected, answer),
                None => vec!["not recorded: record it on a real server".to_owned()],
            };
            let count = self.counts.entry((scenario.name.clone(), step.verb())).or_default();
            count.total += 1;
            if lines.is_empty() {
                count.equal += 1;
            } else {
                let (scenario, step) = (scenario.name.clone(), step.name.clone());
                self.differences.push(Difference { scenario, step, lines });
            }
        }
    }

    pub fn sum(&self) -> Count {
        let add = |sum: Count, next: &Count| Count { equal: sum.equal + next.equal, total: sum.total + next.total };
        self.counts.values().fold(Count::default(), add)
    }

    /// Equal answers of all, by scenario and verb.
    pub fn table(&self) -> String {
        let mut out = format!("{:28}", "");
        Verb::ALL.iter().for_each(|verb| out.push_str(&format!("{:>10}", verb.name())));
        out.push_str(&format!("{:>12}\n", "all"));
        let mut scenarios: Vec<&str> = self.counts.keys().map(|(scenario, _)| scenario.as_str()).collect();
        scenarios.dedup();
        for scenario in scenarios {
            out.push_str(&self.row(scenario, |name| name == scenario));
        }
        out.push_str(&self.row("all", |_| true));
        out
    }

    fn row(&self, title: &str, wanted: impl Fn(&str) -> bool) -> String {
        let count = |verb: Option<Verb>| {
            let chosen =
                self.counts.iter().filter(|((name, of), _)| wanted(name) && verb.is_none_or(|verb| verb == *of));
            chosen.fold(Count::default(), |sum, (_, next)| Count {
                equal: sum.equal + next.equal,
                total: sum.total + next.total,
            })
        };
        let cell =
            |count: Count| if count.total == 0 { "-".into() } else { format!("{}/{}", count.equal, count.total) };
        let cells: String = Verb::ALL.iter().map(|verb| format!("{:>10}", cell(count(Some(*verb))))).collect();
        format!("{title:28}{cells}{:>12}\n", cell(count(None)))
    }
}

/// What is different, one line for each place.
pub fn differences(expected: &Answer, found: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    if expected.status != found.status {
        lines.push(format!("status: {} wanted, {} found", expected.status, found.status));
    }
    if expected.media != found.media {
        lines.push(format!("content type: {:?} wanted, {:?} found", expected.media, found.media));
    }
    if expected.warnings != found.warnings {
        lines.push(format!("warnings: {:?} wanted, {:?} found", expected.warnings, found.warnings));
    }
    compare(&expected.body, &found.body, "", &mut lines);
    lines
}

fn compare(expected: &Value, found: &Value, path: &str, lines: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (key, value) in wanted {
                let path = format!("{path}/{key}");
                match given.get(key) {
                    Some(other) => compare(value, other, &path, lines),
                    None => lines.push(format!("{path}: missing, {value} wanted")),
                }
            }
            let surplus = given.iter().filter(|(key, _)| !wanted.contains_key(*key));
            lines.extend(surplus.map(|(key, value)| format!("{path}/{key}: {value} found, not wanted")));
        }
        (Value::Array(wanted), Value::Array(given)) if wanted.len() == given.len() => {
            for (index, (value, other)) in wanted.iter().zip(given).enumerate() {
                compare(value, other, &format!("{path}/{index}"), lines);
            }
        }
        _ if expected == found => {}
        _ => lines.push(format!("{path}: {expected} wanted, {found} found")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Answer {
        Answer { step: "get".into(), status, media: "application/json".into(), warnings: Vec::new(), body }
    }

    #[test]
    fn equal_answers_have_no_differences() {
        assert_eq!(differences(&answer(200, json!({ "a": [1] })), &answer(200, json!({ "a": [1] }))), [""; 0]);
    }

    #[test]
    fn every_place_that_differs_is_told_with_both_values() {
        let found = differences(
            &answer(200, json!({ "a": 1, "b": { "c": [1, 2] } })),
            &answer(201, json!({ "b": { "c": [1, 3] }, "d": null })),
        );
        let expected = [
            "status: 200 wanted, 201 found",
            "/a: missing, 1 wanted",
            "/b/c/1: 2 wanted, 3 found",
            "/d: null found, not wanted",
        ];
        assert_eq!(found, expected);
    }
}
