//! Where an object comes from: for diagnostics, and for the annotations that `buildMetadata` asks for.

use std::rc::Rc;

use crate::artifact::remote_base;
use crate::node::looks_typed;

/// The file an object was read from, or the generator that made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Path of the file, relative to the directory that is built, or to the repository if that is named.
    pub path: String,
    /// Repository of a remote base.
    pub repository: String,
    pub reference: String,
    /// The file that configures the generator or transformer.
    pub configured_in: String,
    pub configured_by: Option<Configuration>,
}

/// What names a generator or transformer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
}

impl Configuration {
    pub(crate) fn builtin(kind: &str) -> Self {
        Self { api_version: "builtin".to_owned(), kind: kind.to_owned(), ..Self::default() }
    }
}

impl Origin {
    /// The origin of what a path leads to that is written in a file of this origin.
    pub(crate) fn append(&self, path: &str) -> Self {
        match remote_base(path) {
            Some(remote) => Self {
                path: remote.path,
                repository: remote.repository.url,
                reference: remote.repository.reference,
                ..self.clone()
            },
            None => Self { path: join(&self.path, path), ..self.clone() },
        }
    }

    /// The origin of what a generator makes that is configured in a file of this directory.
    pub(crate) fn configured(&self, file: &str, by: Configuration) -> Self {
        Self {
            path: String::new(),
            configured_in: join(&self.path, file),
            configured_by: Some(by),
            repository: self.repository.clone(),
            reference: self.reference.clone(),
        }
    }

    /// The origin as the annotation's text.
    pub(crate) fn to_text(&self) -> String {
        self.lines().iter().map(|line| format!("{line}\n")).collect()
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |indent: &str, name: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{indent}{name}: {}", quoted(value)));
            }
        };
        line("", "path", &self.path);
        line("", "repo", &self.repository);
        line("", "ref", &self.reference);
        line("", "configuredIn", &self.configured_in);
        if let Some(by) = &self.configured_by {
            let mut inner = Vec::new();
            let all =
                [("apiVersion", &by.api_version), ("kind", &by.kind), ("name", &by.name), ("namespace", &by.namespace)];
            for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
                inner.push(format!("  {name}: {}", quoted(value)));
            }
            if !inner.is_empty() {
                lines.push("configuredBy:".to_owned());
                lines.extend(inner);
            }
        }
        lines
    }
}

/// The transformations as the annotation's text: a list of origins.
pub(crate) fn list_text(origins: &[Rc<Origin>]) -> String {
    let item = |origin: &Rc<Origin>| {
        let lines = origin.lines().into_iter().enumerate();
        lines.map(|(at, line)| format!("{} {line}\n", if at == 0 { "-" } else { " " })).collect::<String>()
    };
    origins.iter().map(item).collect()
}

fn quoted(value: &str) -> String {
    let is_plain = value.chars().all(|letter| letter.is_alphanumeric() || "/._-+=".contains(letter))
        && !value.starts_with(['-', '='])
        && !looks_typed(value);
    let is_url = value.contains("://") && !value.contains([' ', '#']);
    if is_plain || is_url { value.to_owned() } else { format!("{value:?}") }
}

/// Joins paths by name, keeping a leading `..`.
fn join(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_nested_bases_are_relative_to_the_built_directory() {
        let base = Origin::default().append("../../base");
        assert_eq!(base.append("deployment.yaml").to_text(), "path: ../../base/deployment.yaml\n");
    }

    #[test]
    fn a_generator_names_its_file_and_itself() {
        let origin = Origin::default().append("../base").configured("kustomization.yaml", Configuration::builtin("X"));
        let text = "configuredIn: ../base/kustomization.yaml\nconfiguredBy:\n  apiVersion: builtin\n  kind: X\n";
        assert_eq!(origin.to_text(), text);
    }
}
