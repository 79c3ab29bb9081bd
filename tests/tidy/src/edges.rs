//! Which crate may depend on which: edges point one way, and heavy crates from outside have one home.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::{Finding, tree};

/// What each crate may name of ours, without the prefix `windlass-`. Packages in `tests/` may name anything.
const EDGES: &[(&str, &str)] = &[
    ("yaml", ""),
    ("merge", ""),
    ("keys", ""),
    ("model", ""),
    ("diff", "model merge"),
    ("engine", "model diff"),
    ("source", "model"),
    ("runtime", "keys model yaml"),
    ("components", ""),
    ("cluster", "model diff merge"),
    ("pipeline", "model diff merge engine source runtime cluster yaml"),
    ("sandbox", "merge yaml"),
    ("simulator", ""),
    ("controller", "model diff engine cluster pipeline source runtime"),
    ("server", ""),
    (
        "cli",
        "yaml merge model diff engine source runtime components cluster pipeline sandbox simulator controller server",
    ),
    ("sdk", ""),
    ("plugin-directory", "sdk yaml merge"),
    ("plugin-health", "sdk yaml merge"),
    ("plugin-webhook", "sdk yaml merge"),
    ("plugin-helm", "sdk helm surroundings"),
    ("plugin-jq", "sdk"),
    ("plugin-kustomize", "sdk kustomize helm surroundings"),
    ("example-transformer", "sdk"),
    ("gotemplate", ""),
    ("sprig", "gotemplate keys"),
    ("surroundings", "sdk sprig keys"),
    ("helm", "gotemplate sprig yaml"),
    ("kustomize", "merge yaml"),
];

/// What tests of a crate outside `tests/` may name besides.
const DEV_EDGES: &[(&str, &str)] = &[("runtime", "components"), ("cluster", "sandbox"), ("simulator", "sandbox")];

/// Crates from outside that have a home: nobody else names them, except in tests.
const HOMES: &[(&str, &str)] = &[
    ("clap", "cli"),
    ("gix", "source"),
    ("hyper", "sandbox server"),
    ("jaq-core", "plugin-jq"),
    ("kube", "cluster controller simulator cli"),
    ("wasmtime", "runtime"),
    ("wit-bindgen", "sdk"),
    // Async is a choice of the rooms that talk to a server or are one; the rest is called from threads.
    ("futures", "cluster pipeline sandbox simulator controller cli"),
    ("tokio", "cluster pipeline sandbox simulator controller server cli"),
];

const PREFIX: &str = "windlass-";

#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// Path of its `Cargo.toml` below the root.
    pub manifest: String,
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug)]
pub struct Dependency {
    pub name: String,
    pub dev: bool,
}

/// The packages of the workspace, as cargo tells them.
pub fn packages(root: &Path) -> Result<Vec<Package>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&tree::output(&mut command)?).map_err(|error| error.to_string())?;
    let at = format!("{}/", text(&metadata, "workspace_root"));
    Ok(items(&metadata, "packages").map(|value| package(value, &at)).collect())
}

fn package(value: &Value, root: &str) -> Package {
    let manifest = text(value, "manifest_path");
    let dependency =
        |value: &Value| Dependency { name: text(value, "name").to_owned(), dev: text(value, "kind") == "dev" };
    Package {
        name: text(value, "name").to_owned(),
        manifest: manifest.strip_prefix(root).unwrap_or(manifest).to_owned(),
        dependencies: items(value, "dependencies").map(dependency).collect(),
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

/// Every dependency that no table allows.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().filter(|package| !package.manifest.starts_with("tests/")).flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Finding> {
    let name = package.name.strip_prefix(PREFIX).unwrap_or(&package.name);
    let Some(allowed) = row(EDGES, name) else {
        let message = format!("{} is in no table: give it a line in EDGES of tests/tidy/src/edges.rs", package.name);
        return vec![Finding::new(&package.manifest, 1, message)];
    };
    let dependencies = package.dependencies.iter();
    let complaints = dependencies.filter_map(|dependency| complaint(name, allowed, dependency));
    complaints.map(|message| Finding::new(&package.manifest, 1, message)).collect()
}

fn complaint(name: &str, allowed: &str, dependency: &Dependency) -> Option<String> {
    let Some(ours) = dependency.name.strip_prefix(PREFIX) else { return outside(name, dependency) };
    let in_tests = dependency.dev && (ours == "tests-support" || has(row(DEV_EDGES, name).unwrap_or_default(), ours));
    if in_tests || has(allowed, ours) {
        return None;
    }
    let may = if allowed.is_empty() { "nothing of ours" } else { allowed };
    Some(format!("{name} may not know {ours}, only {may}; pass what it needs as a value (host/ARCHITECTURE.md)"))
}

fn outside(name: &str, dependency: &Dependency) -> Option<String> {
    let homes = row(HOMES, &dependency.name)?;
    let message = format!("{name} may not use {}, which is at home in {homes}; move the code there", dependency.name);
    (!dependency.dev && !has(homes, name)).then_some(message)
}

fn row(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

fn has(words: &str, name: &str) -> bool {
    words.split(' ').any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(manifest: &str, name: &str, dependency: &str, dev: bool) -> usize {
        let dependencies = vec![Dependency { name: dependency.into(), dev }];
        check(&[Package { name: name.into(), manifest: manifest.into(), dependencies }]).len()
    }

    #[test]
    fn an_edge_that_the_table_lacks_is_found() {
        assert_eq!(findings("host/model/Cargo.toml", "windlass-model", "windlass-cluster", false), 1);
        assert_eq!(findings("host/diff/Cargo.toml", "windlass-diff", "windlass-model", false), 0);
    }

    #[test]
    fn nothing_depends_on_tests_but_tests_on_the_support_crate() {
        assert_eq!(findings("host/cli/Cargo.toml", "windlass-cli", "windlass-tests-support", false), 1);
        assert_eq!(findings("host/cli/Cargo.toml", "windlass-cli", "windlass-tests-guests", true), 1);
        assert_eq!(findings("host/cli/Cargo.toml", "windlass-cli", "windlass-tests-support", true), 0);
        assert_eq!(findings("tests/suite/Cargo.toml", "windlass-tests-suite", "windlass-cli", false), 0);
    }

    #[test]
    fn a_crate_with_a_home_is_found_elsewhere_except_in_tests() {
        assert_eq!(findings("host/engine/Cargo.toml", "windlass-engine", "tokio", false), 1);
        assert_eq!(findings("host/engine/Cargo.toml", "windlass-engine", "tokio", true), 0);
        assert_eq!(findings("host/cli/Cargo.toml", "windlass-cli", "wasmtime", false), 1);
    }

    #[test]
    fn a_crate_without_a_line_is_found() {
        assert_eq!(findings("host/shed/Cargo.toml", "windlass-shed", "serde", false), 1);
    }

    #[test]
    fn the_table_has_no_circle() {
        for (name, allowed) in EDGES {
            let mut reached: Vec<&str> = allowed.split_terminator(' ').collect();
            for at in 0.. {
                let Some(next) = reached.get(at).copied() else { break };
                assert_ne!(next, *name, "{name} reaches itself");
                for further in row(EDGES, next).unwrap_or_default().split_terminator(' ') {
                    if !reached.contains(&further) {
                        reached.push(further);
                    }
                }
            }
        }
    }
}
