//! An answer as it is kept and compared, and the files in which the real server's answers stand.
//!
//! One file for each scenario, one line for each step. A body that stood before is named instead of repeated.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::normal;
use crate::scenario::{Step, folder};

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub step: String,
    pub status: u16,
    /// Of the body, without parameters that say nothing.
    pub media: String,
    pub warnings: Vec<String>,
    /// JSON as it is, frames of a watch as a list, everything else as text.
    pub body: Value,
}

const JSON: &str = "application/json";

impl Answer {
    pub fn of(step: &Step, response: &Response<Bytes>) -> Self {
        let header = |name: &str| {
            let values = response.headers().get_all(name).iter();
            values.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect::<Vec<_>>()
        };
        let media = header("content-type").pop().unwrap_or_default();
        Answer {
            step: step.name.clone(),
            status: response.status().as_u16(),
            media: media.split(";charset").next().unwrap_or_default().to_owned(),
            warnings: header("warning").iter().map(|warning| normal::text(warning)).collect(),
            body: if step.brief { brief(response.body()) } else { normal::body(response.body()) },
        }
    }

    fn head(&self) -> Value {
        let mut head = json!({ "step": self.step, "status": self.status });
        if self.media != JSON {
            head["media"] = self.media.as_str().into();
        }
        if !self.warnings.is_empty() {
            head["warnings"] = self.warnings.clone().into();
        }
        head
    }

    fn read(line: &Value, body: Value) -> Option<Self> {
        let warnings = line["warnings"].as_array().into_iter().flatten();
        Some(Answer {
            step: line["step"].as_str()?.to_owned(),
            status: u16::try_from(line["status"].as_u64()?).ok()?,
            media: line["media"].as_str().unwrap_or(JSON).to_owned(),
            warnings: warnings.filter_map(Value::as_str).map(str::to_owned).collect(),
            body,
        })
    }
}

fn brief(body: &[u8]) -> Value {
    let body = normal::body(body);
    body.get("reason").map_or(Value::Null, |reason| json!({ "reason": reason }))
}

pub fn write(answers: &[Answer]) -> String {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut out = String::new();
    for answer in answers {
        let mut line = answer.head();
        match seen.get(&answer.body.to_string()) {
            Some(before) => line["same"] = (*before).into(),
            None => line["body"] = answer.body.clone(),
        }
        seen.entry(answer.body.to_string()).or_insert(&answer.step);
        out.push_str(&line.to_string());
        out.push('\n');
    }
    out
}

/// # Errors
/// A line that was not written by [`write`].
pub fn read(text: &str) -> anyhow::Result<Vec<Answer>> {
    let mut bodies: HashMap<String, Value> = HashMap::new();
    let mut answers = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line).with_context(|| format!("line {}", number + 1))?;
        let body = match line["same"].as_str() {
            Some(before) => bodies.get(before).cloned().unwrap_or_default(),
            None => normal::body(line["body"].to_string().as_bytes()),
        };
        let answer = Answer::read(&line, body).with_context(|| format!("line {} is no answer", number + 1))?;
        bodies.insert(answer.step.clone(), answer.body.clone());
        answers.push(answer);
    }
    Ok(answers)
}

/// Where the answers to a scenario stand.
pub fn path(scenario: &str) -> PathBuf {
    folder().join("answers").join(format!("{scenario}.jsonl"))
}

/// The recorded answers to a scenario; none where it has not been recorded.
///
/// # Errors
/// The file is there and cannot be read.
pub fn recorded(scenario: &str) -> anyhow::Result<Vec<Answer>> {
    let path = path(scenario);
    match std::fs::read_to_string(&path) {
        Ok(text) => read(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}
