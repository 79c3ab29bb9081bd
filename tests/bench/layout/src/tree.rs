//! Functions by the parts of their names: which beginnings stand for what was called, without much beside it.

use std::collections::BTreeMap;

/// So many bytes that were not called may stand between what was, for the sake of a shorter list.
const SPARE: u64 = 1 << 10;

#[derive(Default)]
pub struct Tree {
    size: u64,
    called: u64,
    below: BTreeMap<String, Tree>,
}

impl Tree {
    pub fn add(&mut self, parts: &[String], size: u64, is_called: bool) {
        self.size += size;
        self.called += if is_called { size } else { 0 };
        if let [first, rest @ ..] = parts {
            self.below.entry(first.clone()).or_default().add(rest, size, is_called);
        }
    }

    /// Patterns of names, at least half of whose code was called.
    pub fn patterns(&self) -> Vec<String> {
        let mut patterns = Vec::new();
        for (part, tree) in &self.below {
            tree.choose(part, &mut patterns);
        }
        patterns
    }

    fn choose(&self, beginning: &str, patterns: &mut Vec<String>) {
        if self.called == 0 {
            return;
        }
        let spare = self.size - self.called;
        if self.below.is_empty() && !beginning.contains("._ZN") {
            patterns.push(beginning.to_owned());
        } else if self.below.is_empty() || spare <= self.called.max(SPARE) {
            patterns.push(format!("{beginning}*"));
        } else {
            for (part, tree) in &self.below {
                tree.choose(&format!("{beginning}{part}"), patterns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(functions: &[(&[&str], u64, bool)]) -> Vec<String> {
        let mut tree = Tree::default();
        for (parts, size, is_called) in functions {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            tree.add(&parts, *size, *is_called);
        }
        tree.patterns()
    }

    #[test]
    fn a_module_of_which_most_is_called_stands_for_its_functions() {
        let most: &[(&[&str], u64, bool)] =
            &[(&[".text._ZN", "5wasm", "3run"], 9000, true), (&[".text._ZN", "5wasm", "4stop"], 8000, false)];
        assert_eq!(patterns(most), [".text._ZN*"]);
    }

    #[test]
    fn of_a_module_of_which_little_is_called_only_that_is_named() {
        let little: &[(&[&str], u64, bool)] = &[
            (&[".text._ZN", "5wasm", "3run", "17h"], 100, true),
            (&[".text._ZN", "5wasm", "4stop", "17h"], 8000, false),
            (&["memcpy"], 10, true),
            (&["memmove"], 10, false),
        ];
        assert_eq!(patterns(little), [".text._ZN5wasm3run*", "memcpy"]);
    }
}
