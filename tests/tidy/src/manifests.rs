//! Every `Cargo.toml` takes its lints and its dependencies from the root: one table, one choice of features.

use crate::{File, Finding};

const LINTS: &str = "[lints]\nworkspace = true";
const INHERITED: &str = "workspace = true";

pub fn check(files: &[File]) -> Vec<Finding> {
    let members = files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    members.flat_map(|file| lints(file).into_iter().chain(dependencies(file))).collect()
}

fn lints(file: &File) -> Option<Finding> {
    let message = "the lints of the workspace are not taken over: add `[lints]` with `workspace = true`";
    (!file.text.contains(LINTS)).then(|| Finding::new(&file.path, 1, message))
}

fn dependencies(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut listed = false;
    for (number, line) in file.lines() {
        if line.starts_with('[') {
            listed = line.ends_with("dependencies]");
        } else if listed && line.contains('=') && !line.starts_with('#') && !line.contains(INHERITED) {
            let message =
                "a dependency of its own: put it into [workspace.dependencies] of the root and take it from there";
            findings.push(Finding::new(&file.path, number, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&[File::new(path, text)]).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_package_without_the_lints_of_the_workspace_is_found() {
        assert_eq!(lines("a/Cargo.toml", "[package]\nname = \"a\"\n"), [1]);
        assert_eq!(lines("Cargo.toml", "[workspace]\n"), [0; 0], "the root has the table");
    }

    #[test]
    fn a_dependency_that_is_not_from_the_table_is_found_by_its_line() {
        let text =
            "[package]\nname = \"a\"\n[lints]\nworkspace = true\n[dev-dependencies]\nb.workspace = true\nc = \"1\"\n";
        assert_eq!(lines("a/Cargo.toml", text), [7]);
    }
}
