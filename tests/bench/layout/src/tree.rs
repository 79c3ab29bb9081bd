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
        let spare = self.size - self.called;
        if self.called == 0 {
        } else if self.below.is_empty() && !beginning.contains("._ZN") {
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
