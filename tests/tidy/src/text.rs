//! What may not stand in a tracked file: paths of one machine, left-over debugging, code without a purpose.

use crate::{File, Finding};

/// Written in halves, so that this file passes its own rule.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
const DEBUGGING: &str = concat!("db", "g!(");

const NAMELESS: [&str; 6] = ["common", "helpers", "manager", "misc", "util", "utils"];

pub fn check_machine_paths(files: &[File]) -> Vec<Finding> {
    let message =
        |found: &str| format!("`{found}…` is a path of one machine: use a relative path or a temporary folder");
    lines_of(files)
        .filter_map(|(file, line, text)| Some((file, line, machine_path(text)?)))
        .map(|(file, line, found)| Finding::new(&file.path, line, message(found)))
        .collect()
}

/// Only where a path starts: `a/home/b` and `$HOME/home/` go on from something.
fn machine_path(text: &str) -> Option<&'static str> {
    let starts = |at: usize| {
        text[..at].chars().next_back().is_none_or(|before| !(before.is_alphanumeric() || "._-/}*)".contains(before)))
    };
    MACHINE_PATHS.into_iter().find(|path| text.match_indices(path).any(|(at, _)| starts(at)))
}

pub fn check_debugging(files: &[File]) -> Vec<Finding> {
    let found = lines_of(files).filter(|(file, _, text)| file.is_rust() && text.contains(DEBUGGING));
    found.map(|(file, line, _)| Finding::new(&file.path, line, "left-over debugging: remove it")).collect()
}

/// Every Rust file begins with what it is for.
pub fn check_module_comments(files: &[File]) -> Vec<Finding> {
    let says = |file: &&File| {
        file.text.lines().next().and_then(|first| first.strip_prefix("//! ")).is_some_and(|text| text.len() > 2)
    };
    let silent = files.iter().filter(|file| file.is_rust() && !says(file));
    silent
        .map(|file| Finding::new(&file.path, 1, "say in a `//!` comment on the first line what this file is for"))
        .collect()
}

/// A name that fits anything gathers everything.
pub fn check_names(files: &[File]) -> Vec<Finding> {
    let nameless =
        files.iter().filter(|file| file.is_rust() && file.path.split(['/', '.']).any(|part| NAMELESS.contains(&part)));
    nameless.map(|file| Finding::new(&file.path, 1, "the name says nothing: name it for what is in it")).collect()
}

fn lines_of(files: &[File]) -> impl Iterator<Item = (&File, usize, &str)> {
    files.iter().flat_map(|file| file.lines().map(move |(line, text)| (file, line, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found_wherever_it_starts() {
        let [first, ..] = MACHINE_PATHS;
        let found = |text: String| check_machine_paths(&[File::new("a.md", &text)]).len();
        assert_eq!(found(format!("see {first}main")), 1);
        assert_eq!(found(format!("`{first}main`")), 1);
        assert_eq!(found(format!("file://{first}main")), 0, "a URL's path goes on from its host");
        assert_eq!(found(format!("paper{first}main and ./a{first}")), 0);
    }

    #[test]
    fn left_over_debugging_is_found() {
        let text = format!("//! A.\nfn a() {{ {DEBUGGING}1); }}\n");
        assert_eq!(
            crate::shown(&check_debugging(&[File::new("a.rs", &text)])),
            ["a.rs:2: left-over debugging: remove it"]
        );
        assert_eq!(check_debugging(&[File::new("a.md", &text)]), []);
    }

    #[test]
    fn a_name_that_fits_anything_is_found() {
        assert_eq!(check_names(&[File::new("a/utils/b.rs", ""), File::new("a/manager.rs", "")]).len(), 2);
        assert_eq!(check_names(&[File::new("a/field_managers.rs", ""), File::new("utils.md", "")]), []);
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_found() {
        let found = |text: &str| check_module_comments(&[File::new("a.rs", text)]).len();
        assert_eq!(found("fn main() {}\n"), 1);
        assert_eq!(found("//! .\n"), 1);
        assert_eq!(found(""), 1);
        assert_eq!(found("//! Reads a file.\n"), 0);
    }
}
