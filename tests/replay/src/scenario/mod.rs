//! What is asked: scenarios, each a list of requests, read from the files of `scenarios/`.

mod kind;
mod script;
mod verbs;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Requests that follow one another on one server, in a namespace of their own.
#[derive(Debug)]
pub struct Scenario {
    pub name: String,
    pub steps: Vec<Step>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique in its scenario: answers are recorded under it.
    pub name: String,
    pub method: &'static str,
    /// Path and query. `${ns}`, `${uid}`, `${rv}`, `${continue}` and kept names are filled in.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    /// Asked again until this holds: for what the server does in the background.
    pub until: Option<Until>,
    /// The name under which the resource version of the answer is kept for later steps.
    pub keep: Option<String>,
    /// Whether code and reason are all that is kept of the answer: the words are those of Go's readers.
    pub brief: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Empty,
    /// Sent as it stands.
    Text(String),
    Bytes(Vec<u8>),
    Json(Value),
    /// A merge patch on the last object that was answered; what comes out is sent.
    Edit(Value),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    Status(u16),
    /// The value at a JSON pointer.
    Value(String, Value),
}

/// The verbs by which the tally is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Read,
    Watch,
    Create,
    Update,
    Patch,
    Apply,
    Delete,
}

impl Verb {
    pub const ALL: [Verb; 7] =
        [Verb::Read, Verb::Watch, Verb::Create, Verb::Update, Verb::Patch, Verb::Apply, Verb::Delete];

    pub fn name(self) -> &'static str {
        match self {
            Verb::Read => "read",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Apply => "apply",
            Verb::Delete => "delete",
        }
    }
}

impl Step {
    pub fn new(name: impl Into<String>, method: &'static str, target: impl Into<String>) -> Self {
        Step {
            name: name.into(),
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Body::Empty,
            until: None,
            keep: None,
            brief: false,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    pub fn verb(&self) -> Verb {
        let applies = self.headers.iter().any(|(_, value)| value.starts_with("application/apply-patch"));
        match self.method {
            "POST" => Verb::Create,
            "PUT" => Verb::Update,
            "PATCH" if applies => Verb::Apply,
            "PATCH" => Verb::Patch,
            "DELETE" => Verb::Delete,
            _ if self.target.contains("watch=") => Verb::Watch,
            _ => Verb::Read,
        }
    }
}

/// The folder of this crate, where scenarios and answers lie.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All scenarios, in the order in which they are recorded.
///
/// # Errors
/// A file that cannot be read or does not have the form of a scenario; it is named.
pub fn all() -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for (part, read) in [("scripts", script::read as fn(&Value) -> _), ("kinds", kind::read)] {
        for path in files(&folder().join("scenarios").join(part))? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let steps = document(&path).and_then(|document| read(&document));
            let steps = steps.with_context(|| path.display().to_string())?;
            check_names(&steps).with_context(|| path.display().to_string())?;
            scenarios.push(Scenario { name, steps });
        }
    }
    Ok(scenarios)
}

/// The scenarios with these names; all where none is named.
///
/// # Errors
/// As [`all`].
pub fn chosen(names: &[&str]) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = all()?;
    scenarios.retain(|scenario| names.is_empty() || names.contains(&scenario.name.as_str()));
    Ok(scenarios)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    Ok(files)
}

fn document(path: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read(path)?;
    let document = windlass_yaml::first_to_json(&text, &windlass_yaml::Limits::default())?;
    let document = document.context("the file is empty")?;
    let twice: Vec<&str> = document.duplicate_keys.iter().map(|duplicate| duplicate.key.as_str()).collect();
    ensure!(twice.is_empty(), "keys that stand twice: {}", twice.join(", "));
    Ok(document.value)
}

fn check_names(steps: &[Step]) -> anyhow::Result<()> {
    let mut names = std::collections::BTreeSet::new();
    for step in steps {
        ensure!(names.insert(&step.name), "two steps are called {:?}", step.name);
    }
    Ok(())
}
