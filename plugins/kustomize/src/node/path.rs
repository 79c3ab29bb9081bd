//! Field paths as kustomize writes them: parts joined by `/` or `.`, the separator escaped by a backslash.

use std::borrow::Cow;

use super::MOST_DEPTH;
use crate::error::{Error, Result};

/// Refuses paths that lead deeper than objects may be nested.
pub(crate) fn check_depth<S>(path: &[S]) -> Result<()> {
    match path.len() > MOST_DEPTH {
        true => Err(Error::invalid(format!("the field's path has more than {MOST_DEPTH} parts"))),
        false => Ok(()),
    }
}

/// Splits at the separator; an escaped separator belongs to its part, one leading separator is dropped.
pub(crate) fn split_path(path: &str, separator: char) -> Vec<Cow<'_, str>> {
    let mut joined: Vec<Cow<'_, str>> = Vec::with_capacity(path.matches(separator).count() + 1);
    for part in path.strip_prefix(separator).unwrap_or(path).split(separator) {
        match joined.last_mut() {
            Some(last) if last.ends_with('\\') => {
                let last = last.to_mut();
                last.pop();
                last.push(separator);
                last.push_str(part);
            }
            _ => joined.push(Cow::Borrowed(part)),
        }
    }
    joined
}

/// As [`split_path`], and a part in square brackets may contain the separator: `[name=a.b]` selects in a list,
/// `[a.b]` is the plain field name.
pub(crate) fn split_path_with_brackets(path: &str, separator: char) -> Vec<String> {
    let mut parts = split_path(path, separator).into_iter().map(Cow::into_owned);
    let mut joined = Vec::new();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            joined.push(part);
            continue;
        }
        let mut bracketed = part;
        for more in parts.by_ref() {
            bracketed.push(separator);
            bracketed.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        joined.push(if bracketed.contains('=') { bracketed } else { bracketed.trim_matches(['[', ']']).to_owned() });
    }
    joined
}

/// A list index: a whole number from 0.
pub(crate) fn is_index(part: &str) -> Option<usize> {
    part.strip_prefix('+').unwrap_or(part).parse().ok()
}

/// `[field=value]` or `[=value]`; `Some(None)` for brackets without `=`.
pub(crate) fn list_condition(part: &str) -> Option<Option<(&str, &str)>> {
    let inner = part.strip_prefix('[')?;
    part.ends_with(']').then(|| inner.strip_suffix(']').unwrap_or(inner).split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_separator_belongs_to_its_part() {
        assert_eq!(split_path(r"metadata/annotations/a.b\/c", '/'), ["metadata", "annotations", "a.b/c"]);
        assert_eq!(split_path("/spec/x", '/'), ["spec", "x"]);
    }

    #[test]
    fn brackets_keep_the_separator() {
        assert_eq!(split_path_with_brackets("spec.c.[name=a.b].image", '.'), ["spec", "c", "[name=a.b]", "image"]);
        assert_eq!(split_path_with_brackets("metadata.labels.[a.b/c]", '.'), ["metadata", "labels", "a.b/c"]);
    }
}
