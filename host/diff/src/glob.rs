//! The globs of rules that users write: `*`, `?`, `[a-z]`, `{a,b}`.

use globset::{GlobBuilder, GlobMatcher};

/// A compiled glob. Most rules name one thing or everything; those cost no automaton, neither to make nor to ask.
#[derive(Clone, Debug)]
pub enum Glob {
    Any,
    Exact(String),
    Pattern(GlobMatcher),
}

impl Glob {
    /// Compiles a glob; text that is none matches itself. With `separated`, `*` stops at a slash.
    pub fn new(pattern: &str, separated: bool) -> Self {
        if pattern == "*" && !separated {
            return Self::Any;
        }
        let is_plain = !pattern.contains(['*', '?', '[', ']', '{', '}', ',', '!', '\\']);
        let compiled = || GlobBuilder::new(pattern).literal_separator(separated).build().ok();
        match if is_plain { None } else { compiled() } {
            Some(glob) => Self::Pattern(glob.compile_matcher()),
            None => Self::Exact(pattern.to_owned()),
        }
    }

    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact == text,
            Self::Pattern(glob) => glob.is_match(text),
        }
    }
}
