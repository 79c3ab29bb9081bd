//! Relative links in Markdown lead to something that is tracked.

use std::collections::BTreeSet;

use crate::{File, Finding};

pub fn check(files: &[File]) -> Vec<Finding> {
    let known: BTreeSet<&str> = files.iter().flat_map(|file| with_folders(&file.path)).collect();
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(file) {
            let leads =
                resolve(&file.path, target).is_some_and(|path| path.is_empty() || known.contains(path.as_str()));
            if !leads {
                findings.push(Finding::new(&file.path, line, format!("`{target}` leads nowhere: correct the link")));
            }
        }
    }
    findings
}

/// The path itself and every folder above it.
fn with_folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(move |(at, _)| &path[..at]).chain([path])
}

/// Targets of inline links outside code blocks, without their anchors.
fn links(file: &File) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (number, line) in file.lines() {
        in_code ^= line.trim_start().starts_with("```");
        let after_text = line.split("](").skip(1).filter(|_| !in_code);
        let targets = after_text.filter_map(|rest| rest.split([')', ' ', '#']).next());
        links.extend(targets.filter(|target| is_relative(target)).map(|target| (number, target)));
    }
    links
}

fn is_relative(target: &str) -> bool {
    !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")
}

/// The path below the root that a link of `from` names. `None`: it leads out of the root.
fn resolve(from: &str, target: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split_terminator('/').collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let files = [File::new("host/A.md", text), File::new("host/cli/main.rs", ""), File::new("README.md", "")];
        crate::shown(&check(&files))
    }

    #[test]
    fn a_link_to_nothing_is_found_by_its_line() {
        assert_eq!(found("\n[a](B.md#part)"), ["host/A.md:2: `B.md` leads nowhere: correct the link"]);
        assert_eq!(found("[a](../../x)").len(), 1, "out of the root");
    }

    #[test]
    fn files_folders_anchors_and_the_web_are_fine() {
        assert_eq!(found("[a](cli/main.rs) [b](cli) [c](../README.md) [d](#here) [e](https://example.com/x)"), [""; 0]);
        assert_eq!(found("```\n[a](nowhere)\n```"), [""; 0]);
    }
}
