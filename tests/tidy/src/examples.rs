//! Every folder in `examples/` is named by a test: an example that nothing runs is out of date soon.

use std::collections::BTreeSet;

use crate::{File, Finding};

pub fn check(files: &[File]) -> Vec<Finding> {
    let examples: BTreeSet<&str> = files.iter().filter_map(|file| example(&file.path)).collect();
    let untested = examples.into_iter().filter(|name| !files.iter().any(|file| names(file, name)));
    untested
        .map(|name| Finding::new(&format!("examples/{name}"), 1, "no test names this folder: add one that runs it"))
        .collect()
}

fn example(path: &str) -> Option<&str> {
    path.strip_prefix("examples/")?.split_once('/').map(|(name, _)| name)
}

fn names(file: &File, example: &str) -> bool {
    let is_test = file.is_rust() && file.path.contains("tests/") && !file.path.starts_with("tests/tidy/");
    is_test && file.text.contains(&format!("examples/{example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_without_a_test_is_found() {
        let example = File::new("examples/garden/README.md", "");
        let test = |path: &str| File::new(path, "run(\"examples/garden\")");
        assert_eq!(check(std::slice::from_ref(&example)).len(), 1);
        assert_eq!(check(&[example.clone(), test("host/cli/src/main.rs")]).len(), 1);
        assert_eq!(check(&[example, test("tests/suite/tests/suite.rs")]), []);
    }
}
