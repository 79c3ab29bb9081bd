//! The globs of rules that users write: `*`, `?`, `[a-z]`, `{a,b}`.

use globset::{GlobBuilder, GlobMatcher};

/// Compiles a glob; text that is none matches itself. With `separated`, `*` stops at a slash.
pub fn glob(pattern: &str, separated: bool) -> GlobMatcher {
    let build = |text: &str| GlobBuilder::new(text).literal_separator(separated).build();
    build(pattern)
        .or_else(|_| build(&globset::escape(pattern)))
        .expect("an escaped pattern is a literal, which always compiles")
        .compile_matcher()
}
