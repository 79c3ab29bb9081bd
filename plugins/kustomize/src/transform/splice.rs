//! Changing scalars of a YAML text in place, so that comments and flow style stay.

use std::ops::Range;

use windlass_yaml::{Dialect, Limits, NodeKind, ScalarStyle};

use super::block_yaml;
use super::path_matcher::{self, Location, Part};
use crate::node::Node;

/// The text with the scalars at these places as the changed structure has them; `None` if one of them is no scalar on
/// a single line.
pub(super) fn replace(text: &str, structure: &Node, changed: &[Location]) -> Option<String> {
    let documents = windlass_yaml::parse(text.as_bytes(), Dialect::V3, &Limits::default()).ok()?;
    let root = &documents.first()?.root;
    let mut structure = structure.clone();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for location in changed {
        let range = range_of(text, find(root, location)?)?;
        let Node::Scalar(scalar) = path_matcher::at(&mut structure, location)? else { return None };
        let printed = block_yaml::scalar(scalar, 0);
        if printed.contains('\n') {
            return None;
        }
        edits.push((range, printed));
    }
    let mut joined = Vec::new();
    join_flow(text, root, &structure, &mut joined);
    edits.retain(|(range, _)| !joined.iter().any(|(outer, _)| outer.contains(&range.start)));
    edits.extend(joined);
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = text.to_owned();
    for (range, printed) in edits.into_iter().rev() {
        out.replace_range(range, &printed);
    }
    let lines: Vec<String> = out.trim().lines().map(tidy).collect();
    Some(lines.join("\n"))
}

/// Flow collections over several lines come out on one.
fn join_flow(text: &str, node: &windlass_yaml::Node, changed: &Node, edits: &mut Vec<(Range<usize>, String)>) {
    let range = offset(text, node).and_then(|start| flow_range(text, start));
    match (range, &node.kind, changed) {
        (Some(range), NodeKind::Mapping(_) | NodeKind::Sequence(_), _) if text[range.clone()].contains('\n') => {
            edits.push((range, block_yaml::flow(changed)));
        }
        (None, NodeKind::Mapping(entries), Node::Map(after)) => {
            for ((_, value), (_, after)) in entries.iter().zip(after) {
                join_flow(text, value, after, edits);
            }
        }
        (None, NodeKind::Sequence(items), Node::Seq(after)) => {
            for (item, after) in items.iter().zip(after) {
                join_flow(text, item, after, edits);
            }
        }
        _ => {}
    }
}

/// From an opening bracket to the one that closes it; `None` where there is no bracket, or a comment in between.
fn flow_range(text: &str, start: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        let rest = text.get(at..)?;
        match rest.chars().next()? {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.checked_sub(1)?,
            '"' => at += closing(rest, '"', Some('\\'))? - 1,
            '\'' => at += closing(rest, '\'', None)? - 1,
            '#' => return None,
            _ if depth == 0 => return None,
            _ => {}
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
        if depth == 0 {
            return Some(start..at);
        }
    }
}

/// Where a node begins in the text.
fn offset(text: &str, node: &windlass_yaml::Node) -> Option<usize> {
    let (line, column) = ((node.line as usize).checked_sub(1)?, (node.column as usize).checked_sub(1)?);
    let line_start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let line = text.get(line_start..)?.lines().next()?;
    Some(line_start + line.char_indices().nth(column)?.0)
}

fn find<'n>(node: &'n windlass_yaml::Node, location: &[Part]) -> Option<&'n windlass_yaml::Node> {
    location.iter().try_fold(node, |node, part| match (part, &node.kind) {
        (Part::Field(name), NodeKind::Mapping(entries)) => {
            let is_named = |key: &windlass_yaml::Node| match &key.kind {
                NodeKind::Scalar(scalar) => scalar.text == *name,
                _ => false,
            };
            entries.iter().find(|(key, _)| is_named(key)).map(|(_, value)| value)
        }
        (Part::Item(at), NodeKind::Sequence(items)) => items.get(*at),
        _ => None,
    })
}

/// Where a scalar stands in the text, quotes included.
fn range_of(text: &str, node: &windlass_yaml::Node) -> Option<Range<usize>> {
    let NodeKind::Scalar(scalar) = &node.kind else { return None };
    let start = offset(text, node)?;
    let rest = text[start..].lines().next()?;
    let length = match scalar.style {
        ScalarStyle::Plain => rest.starts_with(&scalar.text).then_some(scalar.text.len())?,
        ScalarStyle::DoubleQuoted => closing(rest, '"', Some('\\'))?,
        ScalarStyle::SingleQuoted => closing(rest, '\'', None)?,
        ScalarStyle::Literal | ScalarStyle::Folded => return None,
    };
    Some(start..start + length)
}

/// Length of a quoted text up to its closing quote; a doubled quote closes and opens again.
fn closing(text: &str, quote: char, escape: Option<char>) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let is_doubled = escape.is_none() && letters.peek().is_some_and(|(_, next)| *next == quote);
        match letter {
            letter if Some(letter) == escape => drop(letters.next()),
            letter if letter == quote && is_doubled => drop(letters.next()),
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A comment behind content stands one blank apart.
fn tidy(line: &str) -> String {
    let Some(at) = line.find(" #") else { return line.trim_end().to_owned() };
    let content = line[..at].trim_end();
    let is_inside_quotes = ['"', '\''].iter().any(|quote| content.matches(*quote).count() % 2 == 1);
    if content.is_empty() || is_inside_quotes {
        return line.trim_end().to_owned();
    }
    format!("{content} {}", line[at..].trim())
}
